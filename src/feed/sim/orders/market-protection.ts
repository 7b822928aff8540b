import { priceBand } from '../price-band.ts';
import type { SimInstrument } from '../sim-instrument.ts';
import { AUTOMATIC_PROTECTION } from './order-terms.ts';
import type { Side } from './order-terms.ts';

/** Below a price in rupees, so many percent of the last price; the last row is for all above. */
type Table = readonly (readonly [belowRupees: number, percent: number])[];

const SHARES_AND_FUTURES: Table = [
  [100, 2],
  [500, 1],
  [Infinity, 0.5],
];
const OPTIONS: Table = [
  [10, 5],
  [100, 3],
  [500, 2],
  [Infinity, 1],
];

/** Percent that the broker takes for automatic protection at a price. */
export function protectionPercent(
  instrument: SimInstrument,
  wanted: number,
  paise: number,
): number {
  if (wanted !== AUTOMATIC_PROTECTION) return wanted;
  const table = instrument.spec.strikePaise > 0 ? OPTIONS : SHARES_AND_FUTURES;
  return table.find(([belowRupees]) => paise < belowRupees * 100)?.[1] ?? 0;
}

/** The limit, on the tick and within the day's band, that a protected market order becomes. */
export function protectedLimitPaise(
  instrument: SimInstrument,
  side: Side,
  percent: number,
  referencePaise: number,
): number {
  const tick = instrument.spec.tickPaise;
  const room = (referencePaise * percent) / 100;
  const band = priceBand(instrument);
  if (side === 'BUY') {
    return Math.min(band.upperPaise, Math.ceil((referencePaise + room) / tick) * tick);
  }
  return Math.max(band.lowerPaise, Math.floor((referencePaise - room) / tick) * tick);
}
