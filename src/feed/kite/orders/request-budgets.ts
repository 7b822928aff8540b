import { addDays, istDate, istMidnightMs } from '../../../domain/calendar.ts';
import type { Clock } from '../../../domain/clock.ts';
import type { CallPurpose } from '../../../domain/order-broker.ts';

/** A limit and what of it entries leave for exits and cancellations. */
export interface Allowance {
  limit: number;
  reserve: number;
}

export interface OrderAllowances {
  /** In any second, not only in those of the broker's clock, which nobody else can see. */
  second: Allowance;
  minute: Allowance;
  /** IST day. */
  day: Allowance;
}

/** The broker takes 10 a second, 400 a minute and 5,000 a day of a client, whatever they ask. */
export const ORDER_ALLOWANCES: OrderAllowances = {
  second: { limit: 9, reserve: 2 },
  minute: { limit: 400, reserve: 40 },
  day: { limit: 5000, reserve: 500 },
};
export const READS_PER_SECOND = 9;
export const QUOTES_PER_SECOND = 1;
export const MODIFICATIONS_PER_ORDER = 25;

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Of a broker that goes on refusing; entries wait longer each time. */
const LONGEST_PAUSE_MS = 8_000;

/** What a queue of calls has to keep to. */
export interface CallBudget {
  /**
   * Until a call may go when `ahead` others of its purpose go before it; 0: at once. Infinity: not
   * before `renewsInMs`.
   */
  waitMs(purpose: CallPurpose, ahead: number): number;
  renewsInMs(): number;
  /** Counts a call that goes now. */
  take(): void;
}

/** Instants of the last calls, and when the next one may follow. */
class Pace {
  readonly #keep: number;
  #timesMs: number[] = [];

  constructor(keep: number) {
    this.#keep = keep;
  }

