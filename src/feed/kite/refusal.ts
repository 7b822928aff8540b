import type { ErrorCode } from '../../domain/error-codes.ts';

/** What an HTTP status other than the wanted one means. */
export function refusalCode(status: number): ErrorCode {
  if (status === 429 || status >= 500) return 'BROKER_UNAVAILABLE';
  return status >= 400 ? 'BROKER_REFUSED' : 'BROKER_ANSWER';
}
