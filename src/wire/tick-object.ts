import { SEGMENT } from '../domain/price-scale.ts';
import {
  bitNames,
  FORWARD_SOURCE_NAMES,
  GREEKS_STATUS,
  MODE,
  PRICING_MODEL_NAMES,
  QUALITY,
  TICK_FLAG,
} from '../domain/status.ts';
import type { DepthObject, GreeksObject, ModeName, TickObject } from './messages.ts';
import { type FrameKind, LAYOUTS } from './tick-layout.ts';
import { TickView } from './tick-view.ts';

export interface TickObjectOptions {
  /** Left out: true. False leaves `greeks` out, as where the status is NOT_REQUESTED. */
  greeks?: boolean;
}

const reader = new TickView();

/**
 * The JSON form of the struct of `kind` that starts `offset` bytes into `bytes` (any alignment):
 * KiteTicker's field names, rupees, epoch us, null for undefined.
 */
export function tickObject(
  bytes: DataView,
  offset: number,
  kind: FrameKind,
  options?: TickObjectOptions,
): TickObject {
  const tick = tickObjectOf(reader.moveTo(bytes, offset, LAYOUTS[kind]), options);
  reader.release();
  return tick;
}

/** The JSON form of the tick that `tick` stands on. */
export function tickObjectOf(tick: TickView, options?: TickObjectOptions): TickObject {
  const object: TickObject = {
    instrument_token: tick.instrumentToken,
    sequence: tick.sequence,
    instrument_sequence: tick.instrumentSequence,
    merged: tick.merged,
    flags: bitNames(TICK_FLAG, tick.flags),
    mode: modeName(tick),
    tradable: tick.segment !== SEGMENT.INDICES,
    receive_time: tick.receiveTimeUs,
    exchange_timestamp: tick.exchangeTimestampUs ?? null,
    last_price: tick.lastPrice ?? null,
  };
  const { kind } = tick;
  if (kind === 'ltp') return object;
  if (kind === 'compact') {
    object.volume_traded = tick.volume ?? null;
    object.oi = tick.oi ?? null;
  } else {
    addQuote(object, tick);
  }
  if (kind !== 'quote') object.depth = depthObject(tick);
  if (options?.greeks !== false && tick.greeksStatus !== GREEKS_STATUS.NOT_REQUESTED) {
    object.greeks = greeksObject(tick);
  }
  return object;
}

/** What was both asked for and sent by the broker. */
function modeName(tick: TickView): ModeName {
  const { kind, packetMode } = tick;
  if (kind === 'compact' || kind === 'ltp') return kind;
  if (packetMode === MODE.LTP) return 'ltp';
  return kind === 'quote' || packetMode === MODE.QUOTE ? 'quote' : 'full';
}

function addQuote(object: TickObject, tick: TickView): void {
  object.last_trade_time = tick.lastTradeTimeUs ?? null;
  object.last_traded_quantity = tick.lastQuantity ?? null;
  object.average_traded_price = tick.averagePrice ?? null;
  object.volume_traded = tick.volume ?? null;
  object.total_buy_quantity = tick.totalBuyQuantity ?? null;
  object.total_sell_quantity = tick.totalSellQuantity ?? null;
  object.ohlc = {
    open: tick.open ?? null,
    high: tick.high ?? null,
    low: tick.low ?? null,
    close: tick.close ?? null,
  };
  object.change = tick.change ?? null;
  object.oi = tick.oi ?? null;
  object.oi_day_high = tick.oiDayHigh ?? null;
  object.oi_day_low = tick.oiDayLow ?? null;
}

/** Null where the broker's packet had no depth. */
function depthObject(tick: TickView): NonNullable<TickObject['depth']> | null {
  const buy: DepthObject[] = [];
  const sell: DepthObject[] = [];
  for (let level = 0; level < tick.depthLevels; level += 1) {
    const bid = tick.bidPrice(level);
    const ask = tick.askPrice(level);
    if (bid !== undefined) {
      buy.push(levelObject(bid, tick.bidQuantity(level), tick.bidOrders(level)));
    }
    if (ask !== undefined) {
      sell.push(levelObject(ask, tick.askQuantity(level), tick.askOrders(level)));
    }
  }
  return buy.length === 0 && sell.length === 0 ? null : { buy, sell };
}

function levelObject(
  price: number,
  quantity: number | undefined,
  orders: number | undefined,
): DepthObject {
  return { price, quantity: quantity ?? null, orders: orders ?? null };
}

function greeksObject(tick: TickView): GreeksObject | null {
  const { greeksStatus, forwardSource, model } = tick;
  if (greeksStatus === GREEKS_STATUS.NOT_AN_OPTION) return null;
  return {
    status: tick.greeksStatusName ?? 'UNSET',
    iv: tick.iv ?? null,
    delta: tick.delta ?? null,
    gamma: tick.gamma ?? null,
    theta: tick.theta ?? null,
    vega: tick.vega ?? null,
    rho: tick.rho ?? null,
    forward: tick.forward ?? null,
    iv_own: tick.ivOwn ?? null,
    iv_bid: tick.ivBid ?? null,
    iv_ask: tick.ivAsk ?? null,
    forward_source: namedCode(FORWARD_SOURCE_NAMES, forwardSource),
    model: namedCode(PRICING_MODEL_NAMES, model),
    quality: bitNames(QUALITY, tick.quality ?? 0),
    time_to_expiry: tick.timeToExpiryYears ?? null,
  };
}

/** NONE and undefined are null; a code newer than this client keeps its number. */
function namedCode(names: readonly string[], code: number | undefined): string | null {
  if (code === undefined || code === 0) return null;
  return names[code] ?? `CODE_${code}`;
}
