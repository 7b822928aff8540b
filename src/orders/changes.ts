import type { Clock } from '../domain/clock.ts';
import { errorText, TickerError, type ErrorCode } from '../domain/error-codes.ts';
import { isUndecided } from '../domain/intent-state.ts';
import type { ContractSource, PriceSource, SessionSource } from '../domain/order-market.ts';
import {
  filledQuantity,
  type BrokerOrder,
  type OperationKind,
  type OperationRecord,
  type OrderRecord,
  type RiskDecision,
} from '../domain/order-record.ts';
import type { OrderAnswer, WriteCall } from '../domain/order-service.ts';
import type { OrderChange, OrderTerms } from '../domain/order-terms.ts';
import type { AccountDesk } from './account-desk.ts';
import { answerOfOperation } from './answers.ts';
import type { KeyUse } from './idempotency.ts';
import { callerOf, denied, overruled } from './intent-record.ts';
import type { JournalQueue } from './journal-queue.ts';
import { openBrokerOrders, parentOf, type Operations } from './operations.ts';
import type { OrderBook } from './order-book.ts';
import type { OrderMeters } from './order-gauges.ts';
import type { Beside } from './order-ledger.ts';
import type { OrderSettings } from './order-settings.ts';
import type { Exposure } from './risk/exposure.ts';
import type { OrderRates } from './risk/order-rates.ts';
import type { PreTradeChecks } from './risk/pre-trade-checks.ts';
import { referencePriceRupees } from './risk/risk-numbers.ts';
import type { TradingStates } from './risk/trading-states.ts';

/** What the broker takes of one order. */
const MODIFICATIONS_MAX = 25;

export interface ChangesOptions {
  clock: Clock;
  book: OrderBook;
  journal: JournalQueue;
  operations: Operations;
  contracts: ContractSource;
  prices: PriceSource;
  sessions: SessionSource;
  checks: PreTradeChecks;
  exposure: Exposure;
  rates: OrderRates;
  states: TradingStates;
  meters: OrderMeters;
  settings: OrderSettings;
  signal: AbortSignal;
}

export interface ChangeCase {
  call: WriteCall;
  orderId: string;
  desk: AccountDesk;
  /** The first use of the request's key. */
  use: KeyUse;
}

