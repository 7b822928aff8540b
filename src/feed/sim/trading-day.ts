import { reprice } from './book.ts';
import { INDEX, TRADABLE } from './encoder.ts';
import { INDEX_TICK_PAISE, setIndexValue } from './market-tick.ts';
import { Random } from './random.ts';
import type { SimInstrument } from './sim-instrument.ts';

/** The state in which an instrument is first listed: some trades and open interest behind it. */
export function listInstrument(instrument: SimInstrument, seed: number, timeSeconds: number): void {
  const { spec, view } = instrument;
  const random = new Random(seed, `instrument/${spec.token}`);
  reprice(instrument);
  if (instrument.isIndex) {
    openIndex(instrument, timeSeconds);
    return;
  }
  const tickPaise = spec.tickPaise;
  const fair = Math.max(1, Math.round(instrument.theoreticalPaise / tickPaise)) * tickPaise;
  const change = Math.exp((spec.strikePaise > 0 ? 0.15 : 0.004) * random.normal());
  const close = Math.max(1, Math.round((fair * change) / tickPaise)) * tickPaise;
  view.setUint32(TRADABLE.CLOSE, close);
  view.setUint32(TRADABLE.EXCHANGE_TIME, timeSeconds);
  instrument.lastPaise = close;
  view.setUint32(TRADABLE.LAST_PRICE, close);

  const popularity = (2e5 / (instrument.rank + 20) ** 1.3) * (0.2 + random.uniform());
  const lots = Math.floor(popularity * (spec.expiry === null ? 1000 : 1));
  if (lots > 0) printOpening(instrument, fair, lots * spec.lotSize, timeSeconds);
  if (spec.expiry !== null) {
    const openInterest = Math.floor(5 * popularity) * spec.lotSize;
    view.setUint32(TRADABLE.OPEN_INTEREST, openInterest);
    view.setUint32(TRADABLE.OPEN_INTEREST_HIGH, openInterest);
    view.setUint32(TRADABLE.OPEN_INTEREST_LOW, openInterest);
  }
  for (const total of [TRADABLE.BUY_QUANTITY, TRADABLE.SELL_QUANTITY]) {
    const beyondDepth = random.integer(20, 400) * spec.lotSize;
    view.setUint32(total, view.getUint32(total) + beyondDepth);
  }
}

function printOpening(
  instrument: SimInstrument,
  price: number,
  quantity: number,
  timeSeconds: number,
): void {
  const { view, spec } = instrument;
  instrument.lastPaise = price;
  instrument.volume = quantity;
  instrument.turnover = quantity * price;
  for (const at of [TRADABLE.LAST_PRICE, TRADABLE.AVERAGE_PRICE, TRADABLE.OPEN, TRADABLE.HIGH]) {
    view.setUint32(at, price);
  }
  view.setUint32(TRADABLE.LOW, price);
  view.setUint32(TRADABLE.LAST_QUANTITY, spec.lotSize);
  view.setUint32(TRADABLE.VOLUME, quantity);
  view.setUint32(TRADABLE.LAST_TRADE_TIME, timeSeconds);
}

function openIndex(instrument: SimInstrument, timeSeconds: number): void {
  const { view, walk } = instrument;
  const open = Math.round(instrument.theoreticalPaise / INDEX_TICK_PAISE) * INDEX_TICK_PAISE;
  view.setUint32(INDEX.CLOSE, walk?.spec.basePaise ?? open);
  for (const at of [INDEX.OPEN, INDEX.HIGH, INDEX.LOW]) view.setUint32(at, open);
  setIndexValue(instrument, timeSeconds);
}

/** A new trading day: the last price becomes the close, nothing has been traded yet. */
export function startDay(instrument: SimInstrument, timeSeconds: number): void {
  const { view, lastPaise } = instrument;
  if (instrument.isIndex) {
    view.setUint32(INDEX.CLOSE, lastPaise);
    for (const at of [INDEX.OPEN, INDEX.HIGH, INDEX.LOW]) view.setUint32(at, lastPaise);
    view.setInt32(INDEX.CHANGE, 0);
    view.setUint32(INDEX.EXCHANGE_TIME, timeSeconds);
    return;
  }
  instrument.volume = 0;
  instrument.turnover = 0;
  view.setUint32(TRADABLE.CLOSE, lastPaise);
  for (const at of [TRADABLE.AVERAGE_PRICE, TRADABLE.VOLUME, TRADABLE.LAST_QUANTITY]) {
    view.setUint32(at, 0);
  }
  for (const at of [TRADABLE.OPEN, TRADABLE.HIGH, TRADABLE.LOW, TRADABLE.LAST_TRADE_TIME]) {
    view.setUint32(at, 0);
  }
  const openInterest = view.getUint32(TRADABLE.OPEN_INTEREST);
  view.setUint32(TRADABLE.OPEN_INTEREST_HIGH, openInterest);
  view.setUint32(TRADABLE.OPEN_INTEREST_LOW, openInterest);
}
