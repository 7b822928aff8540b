import type { SimInstrument } from '../sim-instrument.ts';
import type { MarketDepth } from './market-depth.ts';
import type { OrderTerms, Product } from './order-terms.ts';
import { Position, settlementOf } from './position.ts';
import { fundsRefusal, OrderRefusal } from './refusal.ts';
import { requirementOf, sumOf, totalOf } from './requirement.ts';
import type { Engagement, Requirement } from './requirement.ts';
import type { SimOrder } from './sim-order.ts';
import type { SimTrade } from './sim-trade.ts';

/** Rupees that every account begins with. */
const OPENING_PAISE = 1_000_000 * 100;

/** Money of an account, in paise. */
export interface Funds extends Requirement {
  opening: number;
  payin: number;
  /** Profit of margined positions: closed, and still open at the last price. */
  realised: number;
  unrealised: number;
  /** Bound and spent, losses included. */
  debits: number;
  /** What is left. */
  net: number;
}

/** Positions and cash as they are kept for another run; contracts by key. */
export interface PortfolioState {
  account: string;
  openingPaise: number;
  payinPaise: number;
  positions: SavedPosition[];
}

export interface SavedPosition {
  instrument: string;
  product: Product;
  overnightQuantity: number;
  overnightPaise: number;
  dayBuyQuantity: number;
  dayBuyValue: number;
  daySellQuantity: number;
  daySellValue: number;
}

/** Positions and funds of one account: what its trades have made, and what its orders bind. */
export class Portfolio {
  readonly #depth: MarketDepth;
  readonly #positions = new Map<string, Position>();
  #openingPaise = OPENING_PAISE;
  #payinPaise = 0;

  constructor(depth: MarketDepth) {
    this.#depth = depth;
  }

