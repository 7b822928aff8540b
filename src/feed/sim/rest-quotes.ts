import { priceDivisor, segmentOf } from '../../domain/price-scale.ts';
import { packetFields } from './encoder.ts';
import type { DepthLevel, PacketFields } from './encoder.ts';
import { istTime } from './ist-time.ts';
import type { Market } from './market.ts';
import { priceBand } from './price-band.ts';
import type { PriceBand } from './price-band.ts';
import type { SimInstrument } from './sim-instrument.ts';

export type QuoteKind = 'quote' | 'ohlc' | 'ltp';

/** Most instruments of one request, as at the broker. */
export const MAX_QUOTE_KEYS: Readonly<Record<QuoteKind, number>> = {
  quote: 500,
  ohlc: 1000,
  ltp: 1000,
};

/** The `data` of a quote answer by key; unknown keys are left out, as at the broker. */
export function quoteData(
  market: Market,
  kind: QuoteKind,
  keys: readonly string[],
): Record<string, object> {
  const data: Record<string, object> = {};
  for (const key of keys) {
    const instrument = market.findByKey(key);
    if (instrument === undefined) continue;
    // The packet of a subscribed instrument is what its subscribers have seen; it must stay so.
    if (instrument.subscriptions.length === 0) market.refresh(instrument);
    data[key] = entry(instrument, kind);
  }
  return data;
}

function entry(instrument: SimInstrument, kind: QuoteKind): object {
  const { token } = instrument.spec;
  const divisor = priceDivisor(segmentOf(token));
  const fields = packetFields(instrument.full);
  const ohlc = {
    open: (fields.ohlc?.open ?? 0) / divisor,
    high: (fields.ohlc?.high ?? 0) / divisor,
    low: (fields.ohlc?.low ?? 0) / divisor,
    close: (fields.ohlc?.close ?? 0) / divisor,
  };
  const lastPrice = fields.last_price / divisor;
  if (kind === 'ltp') return { instrument_token: token, last_price: lastPrice };
  if (kind === 'ohlc') return { instrument_token: token, last_price: lastPrice, ohlc };
  const common = {
    instrument_token: token,
    timestamp: timeOf(fields.exchange_timestamp),
    last_price: lastPrice,
    ohlc,
    net_change: ohlc.close === 0 ? 0 : round(lastPrice - ohlc.close),
  };
  if (fields.volume === undefined) return common;
  return { ...common, ...trading(fields, divisor, priceBand(instrument)) };
}

/** What only tradable instruments have. */
function trading(fields: PacketFields, divisor: number, band: PriceBand): object {
  const levels = (side: readonly DepthLevel[] | undefined): DepthLevel[] =>
    (side ?? []).map((level) => ({ ...level, price: level.price / divisor }));
  return {
    last_trade_time: timeOf(fields.last_trade_time),
    last_quantity: fields.last_quantity,
    buy_quantity: fields.buy_quantity,
    sell_quantity: fields.sell_quantity,
    volume: fields.volume,
    average_price: (fields.average_price ?? 0) / divisor,
    oi: fields.oi ?? 0,
    oi_day_high: fields.oi_day_high ?? 0,
    oi_day_low: fields.oi_day_low ?? 0,
    lower_circuit_limit: band.lowerPaise / divisor,
    upper_circuit_limit: band.upperPaise / divisor,
    depth: { buy: levels(fields.depth?.buy), sell: levels(fields.depth?.sell) },
  };
}

function round(rupees: number): number {
  return Math.round(rupees * 100) / 100;
}

/** `yyyy-mm-dd hh:mm:ss` in IST of epoch seconds, or null when absent or 0. */
function timeOf(epochSeconds: number | undefined): string | null {
  return epochSeconds === undefined || epochSeconds === 0 ? null : istTime(epochSeconds * 1000);
}
