import { errorText, TickerError } from '../../domain/error-codes.ts';

/** What to do about errors of the system, by their code. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'no permission: give the folder to the user who runs the service',
  EPERM: 'no permission: run it as the user who made it',
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space',
  EROFS: 'the file system is read-only: choose another TICKER_DATA_DIR',
  ENOENT: 'it is missing',
};

/** EMBEDDED_POSTGRES: what failed, why, and what can be done. */
export function embeddedError(what: string, reason: unknown): TickerError {
  if (reason instanceof TickerError) return reason;
  const code = (reason as { code?: unknown } | null)?.code;
  const text = typeof reason === 'string' ? reason : errorText(reason);
  const why = typeof code === 'string' ? `${code}: ${ADVICE[code] ?? text}` : text;
  const cause = typeof reason === 'string' ? {} : { cause: reason };
  return new TickerError('EMBEDDED_POSTGRES', `${what} (${why})`, cause);
}
