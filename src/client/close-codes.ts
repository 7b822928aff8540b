import { TickerError } from '../domain/error-codes.ts';
import { serviceError } from './requests.ts';

/**
 * now: soon, whatever was before. back-off: the longer, the more often it failed. later: as late as
 * it ever gets. never: the same connection would be refused again.
 */
export type Comeback = 'now' | 'back-off' | 'later' | 'never';

const LIMIT_EXCEEDED = 4502;
const FINAL_MIN = 4500;
const FINAL_MAX = 4999;

const COMEBACKS: Readonly<Record<number, Comeback>> = {
  // Our own fault, which trying again does not cure: not often.
  1008: 'later',
  1009: 'later',
  // Restart.
  1012: 'now',
  // Overload.
  1013: 'later',
  // Too slow.
  4008: 'back-off',
  // Drained: the next connection goes to another server.
  4009: 'now',
  // Idle.
  4400: 'now',
};

/** When to come back after the service closed with `code`. */
export function comebackAfter(code: number): Comeback {
  if (code >= FINAL_MIN && code <= FINAL_MAX) return 'never';
  return COMEBACKS[code] ?? 'back-off';
}

/** What the end for good means. Reasons begin with a code: `FORBIDDEN: the key lacks ...`. */
export function finalError(code: number, reason: string): TickerError {
  const [, name, detail] = /^([A-Z_]+): (.*)$/s.exec(reason) ?? [];
  if (name !== undefined && detail !== undefined) return serviceError(name, detail);
  return new TickerError(code === LIMIT_EXCEEDED ? 'LIMIT_EXCEEDED' : 'UNAUTHENTICATED');
}
