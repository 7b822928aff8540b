import { addDays, istDate, istMidnightMs } from '../domain/calendar.ts';

/** Hour of the IST day at which the broker's sessions end and its books start anew. */
const DAY_START_MS = 6 * 3_600_000;

/** Epoch µs at which the broker's day of `nowUs` began: the last 06:00 IST. */
export function tradingDayStartUs(nowUs: number): number {
  const nowMs = nowUs / 1000;
  return (istMidnightMs(istDate(nowMs - DAY_START_MS)) + DAY_START_MS) * 1000;
}

/** Epoch µs at which a use of an idempotency key may be forgotten: the end of the next IST day. */
export function idempotencyExpiryUs(nowUs: number): number {
  return istMidnightMs(addDays(istDate(nowUs / 1000), 2)) * 1000;
}
