import type { RiskDecision } from '../../domain/order-record.ts';

/** What the checks saw, by name with the unit in it; the names are those of the wire. */
export type RiskNumbers = Record<string, number | string | null>;

/** What one unit of the order is taken to be worth, rupees. */
export const REFERENCE_PRICE = 'reference_price_rupees';

/** What the checks took one unit to be worth; undefined: they did not come so far. */
export function referencePriceRupees(
  decision: Pick<RiskDecision, 'numbers'> | null,
): number | undefined {
  const price = decision?.numbers[REFERENCE_PRICE];
  return typeof price === 'number' ? price : undefined;
}
