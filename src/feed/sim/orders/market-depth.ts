import { DEPTH_LEVELS, DEPTH_LEVEL_BYTES, LEVEL, PACKET_BYTES, TRADABLE } from '../encoder.ts';
import type { Market } from '../market.ts';
import type { SimInstrument } from '../sim-instrument.ts';
import type { Side } from './order-terms.ts';

/** A price at which the market trades, and how much of it an order can still have. */
export interface DepthOffer {
  pricePaise: number;
  quantity: number;
}

/** Orders take from what is displayed; what they took is displayed again after so long. */
export const REFILL_MS = 100;

interface Taken {
  refill: number;
  byPrice: Map<number, number>;
}

/** The order book of the simulated market as orders meet it. */
export class MarketDepth {
  readonly #market: Market;
  readonly #taken = new Map<string, Taken>();

  constructor(market: Market) {
    this.#market = market;
  }

  /** What an order of `side` can trade with, best first. `nowMs`: the monotonic clock. */
  against(instrument: SimInstrument, side: Side, nowMs: number): DepthOffer[] {
    this.#bringUpToDate(instrument);
    const taken = this.#takenOf(instrument, side, nowMs);
    const levels = depth(instrument, side === 'BUY' ? TRADABLE.OFFERS : TRADABLE.BIDS);
    return levels
      .map(({ pricePaise, quantity }) => ({
        pricePaise,
        quantity: quantity - (taken.byPrice.get(pricePaise) ?? 0),
      }))
      .filter((level) => level.quantity > 0);
  }

  take(
    instrument: SimInstrument,
    side: Side,
    nowMs: number,
    pricePaise: number,
    units: number,
  ): void {
    const { byPrice } = this.#takenOf(instrument, side, nowMs);
    byPrice.set(pricePaise, (byPrice.get(pricePaise) ?? 0) + units);
  }

  /**
   * The price that orders are measured by: the last trade of an instrument that trades, else the
   * middle of the book; 0 without either.
   */
  referencePaise(instrument: SimInstrument): number {
    this.#bringUpToDate(instrument);
    const isTrading = instrument.subscriptions.length > 0 && instrument.volume > 0;
    if (isTrading || instrument.isRecorded) return lastPaise(instrument);
    const [bid] = depth(instrument, TRADABLE.BIDS);
    const [offer] = depth(instrument, TRADABLE.OFFERS);
    if (bid === undefined || offer === undefined) return offer?.pricePaise ?? lastPaise(instrument);
    return (bid.pricePaise + offer.pricePaise) / 2;
  }

  /** The packet of a subscribed instrument is what its subscribers have seen; it stays so. */
  #bringUpToDate(instrument: SimInstrument): void {
    if (instrument.subscriptions.length === 0) this.#market.refresh(instrument);
  }

  #takenOf(instrument: SimInstrument, side: Side, nowMs: number): Taken {
    const key = `${side}/${instrument.spec.token}`;
    const refill = Math.floor(nowMs / REFILL_MS);
    let taken = this.#taken.get(key);
    if (taken?.refill !== refill) {
      taken = { refill, byPrice: new Map() };
      this.#taken.set(key, taken);
    }
    return taken;
  }
}

/** Paise of the last trade as the packet has it. */
export function lastPaise(instrument: SimInstrument): number {
  return instrument.view.getUint32(TRADABLE.LAST_PRICE);
}

function depth({ view }: SimInstrument, offset: number): DepthOffer[] {
  if (view.byteLength < PACKET_BYTES.FULL) return [];
  const levels: DepthOffer[] = [];
  for (let index = 0; index < DEPTH_LEVELS; index++) {
    const at = offset + index * DEPTH_LEVEL_BYTES;
    const pricePaise = view.getUint32(at + LEVEL.PRICE);
    if (pricePaise === 0) break;
    levels.push({ pricePaise, quantity: view.getUint32(at + LEVEL.QUANTITY) });
  }
  return levels;
}
