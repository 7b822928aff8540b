import { checkTerms } from './order-checks.ts';
import { freezeUnits } from './freeze-quantity.ts';
import type { OrderDesk } from './order-desk.ts';
import type { OrderTerms } from './order-terms.ts';
import { OrderRefusal } from './refusal.ts';
import type { SimOrder } from './sim-order.ts';

/** What became of one slice, as the broker's answer has it. */
export type SliceResult =
  | { order_id: string }
  | { error: { code: number; error_type: string; message: string; data: null } };

export interface Slices {
  parentId: string;
  orders: SimOrder[];
  results: SliceResult[];
}

export interface SliceOptions {
  /** Whether the slices have the tag of the order. */
  keepTag: boolean;
  hiddenMs: number | null;
}

/** Places an order above the freeze quantity in parts, each on its own. Throws OrderRefusal. */
export function placeSliced(
  desk: OrderDesk,
  account: string,
  terms: OrderTerms,
  { keepTag, hiddenMs }: SliceOptions,
): Slices {
  checkTerms(terms);
  const parentId = desk.nextId();
  const limit = freezeUnits(terms.instrument.spec);
  const slices: Slices = { parentId, orders: [], results: [] };
  for (let left = terms.quantity; left > 0; left -= limit) {
    const quantity = Math.min(left, limit);
    const tag = keepTag ? terms.tag : null;
    const systemTags = ['autoslice', `autoslice:${parentId}`];
    try {
      const slice = { ...terms, quantity, tag, autoslice: false };
      const order = desk.place(account, slice, {
        systemTags,
        ...(hiddenMs !== null && { hiddenMs }),
      });
      slices.orders.push(order);
      slices.results.push({ order_id: order.id });
    } catch (error) {
      if (!(error instanceof OrderRefusal)) throw error;
      const { status: code, errorType: error_type, message } = error;
      slices.results.push({ error: { code, error_type, message, data: null } });
    }
  }
  return slices;
}
