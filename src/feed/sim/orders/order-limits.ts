import { istDate } from '../../../domain/calendar.ts';
import type { Clock } from '../../../domain/clock.ts';

/** The broker's limits; orders count per client account, the rest per API key. */
export const LIMITS = {
  ordersPerSecond: 10,
  ordersPerMinute: 400,
  ordersPerDay: 5000,
  quotesPerSecond: 1,
  othersPerSecond: 10,
  modificationsPerOrder: 25,
} as const;

export const TOO_MANY = 'Too many requests';
export const DAY_CAP = 'Maximum allowed order requests exceeded';

export type RequestClass = 'place' | 'modify' | 'cancel' | 'quote' | 'other';

/** Requests in the running second, minute and day of the broker's clock. */
class Windows {
  second = -1;
  inSecond = 0;
  minute = -1;
  inMinute = 0;
  day = '';
  inDay = 0;
}

/** Counts requests of each account and says which are too many. */
export class OrderLimits {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Windows>();
  /** Off: counted, never refused. */
  isOn: boolean;

  constructor(clock: Clock, isOn: boolean) {
    this.#clock = clock;
    this.isOn = isOn;
  }

  /** Counts a request; a text says that it is too many. Refused ones count towards the day. */
  count(account: string, requestClass: RequestClass): string | null {
    const isOrder = requestClass !== 'quote' && requestClass !== 'other';
    const windows = this.#current(`${account}/${isOrder ? 'order' : requestClass}`);
    if (isOrder) return this.#countOrder(windows, requestClass !== 'cancel');
    windows.inSecond++;
    const limit = requestClass === 'quote' ? LIMITS.quotesPerSecond : LIMITS.othersPerSecond;
    return this.isOn && windows.inSecond > limit ? TOO_MANY : null;
  }

  /** Further exchange orders of one request, which count towards the day only. */
  countLegs(account: string, legs: number): void {
    this.#current(`${account}/order`).inDay += legs;
  }

  ordersToday(account: string): number {
    return this.#current(`${account}/order`).inDay;
  }

  /** Cancelling shares the second and the minute with placing and modifying, not the day. */
  #countOrder(windows: Windows, countsForDay: boolean): string | null {
    if (countsForDay) windows.inDay++;
    if (this.isOn && countsForDay && windows.inDay > LIMITS.ordersPerDay) return DAY_CAP;
    windows.inSecond++;
    windows.inMinute++;
    const isTooMany =
      windows.inSecond > LIMITS.ordersPerSecond || windows.inMinute > LIMITS.ordersPerMinute;
    return this.isOn && isTooMany ? TOO_MANY : null;
  }

  #current(key: string): Windows {
    let windows = this.#windows.get(key);
    if (windows === undefined) {
      windows = new Windows();
      this.#windows.set(key, windows);
    }
    const epochMs = this.#clock.nowUs() / 1000;
    const second = Math.floor(epochMs / 1000);
    if (windows.second !== second) {
      windows.second = second;
      windows.inSecond = 0;
    }
    const minute = Math.floor(second / 60);
    if (windows.minute !== minute) {
      windows.minute = minute;
      windows.inMinute = 0;
      const day = istDate(epochMs);
      if (windows.day !== day) {
        windows.day = day;
        windows.inDay = 0;
      }
    }
    return windows;
  }
}
