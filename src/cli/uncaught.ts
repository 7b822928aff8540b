import { redactText } from '../telemetry/redaction.ts';

const EXIT_FAILURE = 1;

/** What nobody has caught ends the process as Node does it, but without secrets in the text. */
export function reportUncaught(): void {
  process.on('uncaughtException', (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(`ticker: ${redactText(text)}`);
    process.exit(EXIT_FAILURE);
  });
}
