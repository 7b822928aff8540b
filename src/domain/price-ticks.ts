import { priceDivisor, SEGMENT } from './price-scale.ts';

/** Units of one rupee: the finest scale of the broker's prices, which holds all others. */
export const UNITS_PER_RUPEE = priceDivisor(SEGMENT.CDS);

/**
 * `rupees` in whole units. Undefined: it has more decimal places than the finest scale, or is too
 * large for a whole number. Exact: a whole number of units is found only if its quotient, which is
 * rounded correctly, is the very number given.
 */
export function priceUnits(rupees: number): number | undefined {
  const units = Math.round(rupees * UNITS_PER_RUPEE);
  if (!Number.isSafeInteger(units)) return undefined;
  return units / UNITS_PER_RUPEE === rupees ? units : undefined;
}

/** The price nearest to `rupees` that has no more places than the finest scale. */
export function roundedRupees(rupees: number): number {
  return Math.round(rupees * UNITS_PER_RUPEE) / UNITS_PER_RUPEE;
}

/** True: a price is so many whole ticks. Both in rupees. */
export function isOnTick(priceRupees: number, tickRupees: number): boolean {
  const price = priceUnits(priceRupees);
  const tick = priceUnits(tickRupees);
  return price !== undefined && tick !== undefined && tick > 0 && price % tick === 0;
}
