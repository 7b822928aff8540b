import type { OrderTerms } from '../../domain/order-terms.ts';

/** Windows are shorter; what is older is forgotten. */
const REMEMBERED_US = 3_600_000_000;

interface RecentOrder {
  id: string;
  createdUs: number;
}

/** Equal for orders that ask for the same of the same account by the same key. */
function likeness(account: string, keyId: string, terms: OrderTerms): string {
  const { exchange, tradingsymbol, transactionType, quantity, priceRupees } = terms;
  const { variety, orderType, product, triggerPriceRupees, validity } = terms;
  return (
    `${account}|${keyId}|${exchange}|${tradingsymbol}|${transactionType}|${quantity}|` +
    `${priceRupees}|${triggerPriceRupees}|${orderType}|${product}|${variety}|${validity}`
  );
}

/** The newest order of each likeness, for the check against orders that came twice. */
export class RecentOrders {
  /** The one noted longest ago first. */
  readonly #orders = new Map<string, RecentOrder>();

  note(account: string, keyId: string, terms: OrderTerms, order: RecentOrder): void {
    for (const [name, { createdUs }] of this.#orders) {
      if (order.createdUs - createdUs < REMEMBERED_US) break;
      this.#orders.delete(name);
    }
    const name = likeness(account, keyId, terms);
    // Orders of the journal do not come by age.
    if ((this.#orders.get(name)?.createdUs ?? -Infinity) > order.createdUs) return;
    this.#orders.delete(name);
    this.#orders.set(name, { id: order.id, createdUs: order.createdUs });
  }

  /** The order is known not to exist, so that its like may be placed at once. */
  forget(account: string, keyId: string, terms: OrderTerms, id: string): void {
    const name = likeness(account, keyId, terms);
    if (this.#orders.get(name)?.id === id) this.#orders.delete(name);
  }

  find(account: string, keyId: string, terms: OrderTerms): RecentOrder | undefined {
    return this.#orders.get(likeness(account, keyId, terms));
  }
}
