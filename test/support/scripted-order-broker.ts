import { type TickerError, type ErrorCode } from '../../src/domain/error-codes.ts';
import type {
  BrokerAccountState,
  BrokerOrderRow,
  BrokerPosition,
  CallAdmission,
  CallOutcome,
  CallPurpose,
  LastWord,
  OrderBroker,
  Placed,
  WireEvidence,
} from '../../src/domain/order-broker.ts';
import type { TradeRecord } from '../../src/domain/order-record.ts';
import type { OrderChange, OrderTerms, Variety } from '../../src/domain/order-terms.ts';
import type { Clock } from '../../src/domain/clock.ts';

/** What becomes of a call; `reaches`: the broker does what was asked, whatever it answers. */
export interface Fate {
  answer: 'accepted' | 'rejected' | 'throttled' | 'not-sent' | 'unknown';
  reaches: boolean;
  code?: ErrorCode;
  message?: string;
}

export const ACCEPT: Fate = { answer: 'accepted', reaches: true };
export const LOST: Fate = { answer: 'unknown', reaches: false };
export const DONE_UNHEARD: Fate = { answer: 'unknown', reaches: true };
export const REFUSE: Fate = { answer: 'rejected', reaches: false };

export interface SentOrder {
  terms: OrderTerms;
  tag: string;
  purpose: CallPurpose;
}

export interface SentModify {
  brokerOrderId: string;
  change: OrderChange;
}

/** A broker account in memory that does and answers what a test says. */
export class ScriptedOrderBroker implements OrderBroker {
  readonly account: string;
  readonly #clock: Clock;
  readonly rows: BrokerOrderRow[] = [];
  readonly tradeRows: TradeRecord[] = [];
  positionRows: BrokerPosition[] = [];
  /** Every version of each order, in the order in which they came. */
  readonly versions: BrokerOrderRow[] = [];
  readonly placed: SentOrder[] = [];
  readonly modified: SentModify[] = [];
  readonly cancelled: { brokerOrderId: string; parentOrderId: string | null }[] = [];
  /** Fates of the next calls, one each; then `ACCEPT`. */
  readonly placeFates: Fate[] = [];
  readonly modifyFates: Fate[] = [];
  readonly cancelFates: Fate[] = [];
  /** Not undefined: reads of the book fail with it. */
  readError: TickerError | undefined;
  /** Waited for before a placement is done, and before a book is read. */
  placeHold: Promise<void> | undefined;
  readHold: Promise<void> | undefined;
  /** What a placement, once there, looks like. */
  placedStatus = 'OPEN';
  hasSession = true;
  refusal: CallAdmission = { ok: true };
  bookReads = 0;
  countedToday: number | undefined;
  /** What the book shows; all rows, unless a test hides some. */
  show: (row: BrokerOrderRow) => boolean = () => true;
  #number = 0;

  constructor(account: string, clock: Clock) {
    this.account = account;
    this.#clock = clock;
  }

  state(): BrokerAccountState {
    return { hasSession: this.hasSession, breaker: 'closed', dayBudgetLeft: 5000, queued: 0 };
  }

  countToday(requests: number): void {
    this.countedToday = requests;
  }

  admission(): CallAdmission {
    return this.refusal;
  }

