import type { OrderChange, OrderTerms } from '../../../domain/order-terms.ts';

type Value = string | number | boolean | null | undefined;

/** Body of a placement, in the broker's names. */
export function placementForm(terms: OrderTerms, tag: string): string {
  const isIceberg = terms.variety === 'iceberg';
  return formText({
    exchange: terms.exchange,
    tradingsymbol: terms.tradingsymbol,
    transaction_type: terms.transactionType,
    order_type: terms.orderType,
    product: terms.product,
    quantity: terms.quantity,
    price: terms.priceRupees,
    trigger_price: terms.triggerPriceRupees,
    validity: terms.validity,
    validity_ttl: terms.validityTtl,
    disclosed_quantity: terms.disclosedQuantity,
    market_protection: terms.marketProtection,
    // Said only where it is wanted: for most instruments it means nothing.
    autoslice: terms.autoslice ? true : null,
    iceberg_legs: isIceberg ? terms.icebergLegs : null,
    iceberg_quantity: isIceberg ? terms.icebergQuantity : null,
    auction_number: terms.auctionNumber,
    algo_id: terms.algoId,
    tag,
  });
}

/** Body of a modification: only what changes. */
export function changeForm(change: OrderChange, parentOrderId: string | null): string {
  return formText({
    order_type: change.orderType,
    quantity: change.quantity,
    price: change.priceRupees,
    trigger_price: change.triggerPriceRupees,
    validity: change.validity,
    validity_ttl: change.validityTtl,
    disclosed_quantity: change.disclosedQuantity,
    market_protection: change.marketProtection,
    parent_order_id: parentOrderId,
  });
}

/** Query of a cancellation, with its `?`; empty if there is none. */
export function cancelQuery(parentOrderId: string | null): string {
  return parentOrderId === null ? '' : `?${formText({ parent_order_id: parentOrderId })}`;
}

/** JSON body of the margin routes; they know neither tag nor slices. */
export function marginOrdersJson(orders: readonly OrderTerms[]): string {
  return JSON.stringify(
    orders.map((terms) => ({
      exchange: terms.exchange,
      tradingsymbol: terms.tradingsymbol,
      transaction_type: terms.transactionType,
      variety: terms.variety,
      product: terms.product,
      order_type: terms.orderType,
      quantity: terms.quantity,
      price: terms.priceRupees ?? 0,
      trigger_price: terms.triggerPriceRupees ?? 0,
    })),
  );
}

/** Form-encoded; what is null or undefined is left out. */
function formText(fields: Readonly<Record<string, Value>>): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    form.append(name, typeof value === 'number' ? decimalText(value) : String(value));
  }
  return form.toString();
}

/** Plain decimal digits: `String` writes small and large numbers with an exponent. */
function decimalText(value: number): string {
  const text = String(value);
  return /e/i.test(text) ? value.toFixed(8).replace(/\.?0+$/, '') : text;
}
