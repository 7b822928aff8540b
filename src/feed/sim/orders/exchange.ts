import type { Clock, TimerHandle } from '../../../domain/clock.ts';
import { protectedLimitPaise, protectionPercent } from './market-protection.ts';
import { REFILL_MS } from './market-depth.ts';
import type { MarketDepth } from './market-depth.ts';
import { hasTrigger, isMarketType } from './order-terms.ts';
import type { OrderFaults } from './order-faults.ts';
import type { SimOrder } from './sim-order.ts';
import type { SimTrade } from './sim-trade.ts';

/** Options: a price this far on the wrong side of the reference is refused. */
const PROTECTED_ABOVE_PAISE = 5000;
const PROTECTED_FRACTION = 0.4;
const PROTECTED_ROOM_PAISE = 2000;

const FIRST_TRADE = 10_000_000;
const FIRST_ORDER = 1e14;

/** Of a trade id, from 1. */
export function tradeNumber(id: string): number {
  return Number(id) - FIRST_TRADE;
}

/** Of an order's id at the exchange, from 1; 0 for none. */
export function exchangeOrderNumber(id: string | null): number {
  return id === null ? 0 : Number(id.slice(1)) - FIRST_ORDER;
}

/** Told of what the exchange does. */
export interface ExchangeListener {
  onTrade(order: SimOrder, trade: SimTrade): void;
  /** After one or more trades of the order at one time. */
  onFilled(order: SimOrder): void;
  /** A stop order has been triggered. */
  onTriggered(order: SimOrder): void;
  /** The contract of a waiting order has expired. */
  onExpired(order: SimOrder): void;
}

/**
 * Matches orders with the book of the simulated market: on arrival and every 100 ms while any order
 * waits, best price first, then oldest. Orders do not meet each other and do not move the market.
 */
export class Exchange {
  readonly #clock: Clock;
  readonly #depth: MarketDepth;
  readonly #faults: OrderFaults;
  readonly #listener: ExchangeListener;
  readonly #working = new Set<SimOrder>();
  #timer: TimerHandle | null = null;
  #lastTrade = 0;
  #lastOrder = 0;
  isOpen = true;

