import { addDays, exchangeCalendar, istDate, istMidnightMs } from '../../domain/calendar.ts';

const TUESDAY = 2;

function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

/** Day of the last Tuesday of the month in which `date` lies. */
function lastTuesdayOfMonth(date: string): string {
  const [year = 0, month = 0] = date.split('-').map(Number);
  const last = new Date(Date.UTC(year, month, 0));
  last.setUTCDate(last.getUTCDate() - ((last.getUTCDay() - TUESDAY + 7) % 7));
  return last.toISOString().slice(0, 10);
}

/** True for the last Tuesday of a month: its contracts carry the monthly symbol. */
export function isMonthlyExpiry(date: string): boolean {
  return lastTuesdayOfMonth(date) === date;
}

function isUnexpired(date: string, nowMs: number): boolean {
  return exchangeCalendar.expiryInstant(date).epochMs > nowMs;
}

/** The next `count` Tuesdays whose session has not ended at `nowMs` (epoch ms), soonest first. */
export function weeklyExpiries(nowMs: number, count: number): string[] {
  const today = istDate(nowMs);
  let date = addDays(today, (TUESDAY - weekday(today) + 7) % 7);
  if (!isUnexpired(date, nowMs)) date = addDays(date, 7);
  return Array.from({ length: count }, (_unused, index) => addDays(date, 7 * index));
}

/** The next `count` last Tuesdays of a month whose session has not ended, soonest first. */
export function monthlyExpiries(nowMs: number, count: number): string[] {
  const expiries: string[] = [];
  let monthStart = `${istDate(nowMs).slice(0, 7)}-01`;
  while (expiries.length < count) {
    const date = lastTuesdayOfMonth(monthStart);
    if (isUnexpired(date, nowMs)) expiries.push(date);
    monthStart = `${addDays(monthStart, 31).slice(0, 7)}-01`;
  }
  return expiries;
}

/** Weeks since 1 January 1970; tells the Tuesdays of more than a year apart. */
export function weekNumber(date: string): number {
  return Math.floor(istMidnightMs(date) / 604_800_000);
}
