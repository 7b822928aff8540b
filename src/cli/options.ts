import { parseArgs, type ParseArgsConfig } from 'node:util';
import { errorText, TickerError } from '../domain/error-codes.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Parses a command's options; throws TickerError USAGE for what it does not know. */
export function parseOptions<const Given extends Options>(
  command: string,
  args: readonly string[],
  options: Given,
  positionals: { min: number; max: number } = { min: 0, max: 0 },
): ReturnType<typeof parseArgs<{ options: Given; allowPositionals: true }>> {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true });
    const count = parsed.positionals.length;
    if (count < positionals.min || count > positionals.max) {
      const unexpected = parsed.positionals[positionals.max];
      throw new Error(
        unexpected === undefined
          ? 'an argument is missing'
          : `unexpected argument ${JSON.stringify(unexpected)}`,
      );
    }
    return parsed;
  } catch (error) {
    throw new TickerError('USAGE', `${errorText(error)}; see: ticker ${command} --help`);
  }
}

/** A whole number given as an option; throws TickerError USAGE for anything else. */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new TickerError(
      'USAGE',
      `--${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`,
    );
  }
  return value;
}

/** Throws TickerError USAGE for a `--url` that is none. */
export function requireHttpUrl(url: string | undefined): void {
  if (url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return;
  throw new TickerError('USAGE', `--url must be an http(s) URL, not ${url}`);
}
