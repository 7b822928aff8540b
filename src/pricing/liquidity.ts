/*
 * How well one instrument can be traded, from five levels of its book: prices in rupees, quantities
 * in units. Levels without a price or a quantity do not count. A side that is empty leaves what
 * needs both sides undefined (NaN).
 */

export interface BookSide {
  /** Best first. */
  readonly prices: ArrayLike<number>;
  readonly quantities: ArrayLike<number>;
  readonly orders: ArrayLike<number>;
}

export type LiquidityTier = 'HIGH' | 'MEDIUM' | 'LOW' | 'ILLIQUID';

export type LiquidityFlag =
  'WIDE_SPREAD' | 'THIN_DEPTH' | 'FEW_ORDERS' | 'IMBALANCED' | 'THIN_BEST_LEVEL';

export interface Liquidity {
  readonly spread: number;
  /** Percent of the mid. */
  readonly spreadPercent: number;
  readonly mid: number;
  /** Mean of all levels' prices, weighted by their quantities. */
  readonly weightedMid: number;
  /** Best bid and ask, each weighted by the quantity of the other side. */
  readonly microprice: number;
  readonly bidQuantity: number;
  readonly askQuantity: number;
  /** Sum of price times quantity. */
  readonly bidValue: number;
  readonly askValue: number;
  readonly bestBidQuantity: number;
  readonly bestAskQuantity: number;
  readonly bidOrders: number;
  readonly askOrders: number;
  /** Quantity an order. */
  readonly averageBidOrder: number;
  readonly averageAskOrder: number;
  /** Bid quantity over ask quantity. */
  readonly imbalanceRatio: number;
  /** 100 (bid - ask) / (bid + ask) of quantities. */
  readonly imbalancePercent: number;
  /** The same of orders and of values. */
  readonly orderImbalancePercent: number;
  readonly valueImbalancePercent: number;
  /**
   * -1 (sellers) to 1 (buyers): (bid - ask) / (bid + ask) of quantities weighted by 1 / level, the
   * best level being 1.
   */
  readonly bookPressure: number;
  /** Buying so many units now: the average fill above the mid; NaN: the book has not so many. */
  readonly impact100: number;
  readonly impact500: number;
  /** Twice the distance of the last price to the mid. */
  readonly effectiveSpread: number;
  /** Share of the quantities that stands at the best levels, percent. */
  readonly concentrationPercent: number;
  /** 0 to 100. */
  readonly score: number;
  readonly tier: LiquidityTier;
  readonly flags: readonly LiquidityFlag[];
}

const WEIGHTS = { spread: 0.4, depth: 0.3, orders: 0.2, balance: 0.1 };
const SCORE_LOSS_PER_SPREAD_PERCENT = 200;
const DEPTH_PER_SCORE = 10;
const SCORE_LOSS_PER_IMBALANCE_PERCENT = 2;
const TIERS: readonly [tier: LiquidityTier, from: number][] = [
  ['HIGH', 80],
  ['MEDIUM', 60],
  ['LOW', 40],
];
const WIDE_SPREAD_PERCENT = 0.5;
const THIN_DEPTH = 500;
const FEW_ORDERS = 50;
const IMBALANCED_PERCENT = 20;
const THIN_BEST_LEVEL = 50;

/** What one side adds up to. */
interface SideSums {
  best: number;
  bestQuantity: number;
  quantity: number;
  value: number;
  orders: number;
  /** Quantities weighted by 1 / level. */
  pressure: number;
}