  add(nowMs: number): void {
    this.#timesMs.push(nowMs);
    if (this.#timesMs.length > 2 * this.#keep) this.#timesMs = this.#timesMs.slice(-this.#keep);
  }

  /** When there are less than `limit` calls in the `windowMs` before. */
  freeAtMs(limit: number, windowMs: number, nowMs: number): number {
    const oldest = this.#timesMs.at(-limit);
    return oldest === undefined ? nowMs : Math.max(nowMs, oldest + windowMs);
  }

  copy(): Pace {
    const pace = new Pace(this.#keep);
    pace.#timesMs = this.#timesMs.slice(-this.#keep);
    return pace;
  }
}

/** Order requests of one account: placing, modifying and cancelling together. */
export class OrderBudget implements CallBudget {
  readonly #clock: Clock;
  readonly #allowances: OrderAllowances;
  readonly #pace: Pace;
  readonly #modifications = new Map<string, number>();
  #day: string;
  #usedToday = 0;
  #pauseMs = 0;
  #pausedUntilMs: Record<CallPurpose, number> = { entry: 0, exit: 0 };

  constructor(clock: Clock, allowances: OrderAllowances = ORDER_ALLOWANCES) {
    this.#clock = clock;
    this.#allowances = allowances;
    this.#pace = new Pace(allowances.minute.limit);
    this.#day = this.#today();
  }

  /** Of the day, the reserve included. */
  get dayLeft(): number {
    this.#turnDay();
    return Math.max(0, this.#allowances.day.limit - this.#usedToday);
  }

  waitMs(purpose: CallPurpose, ahead: number): number {
    this.#turnDay();
    if (this.#usedToday + ahead >= this.#limit('day', purpose)) return Infinity;
    const nowMs = this.#clock.monotonicMs();
    const freeMs = this.#freeAtMs(purpose, ahead, nowMs);
    return Math.max(freeMs, this.#pausedUntilMs[purpose]) - nowMs;
  }

  renewsInMs(): number {
    return istMidnightMs(addDays(this.#today(), 1)) - this.#clock.nowUs() / 1000;
  }

  take(): void {
    this.#turnDay();
    this.#usedToday++;
    this.#pace.add(this.#clock.monotonicMs());
  }

  /** Legs and slices that one request has become: each counts for the day. */
  countMore(requests: number): void {
    this.#usedToday += requests;
  }

  /** Requests of the day before this start. */
  countToday(requests: number): void {
    this.#turnDay();
    this.#usedToday = Math.max(this.#usedToday, requests);
  }

  /** Counts a modification; false: the order has had all that the broker allows. */
  takeModification(brokerOrderId: string): boolean {
    this.#turnDay();
    const before = this.#modifications.get(brokerOrderId) ?? 0;
    if (before >= MODIFICATIONS_PER_ORDER) return false;
    this.#modifications.set(brokerOrderId, before + 1);
    return true;
  }

  /** A modification that was counted has not left. */
  giveBackModification(brokerOrderId: string): void {
    const count = this.#modifications.get(brokerOrderId) ?? 0;
    if (count > 0) this.#modifications.set(brokerOrderId, count - 1);
  }

  /** The broker answered as usual. */
  noteAnswer(): void {
    this.#pauseMs = 0;
  }

  /**
   * The broker's limiter refused: other terminals of the client count too. Entries wait longer with
   * every further refusal; exits try again in the next second.
   */
  noteThrottled(retryAfterS: number | undefined, isDayFull: boolean): void {
    const { day } = this.#allowances;
    if (isDayFull) {
      // What lowers risk may still be tried: nobody knows what the broker counts.
      this.#usedToday = Math.max(this.#usedToday, day.limit - day.reserve);
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SECOND_MS, 2 * this.#pauseMs));
    const toldMs = (retryAfterS ?? 0) * 1000;
    this.#pausedUntilMs = {
      entry: nowMs + Math.max(this.#pauseMs, toldMs),
      exit: nowMs + SECOND_MS,
    };
  }

  #freeAtMs(purpose: CallPurpose, ahead: number, nowMs: number): number {
    if (ahead === 0) return this.#next(this.#pace, purpose, nowMs);
    const pace = this.#pace.copy();
    let timeMs = nowMs;
    for (let i = 0; i < ahead; i++) {
      timeMs = this.#next(pace, purpose, timeMs);
      pace.add(timeMs);
    }
    return this.#next(pace, purpose, timeMs);
  }

  #next(pace: Pace, purpose: CallPurpose, nowMs: number): number {
    const secondMs = pace.freeAtMs(this.#limit('second', purpose), SECOND_MS, nowMs);
    return Math.max(secondMs, pace.freeAtMs(this.#limit('minute', purpose), MINUTE_MS, nowMs));
  }

  #limit(name: keyof OrderAllowances, purpose: CallPurpose): number {
    const { limit, reserve } = this.#allowances[name];
    return purpose === 'exit' ? limit : limit - reserve;
  }

  #today(): string {
    return istDate(this.#clock.nowUs() / 1000);
  }

  #turnDay(): void {
    const today = this.#today();
    if (today === this.#day) return;
    this.#day = today;
    this.#usedToday = 0;
    this.#modifications.clear();
  }
}

/** Requests of one kind that only have a limit a second. */
export class ReadBudget implements CallBudget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #pace: Pace;
  #pausedUntilMs = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#pace = new Pace(perSecond);
  }

  waitMs(_: CallPurpose, ahead: number): number {
    const nowMs = this.#clock.monotonicMs();
    const rounds = Math.floor(ahead / this.#perSecond);
    const place = this.#perSecond - (ahead % this.#perSecond);
    const freeMs = this.#pace.freeAtMs(place, SECOND_MS, nowMs) + rounds * SECOND_MS;
    return Math.max(freeMs, this.#pausedUntilMs) - nowMs;
  }

  renewsInMs(): number {
    return SECOND_MS;
  }

  take(): void {
    this.#pace.add(this.#clock.monotonicMs());
  }

  noteThrottled(retryAfterS: number | undefined): void {
    const pauseMs = Math.max(SECOND_MS, (retryAfterS ?? 0) * 1000);
    this.#pausedUntilMs = this.#clock.monotonicMs() + pauseMs;
  }
}
