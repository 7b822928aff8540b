import { TRADABLE } from './encoder.ts';
import type { SimInstrument } from './sim-instrument.ts';

/** Share of the close within which the exchange takes orders in shares and futures. */
const BAND_FRACTION = 0.1;
/** How far above its close an option may go, as a share of its underlying's base price. */
const OPTION_BAND_FRACTION = 0.1;

export interface PriceBand {
  lowerPaise: number;
  upperPaise: number;
}

/** The circuit limits of a tradable instrument for the day. */
export function priceBand(instrument: SimInstrument): PriceBand {
  const { spec, view } = instrument;
  const closePaise = view.byteLength > TRADABLE.CLOSE ? view.getUint32(TRADABLE.CLOSE) : 0;
  const tick = Math.max(1, spec.tickPaise);
  const onTick = (paise: number): number => Math.max(1, Math.round(paise / tick)) * tick;
  if (spec.strikePaise > 0) {
    const room = OPTION_BAND_FRACTION * (spec.underlying?.basePaise ?? closePaise);
    return { lowerPaise: tick, upperPaise: onTick(closePaise + room) };
  }
  return {
    lowerPaise: onTick(closePaise * (1 - BAND_FRACTION)),
    upperPaise: onTick(closePaise * (1 + BAND_FRACTION)),
  };
}
