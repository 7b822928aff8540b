/* Ends as a process of ours does that nobody has caught an error for. */
import { reportUncaught } from '../../../src/cli/uncaught.ts';
import { registerSecret } from '../../../src/telemetry/redaction.ts';

const [, , kind = '', secret = ''] = process.argv;

reportUncaught();
registerSecret(secret);
const error = new Error(`connection to ${secret} lost`);
if (kind === 'rejection') void Promise.reject(error);
else if (kind === 'text') setImmediate(() => thrown(`only text: ${secret}`));
else setImmediate(() => thrown(error));

function thrown(what: unknown): void {
  throw what;
}
