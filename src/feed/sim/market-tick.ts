import { reprice, setLevelSize } from './book.ts';
import { DEPTH_LEVELS, DEPTH_LEVEL_BYTES, INDEX, LEVEL, TRADABLE } from './encoder.ts';
import type { Random } from './random.ts';
import type { SimInstrument } from './sim-instrument.ts';

export const INDEX_TICK_PAISE = 5;
const MAX_UINT32 = 0xffff_ffff;

/** One tick: reprices, prints a trade most of the time, and changes the book a little. */
export function tick(instrument: SimInstrument, random: Random, timeSeconds: number): void {
  reprice(instrument);
  if (instrument.isIndex) {
    setIndexValue(instrument, timeSeconds);
    return;
  }
  const bits = random.bits();
  if ((bits & 3) !== 0) printTrade(instrument, bits >>> 2, timeSeconds);
  const more = random.bits();
  const side = (more & 1) === 0 ? TRADABLE.BIDS : TRADABLE.OFFERS;
  const level = ((more >>> 1) & 0xff) % DEPTH_LEVELS;
  const at = side + level * DEPTH_LEVEL_BYTES;
  if (instrument.view.getUint32(at + LEVEL.PRICE) !== 0) {
    const lots = 1 + ((more >>> 9) & 63);
    setLevelSize(instrument, side, level, lots * instrument.spec.lotSize, 1 + (lots >>> 2));
  }
  instrument.view.setUint32(TRADABLE.EXCHANGE_TIME, timeSeconds);
}

/** Writes the spot, the range and the change of an index. */
export function setIndexValue(instrument: SimInstrument, timeSeconds: number): void {
  const { view } = instrument;
  const last = Math.round(instrument.theoreticalPaise / INDEX_TICK_PAISE) * INDEX_TICK_PAISE;
  instrument.lastPaise = last;
  view.setUint32(INDEX.LAST_PRICE, last);
  if (last > view.getUint32(INDEX.HIGH)) view.setUint32(INDEX.HIGH, last);
  if (last < view.getUint32(INDEX.LOW)) view.setUint32(INDEX.LOW, last);
  view.setInt32(INDEX.CHANGE, last - view.getUint32(INDEX.CLOSE));
  view.setUint32(INDEX.EXCHANGE_TIME, timeSeconds);
}

/** A trade at the bid or the ask. Without room left in the 32-bit volume nothing is traded. */
function printTrade(instrument: SimInstrument, bits: number, timeSeconds: number): void {
  const { view, spec } = instrument;
  const quantity = (1 + ((bits >>> 1) & 7)) * spec.lotSize;
  if (instrument.volume + quantity > MAX_UINT32) return;
  const isSell = (bits & 1) === 1 && instrument.bidPaise > 0;
  const price = isSell ? instrument.bidPaise : instrument.askPaise;
  const isFirst = instrument.volume === 0;
  instrument.lastPaise = price;
  instrument.volume += quantity;
  instrument.turnover += quantity * price;
  view.setUint32(TRADABLE.LAST_PRICE, price);
  view.setUint32(TRADABLE.LAST_QUANTITY, quantity);
  view.setUint32(TRADABLE.AVERAGE_PRICE, Math.round(instrument.turnover / instrument.volume));
  view.setUint32(TRADABLE.VOLUME, instrument.volume);
  if (isFirst) view.setUint32(TRADABLE.OPEN, price);
  if (isFirst || price > view.getUint32(TRADABLE.HIGH)) view.setUint32(TRADABLE.HIGH, price);
  if (isFirst || price < view.getUint32(TRADABLE.LOW)) view.setUint32(TRADABLE.LOW, price);
  view.setUint32(TRADABLE.LAST_TRADE_TIME, timeSeconds);
  if (spec.expiry !== null) changeOpenInterest(instrument, (bits >>> 4) & 3, quantity);
}

/** Of the four choices one opens positions, one closes some, two only pass them on. */
function changeOpenInterest(instrument: SimInstrument, choice: number, quantity: number): void {
  const { view } = instrument;
  let openInterest = view.getUint32(TRADABLE.OPEN_INTEREST);
  if (choice === 0) openInterest = Math.min(MAX_UINT32, openInterest + quantity);
  else if (choice === 1 && openInterest >= quantity) openInterest -= quantity;
  else return;
  view.setUint32(TRADABLE.OPEN_INTEREST, openInterest);
  if (openInterest > view.getUint32(TRADABLE.OPEN_INTEREST_HIGH)) {
    view.setUint32(TRADABLE.OPEN_INTEREST_HIGH, openInterest);
  }
  if (openInterest < view.getUint32(TRADABLE.OPEN_INTEREST_LOW)) {
    view.setUint32(TRADABLE.OPEN_INTEREST_LOW, openInterest);
  }
}
