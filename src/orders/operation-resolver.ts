import { pause, type Clock } from '../domain/clock.ts';
import { errorText } from '../domain/error-codes.ts';
import { isTerminalStatus } from '../domain/intent-state.ts';
import type { BrokerOrderRow } from '../domain/order-broker.ts';
import type { OperationRecord } from '../domain/order-record.ts';
import type { OrderChange } from '../domain/order-terms.ts';
import type { AccountDesk, OperationFollower } from './account-desk.ts';
import { lookTimes } from './look-times.ts';
import { parentOf } from './operations.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE } from './order-events.ts';
import type { OperationPatch, OrderLedger } from './order-ledger.ts';
import type { OrderSettings } from './order-settings.ts';
import { answerEvent } from './place-outcome.ts';

/** Looks that must show an order open before its cancellation is sent again. */
const LOOKS_BEFORE_CANCEL = 3;
/** Times that a cancellation is sent again: the broker refuses one that is done. */
const CANCELS_MAX = 3;
/** Readings that must show a modification not done. */
const PROOFS_NEEDED = 2;
/** The broker's clock and ours may differ by so much. */
const CLOCK_TOLERANCE_S = 1;

export interface OperationResolverOptions {
  clock: Clock;
  book: OrderBook;
  ledger: OrderLedger;
  settings: OrderSettings;
  desk: AccountDesk;
  signal: AbortSignal;
  onFault: (error: unknown) => void;
}

/** What following one operation has come to. */
interface Progress {
  quietOverMs: number;
  /** Looks that showed the order open since the cancellation was sent last. */
  openLooks: number;
  cancelsSent: number;
  proofs: number;
  doubt: string;
}

/** Finds out what became of modifications and cancellations of one account that are UNKNOWN. */
export class OperationResolver implements OperationFollower {
  readonly #options: OperationResolverOptions;
  readonly #followed = new Set<string>();

  constructor(options: OperationResolverOptions) {
    this.#options = options;
  }

  follow(operationId: string): void {
    if (this.#followed.has(operationId)) return;
    this.#followed.add(operationId);
    this.#follow(operationId)
      .catch((error: unknown) => this.#options.onFault(error))
      .finally(() => this.#followed.delete(operationId));
  }

  /** A person has to find out. */
  escalate(operation: OperationRecord, reason: string): void {
    const { ledger } = this.#options;
    const message = `${operation.message ?? 'the outcome is unknown'}; ${reason}`;
    this.#settle(operation, { intentState: 'ESCALATED', message });
    const { orderId: id, account, kind } = operation;
    ledger.alarm('escalated', { id, account }, `${kind} ${operation.id}: ${reason}`);
  }

  async #follow(operationId: string): Promise<void> {
    const { clock, settings, signal } = this.#options;
    const sinceMs = clock.monotonicMs();
    const progress: Progress = {
      quietOverMs: sinceMs + settings.quietMs,
      openLooks: 0,
      cancelsSent: 0,
      proofs: 0,
      doubt: 'the order could not be read',
    };
    for (const atMs of lookTimes(settings)) {
      if (!(await pause(clock, sinceMs + atMs - clock.monotonicMs(), signal))) return;
      const operation = this.#unresolved(operationId);
      if (operation === undefined) return;
      await this.#look(operation, progress);
    }
    const operation = this.#unresolved(operationId);
    if (operation !== undefined) this.escalate(operation, `not found out: ${progress.doubt}`);
  }

  #unresolved(operationId: string): OperationRecord | undefined {
    const operation = this.#options.book.operation(operationId);
    return operation?.intentState === 'UNKNOWN' ? operation : undefined;
  }

  async #look(operation: OperationRecord, progress: Progress): Promise<void> {
    const { desk, clock, signal } = this.#options;
    const startedMs = clock.monotonicMs();
    let versions: readonly BrokerOrderRow[];
    try {
      versions = await desk.lookAt(operation.brokerOrderId);
    } catch (error) {
      progress.doubt = `the order could not be read (${errorText(error)})`;
      return;
    }
    const last = versions.at(-1);
    if (last === undefined || signal.aborted) return;
    // What was read may be older than what events have told in the meantime.
    const row = this.#newest(operation, last);
    if (operation.kind === 'cancel') await this.#lookAtCancel(operation, row, progress);
    else this.#lookAtModify(operation, versions, startedMs, progress);
  }

