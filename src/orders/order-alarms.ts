import type { Clock } from '../domain/clock.ts';

/** What somebody should look at. */
export const ORDER_ALARMS = [
  /** Two orders at the broker for one intent. */
  'duplicate-order',
  /** An order appeared that was held absent or refused. */
  'late-order',
  /** An outcome stays unknown: a person must find it out. */
  'escalated',
  /** An account's book could not be read, or its session is dead. */
  'account-not-ready',
  /** The journal cannot be written to. */
  'journal-failing',
  /** Trading is halted. */
  'halted',
  /** Orders are open although they should have been cancelled. */
  'cancel-incomplete',
  /** The day ended and the end of an order was not seen. */
  'end-not-seen',
  /** An order that is open has gone from the broker's book: a person must look. */
  'order-missing',
  /** A part of the order side failed in a way that it should not. */
  'internal',
] as const;
export type OrderAlarmKind = (typeof ORDER_ALARMS)[number];

export interface OrderAlarm {
  kind: OrderAlarmKind;
  /** Null: of all accounts. */
  account: string | null;
  orderId: string | null;
  detail: string;
  /** Epoch µs. */
  timeUs: number;
}

/** Raises alarms and counts them. */
export class OrderAlarms {
  readonly #clock: Clock;
  readonly #onAlarm: (alarm: OrderAlarm) => void;
  readonly #counts = new Map<OrderAlarmKind, number>();

  constructor(clock: Clock, onAlarm: (alarm: OrderAlarm) => void) {
    this.#clock = clock;
    this.#onAlarm = onAlarm;
  }

  raise(
    kind: OrderAlarmKind,
    account: string | null,
    orderId: string | null,
    detail: string,
  ): OrderAlarm {
    const alarm = { kind, account, orderId, detail, timeUs: Math.floor(this.#clock.nowUs()) };
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#onAlarm(alarm);
    return alarm;
  }

  counts(): Readonly<Record<OrderAlarmKind, number>> {
    const entries = ORDER_ALARMS.map((kind) => [kind, this.#counts.get(kind) ?? 0] as const);
    return Object.fromEntries(entries) as Record<OrderAlarmKind, number>;
  }
}