  positions(): Position[] {
    return [...this.#positions.values()];
  }

  state(account: string): PortfolioState {
    return {
      account,
      openingPaise: this.#openingPaise,
      payinPaise: this.#payinPaise,
      positions: this.positions().map(({ instrument, product, ...quantities }) => ({
        instrument: instrument.key,
        product,
        ...quantities,
      })),
    };
  }

  /** Takes what another run kept in place of what is there; returns how many contracts exist. */
  restore(state: PortfolioState, find: (key: string) => SimInstrument | undefined): number {
    this.#openingPaise = state.openingPaise;
    this.#payinPaise = state.payinPaise;
    this.#positions.clear();
    for (const { instrument: key, product, ...quantities } of state.positions) {
      const instrument = find(key);
      if (instrument === undefined) continue;
      Object.assign(this.#position(instrument, product), quantities);
    }
    return this.#positions.size;
  }

  /** The positions as they were after only some of the day's trades. */
  positionsAfter(trades: readonly SimTrade[]): Position[] {
    const earlier = new Map<string, Position>();
    for (const [key, { instrument, product, ...carried }] of this.#positions) {
      const position = new Position(instrument, product);
      position.overnightQuantity = carried.overnightQuantity;
      position.overnightPaise = carried.overnightPaise;
      earlier.set(key, position);
    }
    for (const { terms, quantity, pricePaise } of trades) {
      earlier.get(keyOf(terms.instrument, terms.product))?.trade(terms.side, quantity, pricePaise);
    }
    return [...earlier.values()].filter(
      ({ buyQuantity, sellQuantity }) => buyQuantity + sellQuantity > 0,
    );
  }

  quantityOf(instrument: SimInstrument, product: Product): number {
    return this.#positions.get(keyOf(instrument, product))?.quantity ?? 0;
  }

  trade({ terms, quantity, pricePaise }: SimTrade): void {
    this.#position(terms.instrument, terms.product).trade(terms.side, quantity, pricePaise);
  }

  /** The account's cash from now on is so much more or less than its trades would make it. */
  setCash(paise: number): void {
    this.#payinPaise = paise - this.#openingPaise;
  }

  /** Funds with the orders that may still trade; `terms`: and one more that is asked for. */
  funds(open: Iterable<SimOrder>, terms?: readonly OrderTerms[]): Funds {
    const needs = this.engagements(open, terms).map((each) => requirementOf(each, this.#depth));
    const requirement = sumOf(needs);
    const margined = this.positions().filter(
      ({ instrument, product }) => settlementOf(instrument, product) === 'margin',
    );
    const realised = margined.reduce((sum, { realised: profit }) => sum + profit, 0);
    const unrealised = margined.reduce((sum, { unrealised: profit }) => sum + profit, 0);
    const debits = totalOf(requirement) - realised - Math.min(0, unrealised);
    return {
      ...requirement,
      opening: this.#openingPaise,
      payin: this.#payinPaise,
      realised,
      unrealised,
      debits,
      net: this.#openingPaise + this.#payinPaise - debits,
    };
  }

  /** Throws OrderRefusal when funds or holdings do not suffice for one more order. */
  check(terms: OrderTerms, open: readonly SimOrder[]): void {
    this.checkHoldings(terms, open);
    const before = this.funds(open).net;
    const required = before - this.funds(open, [terms]).net;
    if (required > 0 && required > before) throw fundsRefusal(required, before);
  }

  /** Delivery sells what is there: short selling needs another product. */
  checkHoldings(terms: OrderTerms, open: readonly SimOrder[]): void {
    const { side, product, instrument, quantity } = terms;
    if (side !== 'SELL' || (product !== 'CNC' && product !== 'MTF')) return;
    if (terms.variety === 'auction') return;
    const [engagement] = this.engagements(open, [terms]).filter(
      (each) => each.instrument === instrument && each.product === product,
    );
    const free = (engagement?.quantity ?? 0) - (engagement?.pendingSell ?? 0) + quantity;
    if (quantity <= free) return;
    throw new OrderRefusal(
      400,
      'HoldingException',
      `Insufficient holdings. Required quantity is ${quantity} but available is ${free}.`,
    );
  }

  engagements(open: Iterable<SimOrder>, terms: readonly OrderTerms[] = []): Engagement[] {
    const engagements = new Map<string, Engagement>();
    const of = (instrument: SimInstrument, product: Product): Engagement => {
      const key = keyOf(instrument, product);
      let found = engagements.get(key);
      if (found === undefined) {
        const position = this.#positions.get(key);
        found = {
          instrument,
          product,
          quantity: position?.quantity ?? 0,
          dayFlow: position === undefined ? 0 : position.dayBuyValue - position.daySellValue,
          pendingBuy: 0,
          pendingBuyValue: 0,
          pendingSell: 0,
        };
        engagements.set(key, found);
      }
      return found;
    };
    for (const { instrument, product } of this.#positions.values()) of(instrument, product);
    for (const order of open) {
      this.#pend(of(order.terms.instrument, order.terms.product), order.terms, {
        units: order.pending,
        limitPaise: order.limitPaise,
      });
    }
    for (const each of terms) {
      const limitPaise = each.pricePaise === 0 ? null : each.pricePaise;
      this.#pend(of(each.instrument, each.product), each, { units: each.quantity, limitPaise });
    }
    return [...engagements.values()];
  }

  /** Contracts that have expired are settled; returns how many positions that ended. */
  settleExpired(): number {
    let settled = 0;
    for (const [key, position] of this.#positions) {
      if (!position.instrument.isExpired) continue;
      const { quantity } = position;
      settled++;
      if (quantity !== 0) {
        const side = quantity > 0 ? 'SELL' : 'BUY';
        position.trade(side, Math.abs(quantity), settlementPaise(position.instrument));
      }
      this.#openingPaise += position.endDay();
      this.#positions.delete(key);
    }
    return settled;
  }

  /** Ends the trading day: cash takes what the day made, what is held is carried on. */
  endDay(): void {
    for (const [key, position] of this.#positions) {
      this.#openingPaise += Math.round(position.endDay());
      if (position.quantity === 0) this.#positions.delete(key);
    }
    this.#openingPaise += this.#payinPaise;
    this.#payinPaise = 0;
  }

  #pend(
    engagement: Engagement,
    { side, instrument }: OrderTerms,
    { units, limitPaise }: { units: number; limitPaise: number | null },
  ): void {
    if (side === 'SELL') {
      engagement.pendingSell += units;
      return;
    }
    engagement.pendingBuy += units;
    const paise = limitPaise ?? this.#depth.referencePaise(instrument);
    engagement.pendingBuyValue += Math.round(units * paise);
  }

  #position(instrument: SimInstrument, product: Product): Position {
    const key = keyOf(instrument, product);
    let position = this.#positions.get(key);
    if (position === undefined) {
      position = new Position(instrument, product);
      this.#positions.set(key, position);
    }
    return position;
  }
}

function keyOf(instrument: SimInstrument, product: Product): string {
  return `${instrument.key}/${product}`;
}

/** What an expired contract is worth: the underlying, or what an option is in the money by it. */
function settlementPaise({ spec, settlementSpotPaise }: SimInstrument): number {
  if (spec.strikePaise === 0) return Math.round(settlementSpotPaise);
  const inTheMoney =
    spec.type === 'CE'
      ? settlementSpotPaise - spec.strikePaise
      : spec.strikePaise - settlementSpotPaise;
  return Math.max(0, Math.round(inTheMoney));
}