  #newest({ orderId, brokerOrderId }: OperationRecord, row: BrokerOrderRow): BrokerOrderRow {
    const order = this.#options.book.get(orderId);
    const known = order?.brokerOrders.find((each) => each.brokerOrderId === brokerOrderId);
    return known === undefined ? row : { ...row, ...known };
  }

  async #lookAtCancel(
    operation: OperationRecord,
    row: BrokerOrderRow,
    progress: Progress,
  ): Promise<void> {
    if (isTerminalStatus(row.status)) {
      this.#settleOver(operation, row);
      return;
    }
    progress.doubt = `the order is ${row.status ?? 'open'}`;
    progress.openLooks++;
    if (progress.openLooks < LOOKS_BEFORE_CANCEL || progress.cancelsSent >= CANCELS_MAX) return;
    progress.openLooks = 0;
    progress.cancelsSent++;
    await this.#cancelAgain(operation, progress.cancelsSent);
  }

  /* Safe: what was cancelled already is refused. */
  async #cancelAgain(operation: OperationRecord, time: number): Promise<void> {
    const { desk, book, ledger } = this.#options;
    const { id, brokerOrderId } = operation;
    const order = book.get(operation.orderId);
    if (order === undefined) return;
    const detail = { id, again: time };
    ledger.note(order, { ...SERVICE, action: 'operation.sent', detail });
    const parent = parentOf(order, brokerOrderId);
    const outcome = await desk.broker.cancel(order.terms.variety, brokerOrderId, parent);
    ledger.note(order, answerEvent('operation.answer', id, SERVICE.origin, outcome));
    if (outcome.kind !== 'accepted') return;
    const current = this.#unresolved(id);
    if (current !== undefined) this.#settle(current, { intentState: 'RESOLVED_PRESENT' });
    desk.readSoon();
  }

  #lookAtModify(
    operation: OperationRecord,
    versions: readonly BrokerOrderRow[],
    startedMs: number,
    progress: Progress,
  ): void {
    const last = versions.at(-1);
    if (last === undefined) return;
    const change = operation.change ?? {};
    if (isAsWanted(last, change) || wasModified(versions, change, operation.sentUs)) {
      this.#settle(operation, { intentState: 'RESOLVED_PRESENT' });
    } else if (isTerminalStatus(last.status)) {
      this.#settle(operation, {
        intentState: 'RESOLVED_ABSENT',
        code: 'ORDER_NOT_OPEN',
        message: `the order was ${last.status} before it was modified`,
      });
    } else if (last.status?.startsWith('MODIFY') === true) {
      progress.doubt = `the order is ${last.status}`;
    } else if (startedMs < progress.quietOverMs) {
      progress.doubt = 'the order is as before';
    } else if (++progress.proofs >= PROOFS_NEEDED) {
      this.#settle(operation, {
        intentState: 'RESOLVED_ABSENT',
        code: 'BROKER_UNAVAILABLE',
        message: 'the broker did not get it: the order is as before',
      });
    }
  }

  #settleOver(operation: OperationRecord, { status }: BrokerOrderRow): void {
    if (status === 'CANCELLED') {
      this.#settle(operation, { intentState: 'RESOLVED_PRESENT' });
      return;
    }
    this.#settle(operation, {
      intentState: 'RESOLVED_ABSENT',
      code: 'ORDER_NOT_OPEN',
      message: `the order was ${status} before it was cancelled`,
    });
  }

  #settle(operation: OperationRecord, patch: OperationPatch): void {
    const { ledger } = this.#options;
    const isFound = patch.intentState === 'RESOLVED_PRESENT';
    const known = isFound ? { code: null, message: null } : {};
    const resolvedUs = patch.intentState === 'ESCALATED' ? null : ledger.nowUs();
    ledger.changeOperation(operation.id, { ...known, ...patch, resolvedUs }, []);
  }
}

/** The broker shows everything that was to change as it was wanted. */
export function isAsWanted(row: BrokerOrderRow, change: OrderChange): boolean {
  const names = Object.keys(change) as (keyof OrderChange)[];
  return names.length > 0 && names.every((name) => row[name] === change[name]);
}

/** A version of after `sentUs` that was modified to what was wanted, whatever came after it. */
function wasModified(
  versions: readonly BrokerOrderRow[],
  change: OrderChange,
  sentUs: number | null,
): boolean {
  const sentS = Math.floor((sentUs ?? 0) / 1_000_000) - CLOCK_TOLERANCE_S;
  return versions.some(
    (row) =>
      row.status?.startsWith('MODIF') === true &&
      row.orderTimeS !== null &&
      row.orderTimeS >= sentS &&
      isAsWanted(row, change),
  );
}
