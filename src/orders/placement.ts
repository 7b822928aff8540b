import { pause, type Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { CallOutcome, Placed } from '../domain/order-broker.ts';
import type {
  ContractSource,
  MarketPrice,
  PriceSource,
  SessionSource,
  TradableContract,
} from '../domain/order-market.ts';
import type { OrderRecord, RiskDecision } from '../domain/order-record.ts';
import type { OrderAnswer, PlaceRequest, WriteCall } from '../domain/order-service.ts';
import type { AccountDesk } from './account-desk.ts';
import { answerOfOrder } from './answers.ts';
import type { KeyUse } from './idempotency.ts';
import { callerOf, denied, intentEvents, intentRecord, overruled } from './intent-record.ts';
import type { JournalQueue } from './journal-queue.ts';
import type { OrderBook } from './order-book.ts';
import type { Doer } from './order-events.ts';
import type { OrderMeters } from './order-gauges.ts';
import type { OrderIds } from './order-ids.ts';
import type { Beside, OrderLedger } from './order-ledger.ts';
import type { OrderSettings } from './order-settings.ts';
import { answerEvent, outcomeOf, placedPatch } from './place-outcome.ts';
import type { OrderRates } from './risk/order-rates.ts';
import type { PreTradeChecks } from './risk/pre-trade-checks.ts';
import { referencePriceRupees } from './risk/risk-numbers.ts';
import type { TradingStates } from './risk/trading-states.ts';

export interface PlacementOptions {
  clock: Clock;
  ids: OrderIds;
  book: OrderBook;
  ledger: OrderLedger;
  journal: JournalQueue;
  contracts: ContractSource;
  prices: PriceSource;
  sessions: SessionSource;
  checks: PreTradeChecks;
  rates: OrderRates;
  states: TradingStates;
  meters: OrderMeters;
  settings: OrderSettings;
  signal: AbortSignal;
}

/** What is asked for, and where. */
export interface PlacementCase {
  call: WriteCall;
  request: PlaceRequest;
  desk: AccountDesk;
  /** The first use of the request's key. */
  use: KeyUse;
  /** True: it must not open anything; what would is refused. */
  isExit: boolean;
}

/** What is known of an order before it is decided. */
interface Market {
  contract: TradableContract | undefined;
  price: MarketPrice | undefined;
}

const NO_MARKET: Market = { contract: undefined, price: undefined };

/** Places orders: checked, journaled, sent once. */
export class Placement {
  readonly #options: PlacementOptions;

  constructor(options: PlacementOptions) {
    this.#options = options;
  }

  /**
   * Throws what does not make a record: CLIENT_ORDER_ID_USED, ORDERS_NOT_READY, BROKER_SESSION,
   * BOOK_STALE, JOURNAL_UNAVAILABLE, NOT_READY.
   */
  async place(placement: PlacementCase): Promise<OrderAnswer> {
    this.#requireOpen(placement);
    const isHalted = this.#isHalted(placement);
    const market = isHalted ? NO_MARKET : await this.#market(placement);
    // From here to the reservation nothing waits: what was checked stays true.
    this.#requireOpen(placement);
    const { decision, retryAfterMs } = this.#decide(placement, market);
    const { call, request } = placement;
    const id = this.#options.ids.order();
    const order = intentRecord(id, call, request, market.contract, decision, this.#nowUs());
    if (!decision.allowed) return this.#refuse(placement, order, retryAfterMs);
    return this.#send(placement, order);
  }

  #requireOpen({ request, desk, use }: PlacementCase): void {
    const { journal, book, signal } = this.#options;
    if (use.isGivenUp()) throw new TickerError('TIMEOUT');
    if (signal.aborted) throw new TickerError('SHUTTING_DOWN');
    const { account, clientOrderId } = request;
    if (clientOrderId !== null && book.byClientId(account, clientOrderId) !== undefined) {
      throw new TickerError('CLIENT_ORDER_ID_USED');
    }
    const refusal = desk.gate.refusal();
    if (refusal !== undefined) throw refusal;
    if (!journal.isClear) throw new TickerError('JOURNAL_UNAVAILABLE');
  }

  #isHalted({ request }: PlacementCase): boolean {
    return this.#options.states.effective(request.account) === 'HALTED';
  }

  async #market({ request }: PlacementCase): Promise<Market> {
    const { contracts, prices, settings } = this.#options;
    const { exchange, tradingsymbol } = request.terms;
    const contract = await contracts.find(exchange, tradingsymbol);
    if (contract === undefined) return NO_MARKET;
    const price = await prices.fresh(contract, request.account, settings.priceFreshMs);
    return { contract, price };
  }

  #decide(
    placement: PlacementCase,
    market: Market,
  ): { decision: RiskDecision; retryAfterMs: number | null } {
    const decision = this.#check(placement, market);
    if (!decision.allowed) return { decision, retryAfterMs: null };
    const admission = placement.desk.broker.admission(decision.isExit ? 'exit' : 'entry');
    if (admission.ok) return { decision, retryAfterMs: null };
    const { code, detail, retryAfterMs } = admission;
    return { decision: { ...decision, allowed: false, code, detail }, retryAfterMs };
  }

  #check(placement: PlacementCase, { contract, price }: Market): RiskDecision {
    const { checks, sessions, states, book, meters, clock } = this.#options;
    const { call, request, isExit } = placement;
    const { account, terms } = request;
    if (this.#isHalted(placement)) return denied('TRADING_HALTED');
    const { exchange, tradingsymbol } = terms;
    if (contract === undefined) {
      return denied('UNKNOWN_INSTRUMENT', `there is no ${exchange}:${tradingsymbol}`);
    }
    const nowUs = this.#nowUs();
    const session = sessions.state(contract, account, nowUs);
    const { keyId } = call.principal;
    const startedMs = clock.monotonicMs();
    const decision = checks.check({ keyId, account, terms, contract, price, session, nowUs });
    meters.checked((clock.monotonicMs() - startedMs) * 1000);
    if (!decision.allowed) return decision;
    if (isExit && !decision.isExit) {
      return overruled(decision, 'INVALID_ORDER', 'open orders close the position already');
    }
    const unresolved = book.unresolved(account, exchange, tradingsymbol);
    // While positions are only being reduced, closing one cannot wait for another order's fate.
    const mayPass = decision.isExit && states.effective(account) === 'REDUCING';
    if (unresolved === undefined || mayPass) return decision;
    return overruled(decision, 'ORDER_IN_DOUBT', `what became of ${unresolved} is not known yet`);
  }

  /** Journals a refusal with its answer: the request has been dealt with. */
  async #refuse(
    { call, use }: PlacementCase,
    order: OrderRecord,
    retryAfterMs: number | null,
  ): Promise<OrderAnswer> {
    const { ledger, journal, meters } = this.#options;
    const answer = answerOfOrder(order, retryAfterMs);
    ledger.put(order);
    meters.countRefusal(order.code);
    use.attach(order.id);
    const idempotency = use.finish(answer);
    try {
      const events = intentEvents(call, order);
      await journal.write({ orders: [order], idempotency: [idempotency], events });
      use.keep();
    } catch (error) {
      this.#takeBack(order, use, callerOf(call), error);
      throw error;
    }
    return answer;
  }

  async #send(placement: PlacementCase, order: OrderRecord): Promise<OrderAnswer> {
    const { ledger, journal, rates } = this.#options;
    const { call, use, desk, request } = placement;
    const caller = callerOf(call);
    ledger.reserve(order, referencePriceRupees(order.risk) ?? order.terms.priceRupees ?? 0);
    rates.note(request.account, call.principal.keyId, order.createdUs);
    try {
      const idempotency = [use.attach(order.id)];
      const events = intentEvents(call, order);
      const durable = journal.write({ orders: [order], idempotency, events });
      desk.resolver.noteSending(order);
      await durable;
      use.keep();
    } catch (error) {
      this.#takeBack(order, use, caller, error);
      throw error;
    }
    const outcome = await this.#call(placement, order);
    const answer = this.#conclude(placement, order.id, outcome);
    // A crash must not make a doubt of a refusal that was told. What was taken is found again.
    const { settings } = this.#options;
    if (answer.kind === 'refused') await journal.durable(order.id, settings.toldAfterMs);
    return answer;
  }

  /**
   * The one place from which an order leaves, and each leaves once. A refusal by a limiter counts
   * when the book confirms it.
   */
  async #call(placement: PlacementCase, order: OrderRecord): Promise<CallOutcome<Placed>> {
    const { desk } = placement;
    // A halt counts up to the moment in which the order would leave.
    const lastWord = () => (this.#isHalted(placement) ? 'TRADING_HALTED' : undefined);
    const purpose = order.risk?.isExit === true ? 'exit' : 'entry';
    const outcome = await outcomeOf(
      () => desk.broker.place(order.terms, order.tag, purpose, lastWord),
      order.id,
      () => this.#nowUs(),
      (error) => desk.onFault(error),
    );
    if (outcome.kind !== 'rejected' || !outcome.isThrottled) return outcome;
    const { clock, settings, signal } = this.#options;
    await pause(clock, settings.throttleLookMs, signal);
    try {
      // Finding it there is what the reading itself does.
      await desk.read(false);
      return outcome;
    } catch {
      const { code, message, evidence } = outcome;
      return { kind: 'unknown', code, message: `${message}; the book could not be read`, evidence };
    }
  }

  #conclude(
    { call, use, desk }: PlacementCase,
    orderId: string,
    outcome: CallOutcome<Placed>,
  ): OrderAnswer {
    const { ledger, book, meters } = this.#options;
    const retryAfterMs = outcome.kind === 'rejected' ? outcome.retryAfterMs : null;
    const patch = placedPatch(book.require(orderId), outcome, this.#nowUs());
    const event = answerEvent('order.answer', orderId, call.origin, outcome);
    desk.intake.absorb(orderId, patch.brokerOrders ?? []);
    const finish = (order: OrderRecord): Beside => {
      answer = answerOfOrder(order, retryAfterMs);
      return { idempotency: [use.finish(answer)] };
    };
    let answer: OrderAnswer | undefined;
    // The answer does not tell, but the order was seen in the meantime.
    const isFound =
      patch.intentState === 'UNKNOWN' && book.require(orderId).brokerOrders.length > 0;
    let order = ledger.change(orderId, patch, [event], isFound ? undefined : finish);
    if (isFound) order = ledger.resolvePresent(orderId, finish);
    if (order.intentState === 'UNKNOWN') desk.resolver.follow(orderId);
    else desk.resolver.forget(orderId);
    if (order.intentState === 'ACCEPTED') desk.readSoon();
    if (order.brokerOrders.length > 0) desk.intake.checkSurplus(order);
    if (order.intentState === 'REJECTED') meters.countRefusal(order.code);
    return answer ?? answerOfOrder(order, retryAfterMs);
  }

  /** Nothing was sent and the journal may not have it: as soon as it works it is told so. */
  #takeBack(order: OrderRecord, use: KeyUse, caller: Doer, error: unknown): void {
    const { ledger, meters } = this.#options;
    const code = error instanceof TickerError ? error.code : 'JOURNAL_UNAVAILABLE';
    ledger.change(
      order.id,
      { intentState: 'REJECTED', code, message: null, clientOrderId: null },
      [{ ...caller, action: 'order.withdrawn', detail: { code } }],
      () => ({ released: use.release() }),
    );
    meters.countRefusal(code);
  }

  #nowUs(): number {
    return Math.floor(this.#options.clock.nowUs());
  }
}
