import { heldQuantity, type OrderRecord } from '../domain/order-record.ts';
import type { TransactionType } from '../domain/order-terms.ts';
import type { Reading } from './account-reader.ts';
import type { OrderBook } from './order-book.ts';
import { bookedProduct } from './risk/exposure.ts';

/** The broker's clock and ours may differ by so much. */
const CLOCK_TOLERANCE_S = 1;
const US_PER_S = 1_000_000;

/** What a reading is held against. */
export interface AbsenceCase {
  order: OrderRecord;
  reading: Reading;
  /** Monotonic ms from which on a reading counts. */
  quietOverMs: number;
  /** The broker's numbers that the account's book must have, as far as we know. */
  knownOrderIds: readonly string[];
  /**
   * Units that the account held of the contract under the product before the order was sent, less
   * what known orders explain; undefined: not known since a restart.
   */
  unexplainedQuantity: number | undefined;
  /** Units that known orders explain now. */
  explainedQuantity: number;
}

/**
 * Why a reading proves nothing about an order that it does not show; undefined: it speaks for its
 * absence.
 */
export function absenceDoubt(asked: AbsenceCase): string | undefined {
  const { order, reading, quietOverMs, knownOrderIds } = asked;
  if (reading.startedMs < quietOverMs) return 'it was read too soon';
  const shown = new Set(reading.rows.map(({ brokerOrderId }) => brokerOrderId));
  const missing = knownOrderIds.filter((id) => !shown.has(id));
  if (missing.length > 0) return `the book lacks ${missing.slice(0, 3).join(', ')}`;
  if (reading.rows.length > 0 && !hasNewerOrder(order, reading)) {
    return 'the book shows no order that is newer';
  }
  return tradeDoubt(order, reading, shown) ?? positionDoubt(asked);
}

/* A book that shows what came later would show the order too. */
function hasNewerOrder({ sentUs, createdUs }: OrderRecord, { rows }: Reading): boolean {
  const sentS = (sentUs ?? createdUs) / US_PER_S + CLOCK_TOLERANCE_S;
  return rows.some(({ orderTimeS }) => orderTimeS !== null && orderTimeS > sentS);
}

function tradeDoubt(
  { terms }: OrderRecord,
  { trades }: Reading,
  shown: ReadonlySet<string>,
): string | undefined {
  if (trades === null) return 'trades were not read';
  const stray = trades.find(
    (trade) =>
      trade.tradingsymbol === terms.tradingsymbol &&
      trade.exchange === terms.exchange &&
      trade.transactionType === terms.transactionType &&
      !shown.has(trade.brokerOrderId),
  );
  return stray && `trade ${stray.tradeId} is of an order that the book lacks`;
}

function positionDoubt(asked: AbsenceCase): string | undefined {
  const { order, reading, unexplainedQuantity, explainedQuantity } = asked;
  if (reading.positions === null) return 'positions were not read';
  if (unexplainedQuantity === undefined) return undefined;
  const { exchange, tradingsymbol, transactionType } = order.terms;
  const product = bookedProduct(order.terms);
  const held = reading.positions.find(
    (position) =>
      position.exchange === exchange &&
      position.tradingsymbol === tradingsymbol &&
      position.product === product,
  );
  const surplus = (held?.netQuantity ?? 0) - unexplainedQuantity - explainedQuantity;
  // Only what the order itself would have bought or sold speaks against its absence.
  return signed(transactionType, surplus) > 0
    ? `${surplus} units of the position are of an order that the book lacks`
    : undefined;
}

/** Units that known orders brought to the position that `order` goes to; sales are negative. */
export function explainedQuantity({ account, terms }: OrderRecord, book: OrderBook): number {
  const product = bookedProduct(terms);
  let sum = 0;
  for (const other of book.ofContract(account, terms.exchange, terms.tradingsymbol)) {
    if (bookedProduct(other.terms) !== product) continue;
    sum += signed(other.terms.transactionType, heldQuantity(other));
  }
  return sum;
}

function signed(side: TransactionType, quantity: number): number {
  return side === 'BUY' ? quantity : -quantity;
}
