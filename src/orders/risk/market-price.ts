/* What a contract and an order are worth at the live market. */
import { isOption, type InstrumentType } from '../../domain/instrument.ts';
import type { MarketPrice, TradableContract } from '../../domain/order-market.ts';
import { AUTOMATIC_PROTECTION, isMarketType, type OrderTerms } from '../../domain/order-terms.ts';
import { roundedRupees } from '../../domain/price-ticks.ts';

/** Percent that the broker takes for automatic protection, by price (its support pages). */
type ProtectionTable = readonly (readonly [belowRupees: number, percent: number])[];

const SHARES_AND_FUTURES: ProtectionTable = [
  [100, 2],
  [500, 1],
  [Infinity, 0.5],
];
const OPTIONS: ProtectionTable = [
  [10, 5],
  [100, 3],
  [500, 2],
  [Infinity, 1],
];

/** Percent that a market order may go from its price. */
export function protectionPercent(
  type: InstrumentType,
  marketProtection: number | null,
  priceRupees: number,
): number {
  if (marketProtection === null) return 0;
  if (marketProtection !== AUTOMATIC_PROTECTION) return marketProtection;
  const table = isOption(type) ? OPTIONS : SHARES_AND_FUTURES;
  return table.find(([belowRupees]) => priceRupees < belowRupees)?.[1] ?? 0;
}

/**
 * The last price, but no further than the best bid and ask, since the last trade may be long ago;
 * without one the middle of the book. 0: neither is known.
 */
export function marketRupees({ lastRupees, bidRupees, askRupees }: MarketPrice): number {
  const isCrossed = bidRupees > 0 && askRupees > 0 && bidRupees > askRupees;
  if (lastRupees > 0) {
    if (isCrossed) return lastRupees;
    const notBelow = Math.max(lastRupees, bidRupees);
    return askRupees > 0 ? Math.min(notBelow, askRupees) : notBelow;
  }
  if (isCrossed) return 0;
  if (bidRupees > 0 && askRupees > 0) return roundedRupees((bidRupees + askRupees) / 2);
  return Math.max(bidRupees, askRupees, 0);
}

/**
 * The worst price at which an order may fill once it is live: its limit; of a market order the end
 * of its protection, counted from the trigger if it has one.
 */
export function worstRupees(
  terms: OrderTerms,
  contract: TradableContract,
  price: MarketPrice,
): number {
  const { orderType, transactionType, priceRupees, triggerPriceRupees, marketProtection } = terms;
  const isBuy = transactionType === 'BUY';
  if (!isMarketType(orderType)) return priceRupees ?? 0;
  const touch = isBuy ? price.askRupees : price.bidRupees;
  const market = touch > 0 ? touch : marketRupees(price);
  const base = orderType === 'SL-M' ? (triggerPriceRupees ?? market) : market;
  const percent = protectionPercent(contract.type, marketProtection, base);
  return roundedRupees(base * (1 + (isBuy ? percent : -percent) / 100));
}
