import { isTerminalStatus } from '../domain/intent-state.ts';
import type { CallOutcome, LastWord } from '../domain/order-broker.ts';
import {
  isBareParent,
  type BrokerOrder,
  type OperationKind,
  type OperationRecord,
  type OrderRecord,
} from '../domain/order-record.ts';
import type { OrderAnswer, WriteCall } from '../domain/order-service.ts';
import type { OrderChange } from '../domain/order-terms.ts';
import type { AccountDesk } from './account-desk.ts';
import { answerOfOperation } from './answers.ts';
import type { KeyUse } from './idempotency.ts';
import type { JournalQueue } from './journal-queue.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE, timedEvent, type Doer, type EventDraft } from './order-events.ts';
import type { OrderIds } from './order-ids.ts';
import type { Beside, OrderLedger } from './order-ledger.ts';
import { answerEvent, outcomeOf } from './place-outcome.ts';

export interface OperationsOptions {
  ids: OrderIds;
  book: OrderBook;
  ledger: OrderLedger;
  journal: JournalQueue;
}

/** The broker's order that an operation is about; CO legs are named with their parent. */
export function parentOf(order: OrderRecord, brokerOrderId: string): string | null {
  if (order.terms.variety !== 'co') return null;
  const leg = order.brokerOrders.find((each) => each.brokerOrderId === brokerOrderId);
  return leg?.parentOrderId ?? null;
}

/**
 * What of an order can still be changed. The parent of slices may be a number without an order: it
 * counts once the book has shown it. A slice counts also before that.
 */
export function openBrokerOrders(order: OrderRecord): BrokerOrder[] {
  return order.brokerOrders.filter(
    (each) => !isTerminalStatus(each.status) && !isBareParent(order, each),
  );
}

/** Journals, sends and concludes modifications and cancellations, which were decided before. */
export class Operations {
  readonly #options: OperationsOptions;

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  /** A new operation, not yet known anywhere. `keyId`: a key, or SERVICE_ACTOR. */
  record(
    order: OrderRecord,
    kind: OperationKind,
    brokerOrderId: string,
    change: OrderChange | null,
    keyId: string,
  ): OperationRecord {
    const { ids, ledger } = this.#options;
    const nowUs = ledger.nowUs();
    return {
      id: ids.operation(),
      orderId: order.id,
      account: order.account,
      keyId,
      kind,
      brokerOrderId,
      change,
      intentState: 'SENT',
      code: null,
      message: null,
      createdUs: nowUs,
      sentUs: nowUs,
      resolvedUs: null,
      version: 1,
    };
  }

  /** Journals a refusal with its answer. Rejects with JOURNAL_UNAVAILABLE. */
  async refuse(
    call: WriteCall,
    use: KeyUse,
    order: OrderRecord,
    operation: OperationRecord,
    risk: OrderRecord['risk'],
    retryAfterMs: number | null = null,
  ): Promise<OrderAnswer> {
    const { ledger, journal } = this.#options;
    const refused: OperationRecord = { ...operation, intentState: 'REJECTED', sentUs: null };
    const answer = answerOfOperation(order, refused);
    const told = answer.kind === 'refused' ? { ...answer, risk, retryAfterMs } : answer;
    ledger.putOperation(refused);
    use.attach(refused.id);
    const idempotency = [use.finish(told)];
    const events = beginEvents(call, refused, risk);
    try {
      await journal.write({ operations: [refused], idempotency, events });
      use.keep();
    } catch (error) {
      this.#takeBack(refused, () => ({ released: use.release() }));
      throw error;
    }
    return told;
  }

  /**
   * Journals an operation that is to be sent. Rejects with JOURNAL_UNAVAILABLE: it was taken back.
   * `isFree`: it is sent all the same, and kept as soon as the journal works.
   */
  async begin(
    call: WriteCall,
    use: KeyUse,
    operations: readonly OperationRecord[],
    risk: OrderRecord['risk'],
    isFree = false,
  ): Promise<void> {
    const { ledger, journal } = this.#options;
    const [first] = operations;
    if (first === undefined) throw new RangeError('no operation');
    for (const operation of operations) ledger.putOperation(operation);
    const idempotency = [use.attach(first.id)];
    const events = operations.flatMap((operation) => beginEvents(call, operation, risk));
    try {
      await journal.write({ operations, idempotency, events });
      use.keep();
    } catch (error) {
      if (isFree && !use.isGivenUp()) {
        journal.keep({ operations, idempotency, events });
        use.keep();
        return;
      }
      const released = use.release();
      for (const operation of operations) this.#takeBack(operation, () => ({ released }));
      throw error;
    }
  }

  /** As `begin`, without waiting: for cancellations that a dead journal must not hold up. */
  beginUnjournaled(
    doer: Doer & { requestId?: string },
    operations: readonly OperationRecord[],
    use: KeyUse | undefined,
    reason: string | null,
  ): void {
    const { ledger, journal } = this.#options;
    // It is sent whatever the journal does.
    use?.keep();
    for (const operation of operations) ledger.putOperation(operation);
    const [first] = operations;
    const idempotency = use === undefined || first === undefined ? [] : [use.attach(first.id)];
    const events = operations.map((operation) => {
      const detail = { ...operation, reason };
      const { actor, origin } = doer;
      const draft = { actor, origin, action: 'operation.sent', detail };
      return timedEvent(draft, operation.orderId, operation.createdUs);
    });
    journal.keep({ operations, idempotency, events });
  }