/** Modifies and cancels orders at a caller's wish. */
export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /**
   * Throws what does not make a record: ORDER_IN_DOUBT, ORDERS_NOT_READY, BROKER_SESSION,
   * BOOK_STALE, JOURNAL_UNAVAILABLE, NOT_READY.
   */
  async modify(change: ChangeCase, wanted: OrderChange): Promise<OrderAnswer> {
    this.#requireOpen(change);
    const [order, brokerOrder] = this.#modifiable(change);
    if (brokerOrder === undefined) return this.#refuse(change, order, 'modify', order, wanted);
    const { contracts, prices, settings } = this.#options;
    const { exchange, tradingsymbol } = order.terms;
    const contract = await contracts.find(exchange, tradingsymbol);
    const price = contract && (await prices.fresh(contract, order.account, settings.priceFreshMs));
    // From here to the reservation nothing waits: what was checked stays true.
    this.#requireOpen(change);
    const [current, target] = this.#modifiable(change);
    if (target === undefined) return this.#refuse(change, current, 'modify', current, wanted);
    const decision =
      contract === undefined
        ? denied('UNKNOWN_INSTRUMENT', `there is no ${exchange}:${tradingsymbol}`)
        : this.#check(change, current, target, wanted, contract, price);
    if (!decision.allowed) {
      return this.#refuse(change, current, 'modify', target, wanted, decision);
    }
    const admission = change.desk.broker.admission(decision.isExit ? 'exit' : 'entry');
    if (!admission.ok) {
      const { code, detail, retryAfterMs } = admission;
      const held = overruled(decision, code, detail);
      return this.#refuse(change, current, 'modify', target, wanted, held, retryAfterMs);
    }
    return this.#sendModify(change, current, target, wanted, decision);
  }

  /** As `modify`; a book that is old, and a halt, hold no cancellation up. */
  async cancel(change: ChangeCase): Promise<OrderAnswer> {
    const { book, journal, settings, signal, operations } = this.#options;
    const { call, desk, use, orderId } = change;
    if (use.isGivenUp()) throw new TickerError('TIMEOUT');
    if (signal.aborted) throw new TickerError('SHUTTING_DOWN');
    const refusal = desk.gate.cancelRefusal();
    if (refusal !== undefined) throw refusal;
    const isUnjournaled = !journal.isClear;
    if (isUnjournaled && !settings.cancelWithoutJournal) {
      throw new TickerError('JOURNAL_UNAVAILABLE');
    }
    await this.#readSlices(change);
    if (use.isGivenUp()) throw new TickerError('TIMEOUT');
    const order = book.require(orderId);
    requireKnown(order);
    const open = openBrokerOrders(order);
    if (open.length === 0) return this.#refuse(change, order, 'cancel', order, null);
    const records = cancelTargets(order, open).map(({ brokerOrderId }) =>
      operations.record(order, 'cancel', brokerOrderId, null, call.principal.keyId),
    );
    const doer = callerOf(call);
    if (isUnjournaled) operations.beginUnjournaled(doer, records, use, 'the journal is down');
    else await operations.begin(call, use, records, null, settings.cancelWithoutJournal);
    const [first, ...others] = records;
    if (first === undefined) throw new RangeError('no operation');
    const rest = others.map((record) => operations.sendCancel(desk, record, doer));
    return this.#answered(
      change,
      (finish) => operations.sendCancel(desk, first, doer, finish),
      rest,
    );
  }

  /** Of an order that was sliced just now the answer tells numbers, and not which are slices. */
  async #readSlices({ orderId, desk }: ChangeCase): Promise<void> {
    const { terms, brokerOrders } = this.#options.book.require(orderId);
    if (!terms.autoslice || !brokerOrders.some(({ status }) => status === null)) return;
    try {
      await desk.read(false);
    } catch (error) {
      desk.gate.onFailed(errorText(error));
    }
  }

  #requireOpen({ desk, use }: ChangeCase): void {
    const { journal, signal } = this.#options;
    if (use.isGivenUp()) throw new TickerError('TIMEOUT');
    if (signal.aborted) throw new TickerError('SHUTTING_DOWN');
    const refusal = desk.gate.refusal();
    if (refusal !== undefined) throw refusal;
    if (!journal.isClear) throw new TickerError('JOURNAL_UNAVAILABLE');
  }

  /** The order and which of the broker's orders is to be modified; undefined: it is over. */
  #modifiable({ orderId }: ChangeCase): [OrderRecord, BrokerOrder | undefined] {
    const { book } = this.#options;
    const order = book.require(orderId);
    requireKnown(order);
    const inDoubt = book
      .operationsOf(orderId)
      .find(({ kind, intentState: state }) => kind === 'modify' && isUndecided(state));
    if (inDoubt !== undefined) {
      throw new TickerError('ORDER_IN_DOUBT', `what became of ${inDoubt.id} is not known yet`);
    }
    return [order, openBrokerOrders(order)[0]];
  }

  #check(
    { call }: ChangeCase,
    order: OrderRecord,
    target: BrokerOrder,
    change: OrderChange,
    contract: NonNullable<Awaited<ReturnType<ContractSource['find']>>>,
    price: Awaited<ReturnType<PriceSource['fresh']>>,
  ): RiskDecision {
    const { checks, sessions, states, book, clock } = this.#options;
    const { account, terms, id } = order;
    if (states.effective(account) === 'HALTED') return denied('TRADING_HALTED');
    if (openBrokerOrders(order).length > 1) {
      return denied('INVALID_ORDER', 'the order is in several parts: cancel it instead');
    }
    if (change.quantity !== undefined && filledQuantity(order) > 0) {
      // Whether the broker means all or the rest is not documented.
      return denied('INVALID_ORDER', 'the quantity of a partly filled order cannot be modified');
    }
    const sent = book.operationsOf(id).filter(({ kind, sentUs, brokerOrderId }) => {
      return kind === 'modify' && sentUs !== null && brokerOrderId === target.brokerOrderId;
    });
    if (sent.length >= MODIFICATIONS_MAX) {
      return denied('INVALID_ORDER', `the order was modified ${MODIFICATIONS_MAX} times`);
    }
    const nowUs = Math.floor(clock.nowUs());
    const session = sessions.state(contract, account, nowUs);
    const { keyId } = call.principal;
    return checks.checkChange({
      ...{ keyId, account, terms: currentTerms(terms, target), contract, price, session, nowUs },
      ...{ order, change },
    });
  }

  async #sendModify(
    change: ChangeCase,
    order: OrderRecord,
    target: BrokerOrder,
    wanted: OrderChange,
    decision: RiskDecision,
  ): Promise<OrderAnswer> {
    const { operations, exposure, rates, states } = this.#options;
    const { call, desk, use } = change;
    const { keyId } = call.principal;
    const operation = operations.record(order, 'modify', target.brokerOrderId, wanted, keyId);
    const quantity = wanted.quantity ?? target.quantity;
    const reference = wanted.priceRupees ?? referencePriceRupees(decision) ?? target.priceRupees;
    exposure.reserveChange(order.id, quantity, reference);
    rates.note(order.account, keyId, operation.createdUs);
    try {
      await operations.begin(call, use, [operation], decision);
    } catch (error) {
      exposure.releaseChange(order.id);
      throw error;
    }
    const doer = callerOf(call);
    return this.#answered(change, (finish) => {
      // A halt counts up to the moment in which the modification would leave.
      const lastWord = () =>
        states.effective(order.account) === 'HALTED' ? 'TRADING_HALTED' : undefined;
      return operations.sendModify(desk, operation, doer, finish, lastWord);
    });
  }

  /** Waits for what `send` sends, and answers with what became of it. */
  async #answered(
    { use }: ChangeCase,
    send: (finish: (changed: OperationRecord) => Beside) => Promise<OperationRecord>,
    others: readonly Promise<OperationRecord>[] = [],
  ): Promise<OrderAnswer> {
    const { book, meters, journal, settings } = this.#options;
    const [operation, ...rest] = await Promise.all([
      send((changed) => {
        const answer = answerOfOperation(book.require(changed.orderId), changed);
        return others.length > 0 ? {} : { idempotency: [use.finish(answer)] };
      }),
      ...others,
    ]);
    // Of several parts the one that is worst tells.
    const worst = rest.reduce(
      (one, other) => (severity(other) > severity(one) ? other : one),
      operation,
    );
    const answer = answerOfOperation(book.require(worst.orderId), worst);
    if (others.length > 0) journal.keep({ idempotency: [use.finish(answer)], events: [] });
    if (answer.kind === 'refused') {
      meters.countRefusal(answer.code);
      await journal.durable(worst.id, settings.toldAfterMs);
    }
    return answer;
  }

  #refuse(
    { call, use }: ChangeCase,
    order: OrderRecord,
    kind: OperationKind,
    about: BrokerOrder | OrderRecord,
    wanted: OrderChange | null,
    risk: RiskDecision | null = null,
    retryAfterMs: number | null = null,
  ): Promise<OrderAnswer> {
    const { operations, meters } = this.#options;
    const brokerOrderId =
      'brokerOrderId' in about ? about.brokerOrderId : (order.brokerOrders[0]?.brokerOrderId ?? '');
    const record = operations.record(order, kind, brokerOrderId, wanted, call.principal.keyId);
    const code: ErrorCode = risk?.code ?? 'ORDER_NOT_OPEN';
    meters.countRefusal(code);
    const refused = { ...record, code, message: risk?.detail ?? null };
    return operations.refuse(call, use, order, refused, risk, retryAfterMs);
  }
}

