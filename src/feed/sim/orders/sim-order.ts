import { istTime } from '../ist-time.ts';
import type { OrderChange, OrderTerms, OrderType, Validity } from './order-terms.ts';
import type { SimTrade } from './sim-trade.ts';

export type OrderStatus =
  | 'PUT ORDER REQ RECEIVED'
  | 'AMO REQ RECEIVED'
  | 'VALIDATION PENDING'
  | 'OPEN PENDING'
  | 'OPEN'
  | 'TRIGGER PENDING'
  | 'MODIFY VALIDATION PENDING'
  | 'MODIFY PENDING'
  | 'MODIFIED'
  | 'CANCEL PENDING'
  | 'COMPLETE'
  | 'CANCELLED'
  | 'REJECTED';

/** An order as the broker's book shows it. */
export type OrderRow = Readonly<Record<string, unknown>>;

/** The order as it was from an instant on; times are epoch microseconds. */
export interface OrderVersion {
  timeUs: number;
  status: OrderStatus;
  row: OrderRow;
}

export interface OrderOrigin {
  id: string;
  account: string;
  /** IST day of the order book it belongs to. */
  day: string;
  placedUs: number;
  /** Placed from another terminal, not over the API. */
  isExternal: boolean;
  parentId: string | null;
  /** Beside the user's own tag. */
  systemTags: readonly string[];
}

/** All of an order that changes, as it is kept for another run. */
export interface OrderState {
  status: OrderStatus;
  statusMessage: string | null;
  statusMessageRaw: string | null;
  orderType: OrderType;
  quantity: number;
  pricePaise: number;
  triggerPaise: number;
  disclosedQuantity: number;
  validity: Validity;
  ttlMinutes: number;
  marketProtection: number;
  exchangeOrderId: string | null;
  filled: number;
  filledValuePaise: number;
  cancelled: number;
  protectedLimitPaise: number;
  protectionTag: string | null;
  isTriggered: boolean;
  isWorking: boolean;
  isModified: boolean;
  modifications: number;
  asked: OrderChange | null;
  visibleFromUs: number;
  updatedUs: number;
  exchangeUs: number | null;
}

/** Where an iceberg order stands: its legs are orders of their own. */
export interface IcebergLeg {
  leg: number;
  legs: number;
  legQuantity: number;
  totalQuantity: number;
}

const TERMINAL: ReadonlySet<OrderStatus> = new Set(['COMPLETE', 'CANCELLED', 'REJECTED']);

/** One order with its whole history. Quantities: filled + pending + cancelled = ordered. */
export class SimOrder {
  readonly origin: OrderOrigin;
  readonly terms: OrderTerms;
  readonly iceberg: IcebergLeg | null;
  readonly history: OrderVersion[] = [];
  readonly trades: SimTrade[] = [];
  orderType: OrderType;
  quantity: number;
  pricePaise: number;
  triggerPaise: number;
  disclosedQuantity: number;
  validity: Validity;
  ttlMinutes: number;
  marketProtection: number;
  status: OrderStatus = 'PUT ORDER REQ RECEIVED';
  statusMessage: string | null = null;
  statusMessageRaw: string | null = null;
  exchangeOrderId: string | null = null;
  filled = 0;
  filledValuePaise = 0;
  cancelled = 0;
  /** Set for a market order with protection: the limit it became. */
  protectedLimitPaise = 0;
  protectionTag: string | null = null;
  isTriggered = false;
  /** In the exchange's book, so that it can trade. */
  isWorking = false;
  isModified = false;
  modifications = 0;
  /** The change that is on its way to the exchange. */
  asked: OrderChange | null = null;
  /** From when on the broker's book shows it; epoch µs. */
  visibleFromUs: number;
  updatedUs: number;
  #exchangeUs: number | null = null;
  readonly #onKept: (order: SimOrder, trade: SimTrade | null) => void;

  /** `onKept`: told of every version, and of the trade that made it, before anybody else. */
  constructor(
    origin: OrderOrigin,
    terms: OrderTerms,
    iceberg: IcebergLeg | null,
    onKept: (order: SimOrder, trade: SimTrade | null) => void,
  ) {
    this.#onKept = onKept;
    this.origin = origin;
    this.terms = terms;
    this.iceberg = iceberg;
    this.orderType = terms.orderType;
    this.quantity = iceberg === null ? terms.quantity : iceberg.legQuantity;
    this.pricePaise = terms.pricePaise;
    this.triggerPaise = terms.triggerPaise;
    this.disclosedQuantity = terms.disclosedQuantity;
    this.validity = terms.validity;
    this.ttlMinutes = terms.ttlMinutes;
    this.marketProtection = terms.marketProtection;
    this.visibleFromUs = origin.placedUs;
    this.updatedUs = origin.placedUs;
  }

  get id(): string {
    return this.origin.id;
  }

  get isTerminal(): boolean {
    return TERMINAL.has(this.status);
  }

  get pending(): number {
    return this.quantity - this.filled - this.cancelled;
  }

  /** The worst price it trades at; null: any. */
  get limitPaise(): number | null {
    if (this.protectedLimitPaise > 0) return this.protectedLimitPaise;
    return this.orderType === 'LIMIT' || this.orderType === 'SL' ? this.pricePaise : null;
  }

  /** Takes the next status and keeps the version. A terminal order has no next one. */
  enter(status: OrderStatus, nowUs: number, trade: SimTrade | null = null): void {
    if (this.isTerminal) throw new Error(`order ${this.id} is ${this.status}, not ${status}`);
    this.status = status;
    if (TERMINAL.has(status)) {
      this.isWorking = false;
      this.cancelled = status === 'CANCELLED' ? this.quantity - this.filled : 0;
    }
    this.keep(nowUs, trade);
  }

