/*
 * Days of NSE F&O that are not as their weekday says, from the exchange's circulars for 2026 (that
 * of 15 January was declared three days before). IST calendar days.
 */

/** Last day that is known; after it, as before 2026, the weekday decides. */
export const DAYS_KNOWN_TO = '2026-12-31';

const HOLIDAYS: ReadonlySet<string> = new Set([
  '2026-01-15',
  '2026-01-26',
  '2026-03-03',
  '2026-03-26',
  '2026-03-31',
  '2026-04-03',
  '2026-04-14',
  '2026-05-01',
  '2026-05-28',
  '2026-06-26',
  '2026-09-14',
  '2026-10-02',
  '2026-10-20',
  '2026-11-10',
  '2026-11-24',
  '2026-12-25',
]);

/**
 * Days at a weekend with a session of the usual hours: the budget. The hour of Muhurat trading (8
 * November 2026) is not known here and counts as closed.
 */
const EXTRA_DAYS: ReadonlySet<string> = new Set(['2026-02-01']);

/** `weekday`: 0 Sunday to 6 Saturday. */
export function isTradingDay(date: string, weekday: number): boolean {
  if (EXTRA_DAYS.has(date)) return true;
  return weekday >= 1 && weekday <= 5 && !HOLIDAYS.has(date);
}
