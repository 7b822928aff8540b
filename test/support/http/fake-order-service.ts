import type { Principal } from '../../../src/domain/access.ts';
import type {
  OperationRecord,
  OrderRecord,
  TradeRecord,
} from '../../../src/domain/order-record.ts';
import type {
  OrderAnswer,
  OrderEventView,
  OrderFilter,
  OrderService,
  PlainCall,
  PlaceRequest,
  Replayable,
  Resolution,
  StateChange,
  SyncReport,
  WriteCall,
} from '../../../src/domain/order-service.ts';
import type { OrderChange, OrderTerms } from '../../../src/domain/order-terms.ts';
import type {
  RiskLimitRecord,
  RiskLimits,
  TradingStateRecord,
} from '../../../src/domain/trading-state.ts';

/** One call of the fake: the method, and what it was given. */
export interface ServiceCall {
  method: string;
  args: unknown[];
}

type Answer<Result> = Result | Promise<Result>;

/** An order service that notes what it is asked and answers what a test has laid down. */
export class FakeOrderService implements OrderService {
  readonly calls: ServiceCall[] = [];
  /** Of place, modify, cancel and exit. */
  onWrite: (call: WriteCall) => Answer<Replayable> = () => {
    throw new Error('no answer was laid down');
  };
  onGiveUp: () => OrderAnswer | undefined = () => undefined;
  onGet: (orderId: string) => Answer<OrderRecord> = () => {
    throw new Error('no order was laid down');
  };
  orders: OrderRecord[] = [];
  operationRecords: OperationRecord[] = [];
  eventViews: OrderEventView[] = [];
  tradeRecords: TradeRecord[] = [];
  margins: unknown = null;
  syncReports: SyncReport[] = [];
  states: TradingStateRecord[] = [];
  onState: (confirmationToken: string | null) => Answer<StateChange> = () => {
    throw new Error('no change of state was laid down');
  };
  limitRecords: RiskLimitRecord[] = [];
  onPostback: (account: string, body: string) => Answer<void> = () => undefined;

  /** What the last call of `method` was given. */
  argsOf(method: string): unknown[] {
    return this.calls.findLast((call) => call.method === method)?.args ?? [];
  }

  async place(call: WriteCall, request: PlaceRequest): Promise<Replayable> {
    return this.#write('place', call, request);
  }

  async modify(call: WriteCall, orderId: string, change: OrderChange): Promise<Replayable> {
    return this.#write('modify', call, orderId, change);
  }

  async cancel(call: WriteCall, orderId: string): Promise<Replayable> {
    return this.#write('cancel', call, orderId);
  }

  async exit(call: WriteCall, orderId: string): Promise<Replayable> {
    return this.#write('exit', call, orderId);
  }

  giveUp(call: WriteCall): OrderAnswer | undefined {
    this.#note('giveUp', call);
    return this.onGiveUp();
  }

  async get(principal: Principal, orderId: string): Promise<OrderRecord> {
    this.#note('get', principal, orderId);
    return this.onGet(orderId);
  }

  list(principal: Principal, filter: OrderFilter): OrderRecord[] {
    this.#note('list', principal, filter);
    return this.orders;
  }

  async operations(principal: Principal, orderId: string): Promise<OperationRecord[]> {
    this.#note('operations', principal, orderId);
    return this.operationRecords;
  }

  async events(principal: Principal, orderId: string): Promise<OrderEventView[]> {
    this.#note('events', principal, orderId);
    return this.eventViews;
  }

  async orderTrades(principal: Principal, orderId: string): Promise<TradeRecord[]> {
    this.#note('orderTrades', principal, orderId);
    await this.get(principal, orderId);
    return this.tradeRecords;
  }

  trades(principal: Principal, filter: { account?: string }): TradeRecord[] {
    this.#note('trades', principal, filter);
    return this.tradeRecords;
  }

  async orderMargins(
    principal: Principal,
    account: string,
    orders: readonly OrderTerms[],
    compact: boolean,
  ): Promise<unknown> {
    this.#note('orderMargins', principal, account, orders, compact);
    return this.margins;
  }

  async basketMargins(
    principal: Principal,
    account: string,
    orders: readonly OrderTerms[],
    considerPositions: boolean,
    compact: boolean,
  ): Promise<unknown> {
    this.#note('basketMargins', principal, account, orders, considerPositions, compact);
    return this.margins;
  }

  async sync(call: PlainCall, account: string | undefined): Promise<SyncReport[]> {
    this.#note('sync', call, account);
    return this.syncReports;
  }

  async resolve(call: PlainCall, orderId: string, resolution: Resolution): Promise<OrderRecord> {
    this.#note('resolve', call, orderId, resolution);
    return this.onGet(orderId);
  }

  tradingStates(principal: Principal): TradingStateRecord[] {
    this.#note('tradingStates', principal);
    return this.states;
  }

  async setTradingState(
    call: PlainCall,
    change: Parameters<OrderService['setTradingState']>[1],
  ): Promise<StateChange> {
    this.#note('setTradingState', call, change);
    return this.onState(change.confirmationToken);
  }

  limits(principal: Principal): RiskLimitRecord[] {
    this.#note('limits', principal);
    return this.limitRecords;
  }

  async setLimits(
    call: PlainCall,
    scope: RiskLimitRecord['scope'],
    subject: string,
    limits: RiskLimits,
  ): Promise<RiskLimitRecord> {
    this.#note('setLimits', call, scope, subject, limits);
    return { scope, subject, limits, actor: call.principal.keyId, changedUs: 1 };
  }

  async postback(account: string, body: string): Promise<void> {
    this.#note('postback', account, body);
    await this.onPostback(account, body);
  }

  #note(method: string, ...args: unknown[]): void {
    this.calls.push({ method, args });
  }

  #write(method: string, call: WriteCall, ...args: unknown[]): Answer<Replayable> {
    this.#note(method, call, ...args);
    return this.onWrite(call);
  }
}