  /** Sends a cancellation once and takes note of what came of it. Never rejects. */
  async sendCancel(
    desk: AccountDesk,
    operation: OperationRecord,
    doer: Doer,
    beside?: (changed: OperationRecord) => Beside,
  ): Promise<OperationRecord> {
    const order = this.#options.book.require(operation.orderId);
    const { brokerOrderId } = operation;
    const parent = parentOf(order, brokerOrderId);
    const outcome = await this.#outcome(desk, operation, () =>
      desk.broker.cancel(order.terms.variety, brokerOrderId, parent),
    );
    return this.conclude(desk, operation, outcome, doer, beside);
  }

  /** Sends a modification once and takes note of what came of it. */
  async sendModify(
    desk: AccountDesk,
    operation: OperationRecord,
    doer: Doer,
    beside: (changed: OperationRecord) => Beside,
    lastWord: LastWord,
  ): Promise<OperationRecord> {
    const order = this.#options.book.require(operation.orderId);
    const { brokerOrderId, change } = operation;
    const { variety } = order.terms;
    const parent = parentOf(order, brokerOrderId);
    const outcome = await this.#outcome(desk, operation, () =>
      desk.broker.modify(variety, brokerOrderId, change ?? {}, parent, lastWord),
    );
    return this.conclude(desk, operation, outcome, doer, beside);
  }

  #outcome(
    desk: AccountDesk,
    { id }: OperationRecord,
    call: () => Promise<CallOutcome<string>>,
  ): Promise<CallOutcome<string>> {
    const { ledger } = this.#options;
    return outcomeOf(
      call,
      id,
      () => ledger.nowUs(),
      (error) => desk.onFault(error),
    );
  }

  /** Takes note of an outcome. */
  async conclude(
    desk: AccountDesk,
    operation: OperationRecord,
    outcome: CallOutcome<string>,
    doer: Doer,
    beside?: (changed: OperationRecord) => Beside,
  ): Promise<OperationRecord> {
    const { ledger } = this.#options;
    const event = answerEvent('operation.answer', operation.id, doer.origin, outcome);
    if (outcome.kind === 'accepted') {
      desk.readSoon();
      return ledger.changeOperation(operation.id, { intentState: 'ACCEPTED' }, [event], beside);
    }
    const { code, message } = outcome;
    if (outcome.kind === 'unknown') {
      const unknown = ledger.changeOperation(
        operation.id,
        { intentState: 'UNKNOWN', code, message },
        [event],
        beside,
      );
      desk.operationResolver.follow(unknown.id);
      return unknown;
    }
    const isOver = outcome.kind === 'rejected' && (await this.#isOver(desk, operation));
    const told = isOver ? ({ code: 'ORDER_NOT_OPEN', message } as const) : { code, message };
    const refused = { intentState: 'REJECTED', ...told } as const;
    return ledger.changeOperation(operation.id, refused, [event], beside);
  }

  /** True: the broker refused because there is nothing left to change. */
  async #isOver(desk: AccountDesk, operation: OperationRecord): Promise<boolean> {
    if (this.#isKnownOver(operation)) return true;
    try {
      await desk.lookAt(operation.brokerOrderId);
    } catch {
      // The refusal stands; whether the order is over is told by the next reading.
      return false;
    }
    return this.#isKnownOver(operation);
  }

  #isKnownOver({ orderId, brokerOrderId }: OperationRecord): boolean {
    const { brokerOrders } = this.#options.book.require(orderId);
    const about = brokerOrders.find((each) => each.brokerOrderId === brokerOrderId);
    return about !== undefined && isTerminalStatus(about.status);
  }

  /** Cancels one order of the broker of the service's own accord, the journal willing or not. */
  cancelByService(
    desk: AccountDesk,
    order: OrderRecord,
    brokerOrderId: string,
    reason: string,
  ): void {
    if (this.isCancelling(order.id, brokerOrderId)) return;
    this.cancelFor(desk, order, brokerOrderId, SERVICE, reason).catch((error: unknown) =>
      desk.onFault(error),
    );
  }

  /** A cancellation is under way or looked for. */
  isCancelling(orderId: string, about: string): boolean {
    return this.#options.book
      .operationsOf(orderId)
      .some(
        ({ kind, brokerOrderId, intentState: state }) =>
          kind === 'cancel' && brokerOrderId === about && (state === 'SENT' || state === 'UNKNOWN'),
      );
  }

  async cancelFor(
    desk: AccountDesk,
    order: OrderRecord,
    brokerOrderId: string,
    doer: Doer,
    reason: string,
  ): Promise<OperationRecord> {
    const operation = this.record(order, 'cancel', brokerOrderId, null, doer.actor);
    this.beginUnjournaled(doer, [operation], undefined, reason);
    return this.sendCancel(desk, operation, doer);
  }

  #takeBack(operation: OperationRecord, beside: () => Beside): void {
    const refused = { intentState: 'REJECTED', code: 'JOURNAL_UNAVAILABLE' } as const;
    this.#options.ledger.changeOperation(operation.id, { ...refused, message: null }, [], beside);
  }
}

function beginEvents(
  { principal, origin, requestId, idempotencyKey }: WriteCall,
  operation: OperationRecord,
  risk: OrderRecord['risk'],
) {
  const caller = { actor: principal.keyId, origin };
  const detail = { ...operation, requestId, idempotencyKey };
  const drafts: EventDraft[] = [{ ...caller, action: 'operation.intent', detail }];
  if (risk !== null) {
    drafts.push({ ...caller, action: 'operation.decision', detail: { id: operation.id, ...risk } });
  }
  if (operation.intentState === 'SENT') {
    drafts.push({ ...caller, action: 'operation.sent', detail: { id: operation.id } });
  }
  return drafts.map((draft) => timedEvent(draft, operation.orderId, operation.createdUs));
}