  async place(
    terms: OrderTerms,
    tag: string,
    purpose: CallPurpose,
    lastWord?: LastWord,
  ): Promise<CallOutcome<Placed>> {
    const code = lastWord?.();
    if (code !== undefined) return { kind: 'not-sent', code, message: code, evidence: null };
    this.placed.push({ terms, tag, purpose });
    const fate = this.placeFates.shift() ?? ACCEPT;
    await this.placeHold;
    const row = fate.reaches ? this.add(terms, tag) : undefined;
    return this.#outcome(fate, {
      orderIds: row ? [row.brokerOrderId] : [],
      parentOrderId: null,
      refusals: [],
    });
  }

  async modify(
    _variety: Variety,
    brokerOrderId: string,
    change: OrderChange,
    _parentOrderId: string | null = null,
    lastWord?: LastWord,
  ): Promise<CallOutcome<string>> {
    const code = lastWord?.();
    if (code !== undefined) return { kind: 'not-sent', code, message: code, evidence: null };
    this.modified.push({ brokerOrderId, change });
    const fate = this.modifyFates.shift() ?? ACCEPT;
    if (fate.reaches) this.update(brokerOrderId, change);
    return this.#outcome(fate, brokerOrderId);
  }

  async cancel(
    _variety: Variety,
    brokerOrderId: string,
    parentOrderId: string | null,
  ): Promise<CallOutcome<string>> {
    this.cancelled.push({ brokerOrderId, parentOrderId });
    const fate = this.cancelFates.shift() ?? ACCEPT;
    if (fate.reaches) this.update(brokerOrderId, { status: 'CANCELLED' });
    return this.#outcome(fate, brokerOrderId);
  }

  async orders(): Promise<BrokerOrderRow[]> {
    this.bookReads++;
    await this.readHold;
    if (this.readError !== undefined) throw this.readError;
    return this.rows.filter((row) => this.show(row)).map((row) => ({ ...row }));
  }

  async history(brokerOrderId: string): Promise<BrokerOrderRow[]> {
    if (this.readError !== undefined) throw this.readError;
    return this.versions.filter((row) => row.brokerOrderId === brokerOrderId);
  }

  async trades(): Promise<TradeRecord[]> {
    if (this.readError !== undefined) throw this.readError;
    return this.tradeRows.map((trade) => ({ ...trade }));
  }

  async positions(): Promise<BrokerPosition[]> {
    if (this.readError !== undefined) throw this.readError;
    return this.positionRows.map((position) => ({ ...position }));
  }

  async orderMargins(orders: readonly OrderTerms[], compact: boolean): Promise<unknown> {
    return { account: this.account, orders: orders.length, compact };
  }

  async basketMargins(
    orders: readonly OrderTerms[],
    considerPositions: boolean,
    compact: boolean,
  ): Promise<unknown> {
    return { account: this.account, orders: orders.length, considerPositions, compact };
  }

  setAccessToken(): void {
    this.hasSession = true;
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  /** An order appears at the broker. */
  add(terms: OrderTerms, tag: string | null, fields: Partial<BrokerOrderRow> = {}): BrokerOrderRow {
    const brokerOrderId = String(260910000000000 + ++this.#number);
    const nowS = Math.floor(this.#clock.nowUs() / 1_000_000);
    const row: BrokerOrderRow = {
      account: this.account,
      brokerOrderId,
      exchangeOrderId: null,
      parentOrderId: null,
      status: this.placedStatus,
      statusMessage: null,
      quantity: terms.quantity,
      filledQuantity: 0,
      pendingQuantity: terms.quantity,
      cancelledQuantity: 0,
      averagePriceRupees: 0,
      priceRupees: terms.priceRupees ?? 0,
      triggerPriceRupees: terms.triggerPriceRupees ?? 0,
      orderType: terms.orderType,
      validity: terms.validity,
      orderTimeS: nowS,
      exchangeUpdateTimeS: nowS,
      meta: {},
      variety: terms.variety,
      exchange: terms.exchange,
      tradingsymbol: terms.tradingsymbol,
      instrumentToken: 1,
      transactionType: terms.transactionType,
      product: terms.product,
      disclosedQuantity: terms.disclosedQuantity ?? 0,
      validityTtl: terms.validityTtl ?? 0,
      marketProtection: terms.marketProtection ?? 0,
      tag,
      tags: tag === null ? [] : [tag],
      placedBy: this.account,
      ...fields,
    };
    this.rows.push(row);
    this.versions.push({ ...row });
    return row;
  }

  /** An order changes at the broker. */
  update(brokerOrderId: string, fields: Partial<BrokerOrderRow>): BrokerOrderRow {
    const row = this.rows.find((each) => each.brokerOrderId === brokerOrderId);
    if (row === undefined) throw new RangeError(`no order ${brokerOrderId}`);
    const nowS = Math.floor(this.#clock.nowUs() / 1_000_000);
    Object.assign(row, { exchangeUpdateTimeS: nowS, orderTimeS: nowS }, fields);
    this.versions.push({ ...row });
    return { ...row };
  }

  /** An order fills, in whole or in part. */
  fill(brokerOrderId: string, quantity: number, priceRupees: number): BrokerOrderRow {
    const row = this.rows.find((each) => each.brokerOrderId === brokerOrderId);
    if (row === undefined) throw new RangeError(`no order ${brokerOrderId}`);
    const filledQuantity = row.filledQuantity + quantity;
    return this.update(brokerOrderId, {
      filledQuantity,
      pendingQuantity: row.quantity - filledQuantity,
      averagePriceRupees: priceRupees,
      status: filledQuantity === row.quantity ? 'COMPLETE' : 'OPEN',
    });
  }

  /** The account holds so many units. */
  hold(exchange: string, tradingsymbol: string, product: string, netQuantity: number): void {
    this.positionRows = [
      {
        exchange,
        tradingsymbol,
        instrumentToken: 1,
        product,
        netQuantity,
        multiplier: 1,
        averagePriceRupees: 100,
        lastPriceRupees: 100,
        pnlRupees: 0,
        buyValueRupees: 0,
        sellValueRupees: 0,
      },
    ];
  }

  #outcome<Result>(fate: Fate, result: Result): CallOutcome<Result> {
    const { answer, message = answer } = fate;
    const evidence = this.#evidence(answer === 'unknown' ? null : 200);
    switch (answer) {
      case 'accepted':
        return { kind: 'accepted', result, evidence };
      case 'rejected':
      case 'throttled': {
        const isThrottled = answer === 'throttled';
        const code = fate.code ?? (isThrottled ? 'BROKER_BUDGET' : 'BROKER_REJECTED');
        const retryAfterMs = isThrottled ? 5_000 : null;
        return { kind: 'rejected', code, message, isThrottled, retryAfterMs, evidence };
      }
      case 'not-sent': {
        const code = fate.code ?? 'BROKER_UNREACHABLE';
        return { kind: 'not-sent', code, message, evidence: null };
      }
      case 'unknown':
        return { kind: 'unknown', code: fate.code ?? 'OUTCOME_UNKNOWN', message, evidence };
    }
  }

  #evidence(status: number | null): WireEvidence {
    const nowUs = this.#clock.nowUs();
    return {
      method: 'POST',
      path: '/orders/regular',
      requestBody: null,
      status,
      responseBody: null,
      sentUs: nowUs,
      answeredUs: nowUs,
    };
  }
}
