/**
 * Session and expiry times of the Indian exchanges, as dated data. All dates are IST calendar days
 * (`yyyy-mm-dd`); instants are epoch milliseconds.
 */
import { DAYS_KNOWN_TO, isTradingDay } from './trading-days.ts';

/** IST is UTC+5:30 all year. */
export const IST_OFFSET_MS = 19_800_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** First IST day on which F&O trades to 15:40 (closing auction session). */
const CLOSING_AUCTION_FROM = '2026-08-03';

/** Minutes of the IST day at which the closing auction has given its prices. */
const AUCTION_PRINT_MINUTES = 15 * 60 + 35;
const OPEN_MINUTES = 9 * 60 + 15;

export interface ExpiryInstant {
  epochMs: number;
  /**
   * When the price that settles the contract is known: at the end of the session, or before it
   * where the closing auction of the cash market gives that price.
   */
  settlementMs: number;
  /** True beyond the data: the day's session end was assumed, not looked up. */
  estimated: boolean;
}

/** What pricing and order checks need of the calendar. */
export interface Calendar {
  /** When a derivative that expires on `date` stops trading: the end of that day's session. */
  expiryInstant(date: string): ExpiryInstant;
  /** True while F&O trades continuously; beyond the data on every weekday in the usual hours. */
  isTradingTime(epochMs: number): boolean;
}

/** Epoch ms of IST midnight of `date`. Throws RangeError for anything but a real `yyyy-mm-dd`. */
export function istMidnightMs(date: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const utc = match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) : NaN;
  if (!Number.isFinite(utc) || new Date(utc).toISOString().slice(0, 10) !== date) {
    throw new RangeError(`not a date: ${JSON.stringify(date)}`);
  }
  return utc - IST_OFFSET_MS;
}

/** IST calendar day of an instant. */
export function istDate(epochMs: number): string {
  return new Date(epochMs + IST_OFFSET_MS).toISOString().slice(0, 10);
}

/** The IST calendar day `days` after `date`. */
export function addDays(date: string, days: number): string {
  return istDate(istMidnightMs(date) + days * DAY_MS);
}

/** Minutes of the IST day at which F&O trading ends. */
function closeMinutes(date: string): number {
  return date < CLOSING_AUCTION_FROM ? 15 * 60 + 30 : 15 * 60 + 40;
}

/** The exchange calendar for equity and index derivatives (NFO, BFO). */
export const exchangeCalendar: Calendar = {
  expiryInstant(date) {
    const midnightMs = istMidnightMs(date);
    const endMinutes = closeMinutes(date);
    const settledMinutes = date < CLOSING_AUCTION_FROM ? endMinutes : AUCTION_PRINT_MINUTES;
    return {
      epochMs: midnightMs + endMinutes * MINUTE_MS,
      settlementMs: midnightMs + settledMinutes * MINUTE_MS,
      estimated: date > DAYS_KNOWN_TO,
    };
  },
  isTradingTime(epochMs) {
    const date = istDate(epochMs);
    const midnightMs = istMidnightMs(date);
    const weekday = new Date(midnightMs + IST_OFFSET_MS).getUTCDay();
    const minutes = (epochMs - midnightMs) / MINUTE_MS;
    const isOpenHour = minutes >= OPEN_MINUTES && minutes < closeMinutes(date);
    return isOpenHour && isTradingDay(date, weekday);
  },
};
