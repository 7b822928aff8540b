import { blackPrice } from '../../pricing/black.ts';
import { CALL, PUT } from '../../pricing/option-type.ts';
import { DEPTH_LEVELS, DEPTH_LEVEL_BYTES, LEVEL, TRADABLE } from './encoder.ts';
import type { SimInstrument } from './sim-instrument.ts';

/*
 * The order book as it follows from the state of the underlying: theoretical value, best bid and
 * ask around it, five levels each side, patched into the instrument's encoded packet.
 */

/** Half of the quoted spread as a fraction of the price, at least one tick. */
function halfSpreadPaise(instrument: SimInstrument): number {
  const { spec, theoreticalPaise, rank } = instrument;
  let fraction = 1e-4;
  if (spec.type === 'FUT') fraction = 3e-5;
  if (spec.strikePaise > 0) fraction = 0.003 * (1 + Math.min(3, rank / 1000));
  return Math.max(spec.tickPaise, fraction * theoreticalPaise);
}

/** Prices the instrument from the current state of its underlying and notes what it used. */
function price(instrument: SimInstrument): void {
  const { spec, walk, slice } = instrument;
  if (walk === null) return;
  instrument.pricedVersion = walk.version;
  instrument.spotPaise = walk.spotPaise;
  if (slice === null) {
    instrument.theoreticalPaise = walk.spotPaise;
    return;
  }
  instrument.forwardPaise = slice.forward;
  if (spec.type === 'FUT') {
    instrument.theoreticalPaise = slice.forward;
    return;
  }
  instrument.timeYears = slice.timeYears;
  instrument.discount = slice.discount;
  instrument.volatility = slice.volatility(instrument.logStrike);
  instrument.theoreticalPaise = blackPrice(
    spec.type === 'CE' ? CALL : PUT,
    slice.forward,
    spec.strikePaise,
    slice.timeYears,
    slice.discount,
    instrument.volatility,
  );
}

/** Brings the quote to the current state of the underlying; no trade, no randomness. */
export function reprice(instrument: SimInstrument): void {
  if (instrument.walk === null || instrument.pricedVersion === instrument.walk.version) return;
  price(instrument);
  if (instrument.isIndex) return;
  const tick = instrument.spec.tickPaise;
  const half = halfSpreadPaise(instrument);
  const bid = Math.max(0, Math.floor((instrument.theoreticalPaise - half) / tick)) * tick;
  const ask = Math.max(1, Math.ceil((instrument.theoreticalPaise + half) / tick)) * tick;
  if (bid === instrument.bidPaise && ask === instrument.askPaise) return;
  instrument.bidPaise = bid;
  instrument.askPaise = ask;
  const gap = tick * Math.max(1, Math.round(half / tick / 2));
  for (let level = 0; level < DEPTH_LEVELS; level++) {
    setLevelPrice(instrument, TRADABLE.BIDS, level, Math.max(0, bid - level * gap));
    setLevelPrice(instrument, TRADABLE.OFFERS, level, ask + level * gap);
  }
}

/** A level without a price is all zeros, as the broker sends it. */
function setLevelPrice(
  instrument: SimInstrument,
  side: number,
  level: number,
  levelPaise: number,
): void {
  const { view, spec } = instrument;
  const at = side + level * DEPTH_LEVEL_BYTES;
  const wasEmpty = view.getUint32(at + LEVEL.PRICE) === 0;
  view.setUint32(at + LEVEL.PRICE, levelPaise);
  if (levelPaise === 0 && !wasEmpty) setLevelSize(instrument, side, level, 0, 0);
  if (levelPaise !== 0 && wasEmpty) {
    const lots = 1 + ((spec.token + 7 * at) % 20);
    setLevelSize(instrument, side, level, lots * spec.lotSize, 1 + (lots >>> 2));
  }
}

/** Sets quantity and orders of a level of BIDS or OFFERS, and keeps the side's total in step. */
export function setLevelSize(
  instrument: SimInstrument,
  side: number,
  level: number,
  quantity: number,
  orders: number,
): void {
  const { view } = instrument;
  const at = side + level * DEPTH_LEVEL_BYTES;
  const totalAt = side === TRADABLE.BIDS ? TRADABLE.BUY_QUANTITY : TRADABLE.SELL_QUANTITY;
  const before = view.getUint32(at + LEVEL.QUANTITY);
  view.setUint32(totalAt, view.getUint32(totalAt) + quantity - before);
  view.setUint32(at + LEVEL.QUANTITY, quantity);
  view.setUint16(at + LEVEL.ORDERS, orders);
}