/** Measures of a book; `lastPrice` 0 or NaN: never traded. */
export function liquidityOf(bids: BookSide, asks: BookSide, lastPrice: number): Liquidity {
  const bid = sumsOf(bids);
  const ask = sumsOf(asks);
  const spread = ask.best - bid.best;
  const mid = (bid.best + ask.best) / 2;
  const spreadPercent = (100 * spread) / mid;
  const quantity = bid.quantity + ask.quantity;
  const imbalancePercent = imbalance(bid.quantity, ask.quantity);
  const score = scoreOf(spreadPercent, quantity, bid.orders + ask.orders, imbalancePercent);
  return {
    spread,
    spreadPercent,
    mid,
    weightedMid: quotient(bid.value + ask.value, quantity),
    microprice: quotient(
      bid.best * ask.bestQuantity + ask.best * bid.bestQuantity,
      bid.bestQuantity + ask.bestQuantity,
    ),
    bidQuantity: bid.quantity,
    askQuantity: ask.quantity,
    bidValue: bid.value,
    askValue: ask.value,
    bestBidQuantity: bid.bestQuantity,
    bestAskQuantity: ask.bestQuantity,
    bidOrders: bid.orders,
    askOrders: ask.orders,
    averageBidOrder: quotient(bid.quantity, bid.orders),
    averageAskOrder: quotient(ask.quantity, ask.orders),
    imbalanceRatio: quotient(bid.quantity, ask.quantity),
    imbalancePercent,
    orderImbalancePercent: imbalance(bid.orders, ask.orders),
    valueImbalancePercent: imbalance(bid.value, ask.value),
    bookPressure: imbalance(bid.pressure, ask.pressure) / 100,
    impact100: buyImpact(asks, mid, 100),
    impact500: buyImpact(asks, mid, 500),
    effectiveSpread: lastPrice > 0 ? 2 * Math.abs(lastPrice - mid) : Number.NaN,
    concentrationPercent: quotient(100 * (bid.bestQuantity + ask.bestQuantity), quantity),
    score,
    tier: TIERS.find(([, from]) => score >= from)?.[0] ?? 'ILLIQUID',
    flags: flagsOf(bid, ask, spreadPercent, imbalancePercent),
  };
}

function sumsOf(side: BookSide): SideSums {
  const none = { quantity: 0, value: 0, orders: 0, pressure: 0 };
  const sums: SideSums = { best: Number.NaN, bestQuantity: 0, ...none };
  for (let i = 0; i < side.prices.length; i++) {
    const price = side.prices[i]!;
    const quantity = side.quantities[i]!;
    if (!(price > 0 && quantity > 0)) continue;
    if (Number.isNaN(sums.best)) {
      sums.best = price;
      sums.bestQuantity = quantity;
    }
    sums.quantity += quantity;
    sums.value += price * quantity;
    sums.orders += side.orders[i]!;
    sums.pressure += quantity / (i + 1);
  }
  return sums;
}

function quotient(dividend: number, divisor: number): number {
  return divisor > 0 ? dividend / divisor : Number.NaN;
}

/** Percent; two empty sides are not out of balance but unknown. */
function imbalance(bid: number, ask: number): number {
  return quotient(100 * (bid - ask), bid + ask);
}

/** Average price of buying `units` from the book, less the mid. */
function buyImpact(asks: BookSide, mid: number, units: number): number {
  let left = units;
  let cost = 0;
  for (let i = 0; i < asks.prices.length && left > 0; i++) {
    const price = asks.prices[i]!;
    if (!(price > 0)) continue;
    const taken = Math.min(left, asks.quantities[i]!);
    cost += taken * price;
    left -= taken;
  }
  return left > 0 ? Number.NaN : cost / units - mid;
}

/** A book without both sides has a score of 0. */
function scoreOf(
  spreadPercent: number,
  quantity: number,
  orders: number,
  imbalancePercent: number,
): number {
  if (Number.isNaN(spreadPercent)) return 0;
  return (
    WEIGHTS.spread * clamped(100 - SCORE_LOSS_PER_SPREAD_PERCENT * spreadPercent) +
    WEIGHTS.depth * clamped(quantity / DEPTH_PER_SCORE) +
    WEIGHTS.orders * clamped(orders) +
    WEIGHTS.balance * clamped(100 - SCORE_LOSS_PER_IMBALANCE_PERCENT * Math.abs(imbalancePercent))
  );
}

function clamped(score: number): number {
  return Math.min(Math.max(score, 0), 100);
}

function flagsOf(
  bid: SideSums,
  ask: SideSums,
  spreadPercent: number,
  imbalancePercent: number,
): LiquidityFlag[] {
  const flags: LiquidityFlag[] = [];
  // What is undefined is no better than what is bad.
  if (!(spreadPercent <= WIDE_SPREAD_PERCENT)) flags.push('WIDE_SPREAD');
  if (bid.quantity + ask.quantity < THIN_DEPTH) flags.push('THIN_DEPTH');
  if (bid.orders + ask.orders < FEW_ORDERS) flags.push('FEW_ORDERS');
  if (!(Math.abs(imbalancePercent) <= IMBALANCED_PERCENT)) flags.push('IMBALANCED');
  if (Math.min(bid.bestQuantity, ask.bestQuantity) < THIN_BEST_LEVEL) flags.push('THIN_BEST_LEVEL');
  return flags;
}