  /** Keeps the order as it now is as its newest version. */
  keep(nowUs: number, trade: SimTrade | null = null): void {
    this.updatedUs = nowUs;
    // A cancellation leaves the time at the exchange as it was.
    const isTouched = this.exchangeOrderId !== null && !this.status.startsWith('CANCEL');
    if (isTouched) this.#exchangeUs = nowUs;
    this.history.push({ timeUs: nowUs, status: this.status, row: this.#row() });
    this.#onKept(this, trade);
  }

  state(): OrderState {
    return {
      status: this.status,
      statusMessage: this.statusMessage,
      statusMessageRaw: this.statusMessageRaw,
      orderType: this.orderType,
      quantity: this.quantity,
      pricePaise: this.pricePaise,
      triggerPaise: this.triggerPaise,
      disclosedQuantity: this.disclosedQuantity,
      validity: this.validity,
      ttlMinutes: this.ttlMinutes,
      marketProtection: this.marketProtection,
      exchangeOrderId: this.exchangeOrderId,
      filled: this.filled,
      filledValuePaise: this.filledValuePaise,
      cancelled: this.cancelled,
      protectedLimitPaise: this.protectedLimitPaise,
      protectionTag: this.protectionTag,
      isTriggered: this.isTriggered,
      isWorking: this.isWorking,
      isModified: this.isModified,
      modifications: this.modifications,
      asked: this.asked,
      visibleFromUs: this.visibleFromUs,
      updatedUs: this.updatedUs,
      exchangeUs: this.#exchangeUs,
    };
  }

  /** Takes a state of another run as the newest version; nobody is told. */
  restore({ exchangeUs, ...state }: OrderState): void {
    Object.assign(this, state);
    this.#exchangeUs = exchangeUs;
    this.history.push({ timeUs: state.updatedUs, status: state.status, row: this.#row() });
  }

  fill(trade: SimTrade, nowUs: number): void {
    this.filled += trade.quantity;
    this.filledValuePaise += trade.quantity * trade.pricePaise;
    this.trades.push(trade);
    if (this.pending === 0) this.enter('COMPLETE', nowUs, trade);
    else this.keep(nowUs, trade);
  }

  change(change: OrderChange): void {
    this.orderType = change.orderType ?? this.orderType;
    this.quantity = change.quantity ?? this.quantity;
    this.pricePaise = change.pricePaise ?? this.pricePaise;
    this.triggerPaise = change.triggerPaise ?? this.triggerPaise;
    this.disclosedQuantity = change.disclosedQuantity ?? this.disclosedQuantity;
    this.validity = change.validity ?? this.validity;
    this.ttlMinutes = change.ttlMinutes ?? this.ttlMinutes;
    this.marketProtection = change.marketProtection ?? this.marketProtection;
    this.isModified = true;
  }

  /** The newest version that existed at an instant and that the book showed then. */
  versionAt(timeUs: number): OrderVersion | undefined {
    if (timeUs < this.visibleFromUs) return undefined;
    return this.history.findLast((version) => version.timeUs <= timeUs);
  }

  #row(): OrderRow {
    const { origin, terms } = this;
    const { spec } = terms.instrument;
    const tags = [terms.tag, this.protectionTag === null ? null : 'mktp', this.protectionTag]
      .filter((tag) => tag !== null)
      .concat(origin.systemTags);
    const updated = istTime(this.updatedUs / 1000);
    const isAtExchange = this.#exchangeUs !== null;
    return {
      account_id: origin.account,
      placed_by: origin.account,
      order_id: origin.id,
      exchange_order_id: this.exchangeOrderId,
      parent_order_id: origin.parentId,
      status: this.status,
      status_message: this.statusMessage,
      status_message_raw: this.statusMessageRaw,
      order_timestamp: isAtExchange ? updated : istTime(origin.placedUs / 1000),
      exchange_update_timestamp: isAtExchange ? updated : null,
      exchange_timestamp: this.#exchangeUs === null ? null : istTime(this.#exchangeUs / 1000),
      variety: terms.variety,
      modified: this.isModified,
      exchange: spec.exchange,
      tradingsymbol: spec.tradingsymbol,
      instrument_token: spec.token,
      order_type: this.protectedLimitPaise > 0 ? 'LIMIT' : this.orderType,
      transaction_type: terms.side,
      validity: this.validity,
      validity_ttl: this.ttlMinutes,
      product: terms.product,
      quantity: this.quantity,
      disclosed_quantity: this.disclosedQuantity,
      price: (this.protectedLimitPaise > 0 ? this.protectedLimitPaise : this.pricePaise) / 100,
      trigger_price: this.triggerPaise / 100,
      average_price: this.filled === 0 ? 0 : this.filledValuePaise / this.filled / 100,
      filled_quantity: this.filled,
      pending_quantity: this.pending,
      cancelled_quantity: this.cancelled,
      market_protection: this.marketProtection,
      meta: this.iceberg === null ? {} : { iceberg: this.#icebergMeta(this.iceberg) },
      tag: terms.tag,
      ...(tags.length > 0 && { tags }),
      ...(terms.auctionNumber !== null && { auction_number: terms.auctionNumber }),
      guid: null,
    };
  }

  #icebergMeta({ leg, legs, legQuantity, totalQuantity }: IcebergLeg): object {
    const before = Math.min(totalQuantity, (leg - 1) * this.terms.icebergQuantity);
    return {
      leg,
      legs,
      leg_quantity: legQuantity,
      total_quantity: totalQuantity,
      remaining_quantity: totalQuantity - before - legQuantity,
    };
  }
}
