import {
  hasTrigger,
  isMarketType,
  type OrderChange,
  type OrderTerms,
} from '../../domain/order-terms.ts';

/**
 * The order as it will stand after a modification. What its new type and validity have no use for
 * falls away, unless the modification itself asks for it.
 */
export function changedTerms(terms: OrderTerms, change: OrderChange): OrderTerms {
  const merged: OrderTerms = { ...terms, ...change };
  const { orderType, variety, validity } = merged;
  if (isMarketType(orderType)) merged.priceRupees = change.priceRupees ?? null;
  else merged.marketProtection = change.marketProtection ?? null;
  if (!hasTrigger(orderType) && variety !== 'co') {
    merged.triggerPriceRupees = change.triggerPriceRupees ?? null;
  }
  if (validity !== 'TTL') merged.validityTtl = change.validityTtl ?? null;
  return merged;
}
