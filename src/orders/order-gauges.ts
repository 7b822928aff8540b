import type { ErrorCode } from '../domain/error-codes.ts';
import { INTENT_STATES, type IntentState } from '../domain/intent-state.ts';
import { mayChange } from '../domain/order-journal.ts';
import type { JournalQueue } from './journal-queue.ts';
import type { OrderAlarmKind, OrderAlarms } from './order-alarms.ts';
import { isMissing } from './missing-orders.ts';
import type { OrderBook } from './order-book.ts';

export interface OrderGauges {
  byIntentState: Readonly<Record<IntentState, number>>;
  /** Orders and operations whose outcome is looked for. */
  inDoubt: number;
  /** Orders and operations that wait for a person. */
  escalated: number;
  open: number;
  /** Of these, those that the broker's book lacks. */
  missing: number;
  /** Age of the oldest outcome that is looked for or waits for a person; 0: there is none. */
  unresolvedAgeMs: number;
  /** Refused since the start, by the service or the broker. */
  refusals: Readonly<Partial<Record<ErrorCode, number>>>;
  alarms: Readonly<Record<OrderAlarmKind, number>>;
  /** Journal entries that are not durable yet. */
  journalBacklog: number;
  isJournalClear: boolean;
}

/** Counts what happens, and the records as they stand when it is asked. */
export class OrderMeters {
  readonly #refusals = new Map<ErrorCode, number>();
  readonly #onChecked: ((us: number) => void) | undefined;

  /** `onChecked`: told how long the checks of each order took. */
  constructor(onChecked?: (us: number) => void) {
    this.#onChecked = onChecked;
  }

  checked(us: number): void {
    this.#onChecked?.(us);
  }

  countRefusal(code: ErrorCode | null): void {
    if (code !== null) this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  gauges(book: OrderBook, journal: JournalQueue, alarms: OrderAlarms, nowUs: number): OrderGauges {
    const counts = INTENT_STATES.map((state) => [state, 0] as const);
    const byIntentState = Object.fromEntries(counts) as Record<IntentState, number>;
    let [open, missing, inDoubt, escalated, oldestUs] = [0, 0, 0, 0, nowUs];
    const look = (state: IntentState, sinceUs: number): void => {
      if (state === 'UNKNOWN') inDoubt++;
      else if (state === 'ESCALATED') escalated++;
      else return;
      oldestUs = Math.min(oldestUs, sinceUs);
    };
    for (const order of book.orders()) {
      if (mayChange(order)) open++;
      if (isMissing(order)) missing++;
      if (order.intentState === null) continue;
      byIntentState[order.intentState]++;
      look(order.intentState, order.sentUs ?? order.createdUs);
    }
    for (const { intentState, sentUs, createdUs } of book.operations()) {
      look(intentState, sentUs ?? createdUs);
    }
    return {
      byIntentState,
      inDoubt,
      escalated,
      open,
      missing,
      unresolvedAgeMs: (nowUs - oldestUs) / 1000,
      refusals: Object.fromEntries(this.#refusals),
      alarms: alarms.counts(),
      journalBacklog: journal.backlog,
      isJournalClear: journal.isClear,
    };
  }
}
