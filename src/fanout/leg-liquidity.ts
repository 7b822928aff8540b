import { UNDEFINED_U32 } from '../domain/status.ts';
import { type Liquidity, liquidityOf } from '../pricing/liquidity.ts';
import { createPrivateTicks } from '../shm/block.ts';
import type { LastValueTable } from '../shm/last-value-table.ts';
import {
  DEPTH_LEVELS,
  TICK_DEPTH_U32,
  TICK_LAST_PRICE_U32,
  TICK_PRICE_DIVISOR_U32,
  TICK_SLOT_BYTES,
} from '../shm/layout/tick-slot.ts';

const LEVEL_WORDS = 3;
const LEVEL_ORDERS_U16 = 4;

/** A thread reads one book at a time. */
const tick = createPrivateTicks(1, TICK_SLOT_BYTES);
const emptySide = () => ({
  prices: new Float64Array(DEPTH_LEVELS),
  quantities: new Float64Array(DEPTH_LEVELS),
  orders: new Float64Array(DEPTH_LEVELS),
});
const bids = emptySide();
const asks = emptySide();

/**
 * Liquidity of the newest quote of an instrument; undefined: it has none, or none with a book.
 */
export function liquidityOfRow(lastValues: LastValueTable, row: number): Liquidity | undefined {
  if (row < 0 || !lastValues.read(row, tick, 0)) return undefined;
  const scale = 1 / tick.u32[TICK_PRICE_DIVISOR_U32]!;
  const isQuoted = readSide(0, scale, bids) + readSide(1, scale, asks) > 0;
  if (!isQuoted) return undefined;
  const last = tick.u32[TICK_LAST_PRICE_U32]!;
  return liquidityOf(bids, asks, last === UNDEFINED_U32 ? 0 : last * scale);
}

/** Reads a side of the book; returns how many levels have a price. */
function readSide(side: number, scale: number, out: ReturnType<typeof emptySide>): number {
  let levels = 0;
  for (let level = 0; level < DEPTH_LEVELS; level++) {
    const word = TICK_DEPTH_U32 + (side * DEPTH_LEVELS + level) * LEVEL_WORDS;
    const price = tick.u32[word]!;
    const isLevel = price !== 0 && price !== UNDEFINED_U32;
    if (isLevel) levels++;
    out.prices[level] = isLevel ? price * scale : 0;
    out.quantities[level] = isLevel ? tick.u32[word + 1]! : 0;
    out.orders[level] = isLevel ? tick.u16[2 * word + LEVEL_ORDERS_U16]! : 0;
  }
  return levels;
}
