import { isOption, type NamedInstrument } from '../../domain/instrument.ts';
import { GREEKS_STATUS_NAMES, GREEKS_STATUS } from '../../domain/status.ts';
import type { TickView } from '../../wire/tick-view.ts';

/** Rupees; a level without an order is 0, as the broker sends it. */
export interface OldDepthLevel {
  quantity: number | null;
  price: number;
  orders: number | null;
}

/** Both names of everything that the old service called now one way, now the other. */
interface OldHead {
  /** Underlying: NIFTY for the index, its futures and its options. */
  symbol: string;
  token: number;
  instrument_token: number;
  tradingsymbol: string;
  segment: string;
  exchange: string;
  /** Last price, rupees. */
  price: number | null;
  last_price: number | null;
  volume: number | null;
  /** Whole epoch seconds: the exchange's, else when the tick was received. */
  ts: number;
  /** A simulator made it. */
  is_mock: boolean;
}

/** An option, share or future. */
export interface OldContractPayload extends OldHead {
  /** Rupees; null unless an option. */
  strike: number | null;
  /** yyyy-mm-dd; null unless a derivative. */
  expiry: string | null;
  /** CE, PE, FUT or EQ. */
  type: string;
  lot_size: number;
  tick_size: number;
  oi: number | null;
  iv: number | null;
  delta: number | null;
  gamma: number | null;
  /** Rupees per calendar day. */
  theta: number | null;
  /** Rupees per percentage point. */
  vega: number | null;
  /** OK, or why the five above are null. */
  greeks_status: string;
  /** These three are there if the broker sent depth. */
  depth?: { buy: OldDepthLevel[]; sell: OldDepthLevel[] };
  total_buy_quantity?: number | null;
  total_sell_quantity?: number | null;
}

/** An index, in the one shape that has the fields of both old ones. */
export interface OldUnderlyingPayload extends OldHead {
  open: number | null;
  high: number | null;
  low: number | null;
  /** The last price, as in the old one-second records; `ohlc.close` is the previous session's. */
  close: number | null;
  ohlc: { open: number | null; high: number | null; low: number | null; close: number | null };
  /** As `ts`. */
  timestamp: number;
}

export type OldPayload = OldContractPayload | OldUnderlyingPayload;

const US_PER_SECOND = 1_000_000;

/**
 * What old clients get of the tick that `tick` (of kind `tick`) stands on. `greeksDone` false: its
 * Greeks are not there, and are not read.
 */
export function oldPayload(
  tick: TickView,
  instrument: NamedInstrument,
  greeksDone: boolean,
): OldPayload {
  return instrument.type === 'INDEX'
    ? underlyingPayload(tick, instrument)
    : contractPayload(tick, instrument, greeksDone);
}

function head(tick: TickView, instrument: NamedInstrument): OldHead {
  const price = tick.lastPrice ?? null;
  return {
    symbol: instrument.underlying,
    token: instrument.token,
    instrument_token: instrument.token,
    tradingsymbol: instrument.tradingsymbol,
    segment: instrument.segment,
    exchange: instrument.exchange,
    price,
    last_price: price,
    volume: tick.volume ?? null,
    ts: Math.floor((tick.exchangeTimestampUs ?? tick.receiveTimeUs) / US_PER_SECOND),
    is_mock: tick.isSimulated,
  };
}

function underlyingPayload(tick: TickView, instrument: NamedInstrument): OldUnderlyingPayload {
  const common = head(tick, instrument);
  const open = tick.open ?? null;
  const high = tick.high ?? null;
  const low = tick.low ?? null;
  return {
    ...common,
    open,
    high,
    low,
    close: common.price,
    ohlc: { open, high, low, close: tick.close ?? null },
    timestamp: common.ts,
  };
}

function contractPayload(
  tick: TickView,
  instrument: NamedInstrument,
  greeksDone: boolean,
): OldContractPayload {
  const { type, strike, expiry, lotSize, tickSize } = instrument;
  const status = greeksStatus(tick, type, greeksDone);
  const hasGreeks = greeksDone && isOption(type) && tick.greeksSequence === tick.sequence;
  return {
    ...head(tick, instrument),
    strike,
    expiry,
    type,
    lot_size: lotSize,
    tick_size: tickSize,
    oi: tick.oi ?? null,
    iv: (hasGreeks ? tick.iv : undefined) ?? null,
    delta: (hasGreeks ? tick.delta : undefined) ?? null,
    gamma: (hasGreeks ? tick.gamma : undefined) ?? null,
    theta: (hasGreeks ? tick.theta : undefined) ?? null,
    vega: (hasGreeks ? tick.vega : undefined) ?? null,
    greeks_status: status,
    ...depthOf(tick),
  };
}

/** Greeks of an older quote are as good as none: they are LATE. */
function greeksStatus(tick: TickView, type: NamedInstrument['type'], greeksDone: boolean): string {
  if (!isOption(type)) return statusName(GREEKS_STATUS.NOT_AN_OPTION);
  if (!greeksDone || tick.greeksSequence !== tick.sequence) {
    return statusName(GREEKS_STATUS.GREEKS_LATE);
  }
  return tick.greeksStatusName ?? statusName(GREEKS_STATUS.UNSET);
}

function statusName(status: number): string {
  return GREEKS_STATUS_NAMES[status] ?? String(status);
}

function depthOf(
  tick: TickView,
): Pick<OldContractPayload, 'depth' | 'total_buy_quantity' | 'total_sell_quantity'> {
  const buy: OldDepthLevel[] = [];
  const sell: OldDepthLevel[] = [];
  for (let level = 0; level < tick.depthLevels; level++) {
    const bid = tick.bidPrice(level);
    const ask = tick.askPrice(level);
    if (bid !== undefined)
      buy.push(depthLevel(bid, tick.bidQuantity(level), tick.bidOrders(level)));
    if (ask !== undefined)
      sell.push(depthLevel(ask, tick.askQuantity(level), tick.askOrders(level)));
  }
  if (buy.length === 0 && sell.length === 0) return {};
  return {
    depth: { buy, sell },
    total_buy_quantity: tick.totalBuyQuantity ?? null,
    total_sell_quantity: tick.totalSellQuantity ?? null,
  };
}

function depthLevel(
  price: number,
  quantity: number | undefined,
  orders: number | undefined,
): OldDepthLevel {
  return { quantity: quantity ?? null, price, orders: orders ?? null };
}