  constructor(clock: Clock, depth: MarketDepth, faults: OrderFaults, listener: ExchangeListener) {
    this.#clock = clock;
    this.#depth = depth;
    this.#faults = faults;
    this.#listener = listener;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** A reason to refuse a price, or null. The text is the broker's, misleading as it is. */
  priceRefusal(order: SimOrder): string | null {
    const { instrument, side } = order.terms;
    const limit = order.limitPaise;
    if (limit === null || instrument.spec.strikePaise === 0) return null;
    const reference = this.#depth.referencePaise(instrument);
    const room =
      reference > PROTECTED_ABOVE_PAISE ? reference * PROTECTED_FRACTION : PROTECTED_ROOM_PAISE;
    const isBeyond = side === 'BUY' ? limit > reference + room : limit < reference - room;
    return isBeyond ? 'Price exceeds circuit limits for the instrument.' : null;
  }

  /** Takes an order in; it has its number at the exchange from here on, and may trade later. */
  admit(order: SimOrder): void {
    this.#lastOrder++;
    order.exchangeOrderId = `1${String(FIRST_ORDER + this.#lastOrder).padStart(15, '0')}`;
    this.#protect(order);
    order.isWorking = order.terms.variety !== 'auction';
    if (order.isWorking) this.resume(order);
  }

  /** Takes a working order of a run before in again, or one that works from now on. */
  resume(order: SimOrder): void {
    this.#working.add(order);
    this.#timer ??= this.#clock.setInterval(() => this.#step(), REFILL_MS);
  }

  /** The last numbers that orders and trades got. */
  get numbers(): { exchangeOrder: number; trade: number } {
    return { exchangeOrder: this.#lastOrder, trade: this.#lastTrade };
  }

  takeOverNumbers({ exchangeOrder, trade }: { exchangeOrder: number; trade: number }): void {
    this.#lastOrder = exchangeOrder;
    this.#lastTrade = trade;
  }

  /** After a change of its terms: a limit of its own, or a new protected one. */
  repriced(order: SimOrder): void {
    order.protectedLimitPaise = 0;
    order.protectionTag = null;
    this.#protect(order);
  }

  /** Trades what an order can trade now; true if it did. */
  match(order: SimOrder): boolean {
    if (!this.isOpen || !order.isWorking || !this.#isActive(order)) return false;
    const { instrument, side } = order.terms;
    const nowMs = this.#clock.monotonicMs();
    let allowed = this.#allowance(order, nowMs);
    let hasTraded = false;
    for (const level of this.#depth.against(instrument, side, nowMs)) {
      if (isWorse(order, level.pricePaise)) break;
      const quantity = Math.min(order.pending, level.quantity, allowed);
      if (quantity <= 0) break;
      allowed -= quantity;
      this.#depth.take(instrument, side, nowMs, level.pricePaise, quantity);
      this.#trade(order, quantity, level.pricePaise);
      hasTraded = true;
      if (order.isTerminal) break;
    }
    if (hasTraded) this.#listener.onFilled(order);
    return hasTraded;
  }

  #step(): void {
    for (const order of this.#working) {
      if (order.isWorking && order.terms.instrument.isExpired) this.#listener.onExpired(order);
      if (!order.isWorking) this.#working.delete(order);
    }
    if (this.#working.size === 0) {
      this.stop();
      return;
    }
    const orders = [...this.#working];
    orders.sort((left, right) => urgency(right) - urgency(left));
    for (const order of orders) this.match(order);
  }

  #trade(order: SimOrder, quantity: number, pricePaise: number): void {
    const timeUs = this.#clock.nowUs();
    const trade: SimTrade = {
      id: String(FIRST_TRADE + ++this.#lastTrade),
      orderId: order.id,
      exchangeOrderId: order.exchangeOrderId ?? '',
      terms: order.terms,
      quantity,
      pricePaise,
      timeUs,
    };
    order.fill(trade, timeUs);
    this.#listener.onTrade(order, trade);
  }

  /** A market order trades up to a limit: the protection that it carries. */
  #protect(order: SimOrder): void {
    const { instrument, side } = order.terms;
    if (!isMarketType(order.orderType) || order.marketProtection === 0) return;
    const reference = this.#depth.referencePaise(instrument);
    const percent = protectionPercent(instrument, order.marketProtection, reference);
    // The protection of a stop order starts where it is triggered.
    if (hasTrigger(order.orderType) && !order.isTriggered) return;
    order.protectedLimitPaise = protectedLimitPaise(instrument, side, percent, reference);
    order.protectionTag = `mktp:${percent.toFixed(2)}`;
  }

  /** A stop order is active once the market has reached its trigger. */
  #isActive(order: SimOrder): boolean {
    if (!hasTrigger(order.orderType) || order.isTriggered) return true;
    const { instrument, side } = order.terms;
    const last = this.#depth.referencePaise(instrument);
    const isReached = side === 'BUY' ? last >= order.triggerPaise : last <= order.triggerPaise;
    if (!isReached) return false;
    order.isTriggered = true;
    this.#protect(order);
    this.#listener.onTriggered(order);
    return true;
  }

  #allowance(order: SimOrder, nowMs: number): number {
    const { account } = order.origin;
    const limit = this.#faults.setting('limit_fills', 'max_quantity', account, nowMs);
    if (typeof limit !== 'number') return Infinity;
    const { lotSize } = order.terms.instrument.spec;
    return Math.floor(limit / lotSize) * lotSize;
  }
}

function isWorse(order: SimOrder, pricePaise: number): boolean {
  const limit = order.limitPaise;
  if (limit === null) return false;
  return order.terms.side === 'BUY' ? pricePaise > limit : pricePaise < limit;
}

/** Larger trades first: a market order, then the buyer who pays more or the seller for less. */
function urgency(order: SimOrder): number {
  const limit = order.limitPaise;
  if (limit === null) return Number.MAX_SAFE_INTEGER;
  return order.terms.side === 'BUY' ? limit : -limit;
}
