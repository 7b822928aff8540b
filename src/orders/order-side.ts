import { mayTouchAccount, type Principal } from '../domain/access.ts';
import { pause } from '../domain/clock.ts';
import { TickerError, errorText } from '../domain/error-codes.ts';
import type { JournalState } from '../domain/order-journal.ts';
import type { OrderHint } from '../domain/order-broker.ts';
import type { OperationRecord, OrderRecord, TradeRecord } from '../domain/order-record.ts';
import type {
  OrderAnswer,
  OrderEventView,
  OrderFilter,
  OrderService,
  PlaceRequest,
  PlainCall,
  Replayable,
  Resolution,
  StateChange,
  SyncReport,
  WriteCall,
} from '../domain/order-service.ts';
import type { OrderChange, OrderTerms } from '../domain/order-terms.ts';
import {
  ALL_ACCOUNTS,
  type RiskLimitRecord,
  type RiskLimits,
  type TradingState,
  type TradingStateRecord,
} from '../domain/trading-state.ts';
import type { AccountDesk } from './account-desk.ts';
import type { AccountReadiness } from './account-gate.ts';
import { endDay } from './day-end.ts';
import { exitRequest } from './exit.ts';
import type { OrderGauges } from './order-gauges.ts';
import { orderParts, type OrderParts, type OrderSideOptions } from './order-parts.ts';
import { OrderViews } from './order-views.ts';
import { recover } from './recovery.ts';
import { Resolutions } from './resolutions.ts';
import { StateDesk } from './state-desk.ts';
import { tradingDayStartUs } from './trading-day.ts';
import { Writes } from './writes.ts';

const HOUSEKEEPING_MS = 1_000;
const FIRST_LOAD_RETRY_MS = 500;
const LAST_LOAD_RETRY_MS = 10_000;
/** How long a stop waits for the journal. */
const SETTLE_MS = 5_000;

/** The order side: what a caller can ask, and what the service tells it. */
export class OrderSide implements OrderService {
  readonly #options: OrderSideOptions;
  readonly #abort = new AbortController();
  readonly #parts: OrderParts;
  readonly #writes: Writes;
  readonly #views: OrderViews;
  readonly #stateDesk: StateDesk;
  readonly #resolutions: Resolutions;
  #isLoaded = false;
  #loadTrouble = 'the journal has not been read yet';
  #dayStartUs = 0;
  readonly #runs: Promise<void>[] = [];