/* While it is not known which orders of the broker there are, nothing can be done to them. */
function requireKnown(order: OrderRecord): void {
  const { intentState: state, brokerOrders, id } = order;
  if (brokerOrders.length > 0 || state === null || !isUndecided(state)) return;
  throw new TickerError('ORDER_IN_DOUBT', `what became of ${id} is not known yet`);
}

/** The terms as the broker has them after modifications of before. */
function currentTerms(terms: OrderTerms, target: BrokerOrder): OrderTerms {
  if (target.status === null) return terms;
  const { quantity, priceRupees, triggerPriceRupees } = target;
  return {
    ...terms,
    quantity,
    priceRupees: terms.priceRupees === null ? null : priceRupees,
    triggerPriceRupees: terms.triggerPriceRupees === null ? null : triggerPriceRupees,
  };
}

/* The second leg of a cover order is ended by its parent's cancellation, once that has filled. */
function cancelTargets(order: OrderRecord, open: BrokerOrder[]): BrokerOrder[] {
  if (order.terms.variety !== 'co') return open;
  const legs = open.filter(({ brokerOrderId }) => parentOf(order, brokerOrderId) !== null);
  const main = open.filter((each) => !legs.includes(each));
  return main.length > 0 ? main : legs;
}

function severity({ intentState }: OperationRecord): number {
  if (intentState === 'UNKNOWN') return 2;
  return intentState === 'REJECTED' ? 1 : 0;
}