  constructor(options: OrderSideOptions) {
    this.#options = options;
    const parts = orderParts(options, this.#abort.signal);
    parts.journal.hold();
    this.#parts = parts;
    const { journal } = options;
    const isLoaded = (): boolean => this.#isLoaded;
    this.#writes = new Writes({ ...parts, store: journal, isLoaded });
    this.#views = new OrderViews({ ...parts, store: journal });
    const heldBy = options.heldBy ?? (() => undefined);
    const isKey = options.isKey ?? (() => true);
    const onHaltUnkept = options.onHaltUnkept ?? (() => undefined);
    this.#stateDesk = new StateDesk({ ...parts, heldBy, isKey, onHaltUnkept });
    this.#resolutions = new Resolutions(parts);
  }

  /**
   * Reads the journal, then every account, and tries again until it is stopped. Resolves when
   * every account has been read or has failed once, and one of them is open.
   */
  async start(): Promise<void> {
    const state = await this.#load();
    if (state === undefined) return;
    const { desks } = this.#parts;
    recover(state, this.#parts);
    this.#parts.journal.release();
    this.#isLoaded = true;
    this.#housekeep();
    await this.#openAccounts([...desks.values()]);
  }

  /** Takes nothing new, lets what is under way end, and waits a while for the journal. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#writes.idle();
    await Promise.all(this.#runs);
    await this.#parts.journal.settled(SETTLE_MS);
    this.#parts.journal.stop();
  }

  readiness(): AccountReadiness[] {
    return [...this.#parts.desks.values()].map((desk) => {
      if (this.#isLoaded) return desk.gate.readiness();
      return { account: desk.account, ok: false, detail: this.#loadTrouble };
    });
  }

  gauges(): OrderGauges {
    const { meters, book, journal, alarms } = this.#parts;
    return meters.gauges(book, journal, alarms, this.#nowUs());
  }

  onHint({ account, source, row }: OrderHint): void {
    const desk = this.#parts.desks.get(account);
    // Before the journal is read, whose order it is cannot be told; the book is read after it.
    if (!this.#isLoaded || desk === undefined || row.account !== account) return;
    desk.takeHint(row, source);
  }

  /** The next order is refused; what is open is cancelled. Never waits for the journal. */
  async halt(actor: string, reason: string): Promise<void> {
    this.#stateDesk.halt(ALL_ACCOUNTS, { actor, origin: actor }, reason);
    return Promise.resolve();
  }

  place(call: WriteCall, request: PlaceRequest): Promise<Replayable> {
    const desk = this.#desk(call.principal, request.account);
    return this.#writes.run(call, (use) =>
      this.#parts.placement.place({ call, request, desk, use, isExit: false }),
    );
  }

  async modify(call: WriteCall, orderId: string, change: OrderChange): Promise<Replayable> {
    const order = await this.#writes.order(call.principal, orderId);
    return this.#writes.run(call, (use) => {
      const desk = this.#deskOfOrder(order);
      return this.#parts.changes.modify({ call, orderId, desk, use }, change);
    });
  }

  async cancel(call: WriteCall, orderId: string): Promise<Replayable> {
    const order = await this.#writes.order(call.principal, orderId);
    return this.#writes.run(call, (use) => {
      const desk = this.#deskOfOrder(order);
      return this.#parts.changes.cancel({ call, orderId, desk, use });
    });
  }

  async exit(call: WriteCall, orderId: string): Promise<Replayable> {
    const order = await this.#writes.order(call.principal, orderId);
    const { changes, placement, exposure, book } = this.#parts;
    return this.#writes.run(call, async (use) => {
      const desk = this.#deskOfOrder(order);
      const current = book.require(orderId);
      if (current.terms.variety === 'co') return changes.cancel({ call, orderId, desk, use });
      const request = exitRequest(current, exposure);
      return placement.place({ call, request, desk, use, isExit: true });
    });
  }

  giveUp(call: WriteCall): OrderAnswer | undefined {
    return this.#writes.giveUp(call);
  }

  get(principal: Principal, orderId: string): Promise<OrderRecord> {
    return this.#views.get(principal, orderId);
  }

  list(principal: Principal, filter: OrderFilter): OrderRecord[] {
    return this.#views.list(principal, filter);
  }

  operations(principal: Principal, orderId: string): Promise<readonly OperationRecord[]> {
    return this.#views.operations(principal, orderId);
  }

  events(principal: Principal, orderId: string): Promise<OrderEventView[]> {
    return this.#views.events(principal, orderId);
  }

  orderTrades(principal: Principal, orderId: string): Promise<readonly TradeRecord[]> {
    return this.#views.orderTrades(principal, orderId);
  }

  trades(principal: Principal, filter: { account?: string }): TradeRecord[] {
    return this.#views.trades(principal, filter);
  }

  async orderMargins(
    principal: Principal,
    account: string,
    orders: readonly OrderTerms[],
    compact: boolean,
  ): Promise<unknown> {
    return this.#desk(principal, account).broker.orderMargins(orders, compact);
  }

  async basketMargins(
    principal: Principal,
    account: string,
    orders: readonly OrderTerms[],
    considerPositions: boolean,
    compact: boolean,
  ): Promise<unknown> {
    const { broker } = this.#desk(principal, account);
    return broker.basketMargins(orders, considerPositions, compact);
  }

  async sync(call: PlainCall, account: string | undefined): Promise<SyncReport[]> {
    this.#requireLoaded();
    const { desks, journal } = this.#parts;
    const asked =
      account === undefined
        ? [...desks.values()].filter((desk) => mayTouchAccount(call.principal, desk.account))
        : [this.#desk(call.principal, account)];
    const startedUs = this.#nowUs();
    const results = await Promise.allSettled(asked.map((desk) => desk.sync()));
    const failed = results.find((each) => each.status === 'rejected');
    const timeUs = this.#nowUs();
    const reports = results.map((each, index) => {
      if (each.status === 'fulfilled') return each.value;
      const account = asked[index]?.account ?? '';
      return failedReport(account, each.reason, startedUs, timeUs);
    });
    const { keyId: actor } = call.principal;
    journal.keep({
      events: reports.map(({ account: subject, ...detail }) => {
        return { actor, origin: call.origin, action: 'sync.finished', subject, detail, timeUs };
      }),
    });
    // Of several accounts the others' reports are told all the same.
    if (failed !== undefined && reports.length === 1) throw failed.reason;
    return reports;
  }

  async resolve(call: PlainCall, orderId: string, resolution: Resolution): Promise<OrderRecord> {
    const { account } = await this.#writes.order(call.principal, orderId);
    const resolved = this.#resolutions.resolve(call, orderId, resolution);
    this.#parts.desks.get(account)?.readSoon();
    return resolved;
  }

  tradingStates(principal: Principal): TradingStateRecord[] {
    return this.#stateDesk.states(principal);
  }

  async setTradingState(
    call: PlainCall,
    change: {
      account: string;
      state: TradingState;
      reason: string;
      confirmationToken: string | null;
    },
  ): Promise<StateChange> {
    if (change.account !== ALL_ACCOUNTS) this.#desk(call.principal, change.account);
    return this.#stateDesk.change(call, change);
  }

  limits(principal: Principal): RiskLimitRecord[] {
    return this.#stateDesk.limits(principal);
  }

  setLimits(
    call: PlainCall,
    scope: RiskLimitRecord['scope'],
    subject: string,
    limits: RiskLimits,
  ): Promise<RiskLimitRecord> {
    return this.#stateDesk.setLimits(call, scope, subject, limits);
  }

  async postback(account: string, body: string): Promise<void> {
    const desk = this.#parts.desks.get(account);
    // Who cannot sign is not told which accounts there are.
    if (desk === undefined) throw new TickerError('POSTBACK_REFUSED');
    const row = this.#options.readPostback(account, body);
    this.onHint({ account, source: 'postback', row, receivedUs: this.#nowUs() });
    return Promise.resolve();
  }

  #desk(principal: Principal, account: string): AccountDesk {
    if (!mayTouchAccount(principal, account)) {
      throw new TickerError('FORBIDDEN', `the key may not touch ${account}`);
    }
    const desk = this.#parts.desks.get(account);
    if (desk !== undefined) return desk;
    throw new TickerError(principal.accounts === 'all' ? 'UNKNOWN_ACCOUNT' : 'ACCOUNT_NOT_TRADING');
  }

  #deskOfOrder({ account }: OrderRecord): AccountDesk {
    const desk = this.#parts.desks.get(account);
    if (desk === undefined) throw new TickerError('ACCOUNT_NOT_TRADING');
    return desk;
  }

  #requireLoaded(): void {
    if (!this.#isLoaded) throw new TickerError('ORDERS_NOT_READY', this.#loadTrouble);
  }

  #nowUs(): number {
    return Math.floor(this.#options.clock.nowUs());
  }

  /** Undefined: stopped before the journal could be read. */
  async #load(): Promise<JournalState | undefined> {
    const { journal, clock } = this.#options;
    const { signal } = this.#abort;
    for (let delayMs = FIRST_LOAD_RETRY_MS; !signal.aborted; delayMs *= 2) {
      try {
        const nowUs = this.#nowUs();
        return await journal.load(tradingDayStartUs(nowUs), nowUs);
      } catch (error) {
        this.#loadTrouble = errorText(error);
        if (delayMs === FIRST_LOAD_RETRY_MS) {
          this.#parts.alarms.raise('journal-failing', null, null, this.#loadTrouble);
        }
        await pause(clock, Math.min(delayMs, LAST_LOAD_RETRY_MS), signal);
      }
    }
    return undefined;
  }

  async #openAccounts(desks: AccountDesk[]): Promise<void> {
    if (desks.length === 0) return;
    const { signal } = this.#abort;
    await new Promise<void>((resolve) => {
      const tried = new Set<AccountDesk>();
      const look = (desk: AccountDesk): void => {
        tried.add(desk);
        if (tried.size === desks.length && desks.some(({ gate }) => gate.isOpen)) resolve();
      };
      for (const desk of desks) this.#runs.push(desk.run(() => look(desk)));
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
    });
  }

  /* Days end, and positions lose, whether or not somebody asks for something. */
  #housekeep(): void {
    const tick = (): void => {
      if (this.#abort.signal.aborted) return;
      const nowUs = this.#nowUs();
      const dayStartUs = tradingDayStartUs(nowUs);
      const { prices } = this.#options;
      this.#parts.exposure.markAll((token) => prices.last(token)?.lastRupees);
      if (dayStartUs > this.#dayStartUs) {
        this.#dayStartUs = dayStartUs;
        endDay(dayStartUs, nowUs, this.#parts);
      }
    };
    tick();
    const timer = this.#options.clock.setInterval(tick, HOUSEKEEPING_MS);
    this.#abort.signal.addEventListener('abort', () => timer.cancel());
  }
}

function failedReport(
  account: string,
  error: unknown,
  startedUs: number,
  finishedUs: number,
): SyncReport {
  const code = error instanceof TickerError ? error.code : 'INTERNAL';
  const failure = { code, detail: error instanceof TickerError ? error.detail : errorText(error) };
  return {
    account,
    orders: 0,
    trades: 0,
    positions: 0,
    changes: [],
    failure,
    startedUs,
    finishedUs,
  };
}
