import * as flatbuffers from 'flatbuffers';
import { GREEKS_STATUS, TICK_FLAG } from '../../src/domain/status.ts';
import type { CompactTick } from '../../src/wire/generated/ticker/compact-tick.ts';
import type { DepthLevel } from '../../src/wire/generated/ticker/depth-level.ts';
import type { LtpTick } from '../../src/wire/generated/ticker/ltp-tick.ts';
import type { QuoteTick } from '../../src/wire/generated/ticker/quote-tick.ts';
import type { Tick } from '../../src/wire/generated/ticker/tick.ts';
import { TickFrame } from '../../src/wire/generated/ticker/tick-frame.ts';
import type { ModeName, TickObject, TicksMessage } from '../../src/wire/messages.ts';

const WORD = 2 ** 32;
const NOT_THERE = 0xffff_ffff;
const US_PER_S = 1_000_000;
const DEPTH_LEVELS = 5;
/** Every instrument of a run has prices in paise. */
const DIVISOR = 100;

type Value = number | undefined;

/** A tick as a client hears it, whichever format it speaks; values in the broker's integers. */
export interface HeardTick {
  token: number;
  sequence: number;
  instrumentSequence: number;
  merged: number;
  isSnapshot: boolean;
  isConflated: boolean;
  isRepriced: boolean;
  isSimulated: boolean;
  /** Epoch us. */
  receiveTimeUs: number;
  /** In the order of VALUE_NAMES of its mode; a value that the packet lacks is undefined. */
  values: readonly Value[];
  /** Undefined: the mode has none, or they were not asked for. */
  greeks: HeardGreeks | undefined;
}

export interface HeardGreeks {
  /** GREEKS_STATUS number. */
  status: number;
  /** Single precision: all formats have at least that. */
  iv: number | undefined;
  delta: number | undefined;
  vega: number | undefined;
  /** Position of the quote they belong to, where the format says it. */
  sequence: number | undefined;
}

/** A data message. */
export interface HeardFrame {
  epoch: string;
  through: number;
  mode: ModeName | undefined;
  ticks: HeardTick[];
}

/** Reads a binary frame with the code that flatc made of the schema. */
export function readBinaryFrame(bytes: Uint8Array): HeardFrame {
  const frame = TickFrame.getRootAsTickFrame(new flatbuffers.ByteBuffer(bytes));
  const hex = (word: number): string => word.toString(16).padStart(8, '0');
  const ticks: HeardTick[] = [];
  for (let i = 0; i < frame.ticksLength(); i++) ticks.push(fullTick(frame.ticks(i)!));
  for (let i = 0; i < frame.quotesLength(); i++) ticks.push(quoteTick(frame.quotes(i)!));
  for (let i = 0; i < frame.compactsLength(); i++) ticks.push(compactTick(frame.compacts(i)!));
  for (let i = 0; i < frame.ltpsLength(); i++) ticks.push(ltpTick(frame.ltps(i)!));
  return {
    epoch: hex(frame.epochHigh()) + hex(frame.epochLow()),
    through: frame.throughLow() + frame.throughHigh() * WORD,
    mode: modeOf(frame),
    ticks,
  };
}

function modeOf(frame: TickFrame): ModeName | undefined {
  if (frame.ticksLength() > 0) return 'full';
  if (frame.quotesLength() > 0) return 'quote';
  if (frame.compactsLength() > 0) return 'compact';
  return frame.ltpsLength() > 0 ? 'ltp' : undefined;
}

function known(value: number): number | undefined {
  return value === NOT_THERE ? undefined : value;
}

function single(value: number): number | undefined {
  const narrow = Math.fround(value);
  return Number.isFinite(value) && Math.abs(value) < 3e38 ? narrow : undefined;
}

/** The fields that every struct has. */
function head(tick: LtpTick | CompactTick): Omit<HeardTick, 'values' | 'greeks'> {
  return {
    token: tick.instrumentToken(),
    sequence: tick.sequenceLow() + tick.sequenceHigh() * WORD,
    instrumentSequence: tick.instrumentSequence(),
    merged: tick.merged(),
    ...flagsOf(tick.flags()),
    receiveTimeUs: tick.receiveTime(),
  };
}

function flagsOf(flags: number) {
  return {
    isSnapshot: (flags & TICK_FLAG.SNAPSHOT) !== 0,
    isConflated: (flags & TICK_FLAG.CONFLATED) !== 0,
    isRepriced: (flags & TICK_FLAG.REPRICED) !== 0,
    isSimulated: (flags & TICK_FLAG.SIMULATED) !== 0,
  };
}

function ltpTick(tick: LtpTick): HeardTick {
  const values = [tick.lastPrice(), known(tick.exchangeTimestamp())];
  return { ...head(tick), values, greeks: undefined };
}

function compactTick(tick: CompactTick): HeardTick {
  return {
    ...head(tick),
    values: [
      tick.lastPrice(),
      known(tick.exchangeTimestamp()),
      known(tick.volume()),
      known(tick.oi()),
      known(tick.bidPrice()),
      known(tick.bidQuantity()),
      known(tick.askPrice()),
      known(tick.askQuantity()),
    ],
    greeks: {
      status: tick.status(),
      iv: single(tick.iv()),
      delta: single(tick.delta()),
      vega: single(tick.vega()),
      sequence: undefined,
    },
  };
}

function quoteTick(tick: QuoteTick | Tick): HeardTick {
  const quote = tick.quote()!;
  const greeks = tick.greeks()!;
  return {
    token: quote.instrumentToken(),
    sequence: quote.sequenceLow() + quote.sequenceHigh() * WORD,
    instrumentSequence: quote.instrumentSequence(),
    merged: quote.merged(),
    ...flagsOf(quote.flags()),
    receiveTimeUs: quote.receiveTime(),
    values: [
      quote.lastPrice(),
      known(quote.exchangeTimestamp()),
      known(quote.lastTradeTime()),
      known(quote.lastQuantity()),
      known(quote.averagePrice()),
      known(quote.volume()),
      known(quote.totalBuyQuantity()),
      known(quote.totalSellQuantity()),
      known(quote.open()),
      known(quote.high()),
      known(quote.low()),
      known(quote.close()),
      known(quote.oi()),
      known(quote.oiDayHigh()),
      known(quote.oiDayLow()),
    ],
    greeks: {
      status: greeks.status(),
      iv: single(greeks.iv()),
      delta: single(greeks.delta()),
      vega: single(greeks.vega()),
      sequence: greeks.sequenceLow() + greeks.sequenceHigh() * WORD,
    },
  };
}

function fullTick(tick: Tick): HeardTick {
  const heard = quoteTick(tick);
  const depth = tick.depth()!;
  const bids = [depth.buy0(), depth.buy1(), depth.buy2(), depth.buy3(), depth.buy4()];
  const offers = [depth.sell0(), depth.sell1(), depth.sell2(), depth.sell3(), depth.sell4()];
  const values = [...heard.values];
  for (const level of [...bids, ...offers]) addLevel(values, level!);
  heard.values = values;
  return heard;
}

function addLevel(values: Value[], level: DepthLevel): void {
  const price = known(level.price());
  // Sixteen bits: all ones says nothing without the others.
  const orders = price === undefined ? undefined : level.orders();
  values.push(price, known(level.quantity()), orders);
}

/** Reads a `ticks` message of the JSON format; prices come back to the integers of the broker. */
export function readTicksMessage(
  message: TicksMessage,
  modeOf: (token: number) => ModeName,
): HeardFrame {
  const { epoch, through, ticks } = message;
  return {
    epoch,
    through,
    mode: undefined,
    ticks: ticks.map((tick) => objectTick(tick, modeOf(tick.instrument_token))),
  };
}

function objectTick(tick: TickObject, mode: ModeName): HeardTick {
  const has = (flag: string): boolean => tick.flags.includes(flag);
  return {
    token: tick.instrument_token,
    sequence: tick.sequence,
    instrumentSequence: tick.instrument_sequence,
    merged: tick.merged,
    isSnapshot: has('SNAPSHOT'),
    isConflated: has('CONFLATED'),
    isRepriced: has('REPRICED'),
    isSimulated: has('SIMULATED'),
    receiveTimeUs: tick.receive_time,
    values: objectValues(tick, mode),
    greeks: objectGreeks(tick),
  };
}

function objectValues(tick: TickObject, mode: ModeName): Value[] {
  const last = [rupees(tick.last_price), seconds(tick.exchange_timestamp)];
  if (mode === 'ltp') return last;
  if (mode === 'compact') {
    const best = [tick.depth?.buy[0], tick.depth?.sell[0]];
    const levels = best.flatMap((level) => [rupees(level?.price), plain(level?.quantity)]);
    return [...last, plain(tick.volume_traded), plain(tick.oi), ...levels];
  }
  const values = [
    ...last,
    seconds(tick.last_trade_time),
    plain(tick.last_traded_quantity),
    rupees(tick.average_traded_price),
    plain(tick.volume_traded),
    plain(tick.total_buy_quantity),
    plain(tick.total_sell_quantity),
    rupees(tick.ohlc?.open),
    rupees(tick.ohlc?.high),
    rupees(tick.ohlc?.low),
    rupees(tick.ohlc?.close),
    plain(tick.oi),
    plain(tick.oi_day_high),
    plain(tick.oi_day_low),
  ];
  if (mode === 'quote') return values;
  for (const levels of [tick.depth?.buy, tick.depth?.sell]) {
    for (let index = 0; index < DEPTH_LEVELS; index++) {
      const level = levels?.[index];
      values.push(rupees(level?.price), plain(level?.quantity), plain(level?.orders));
    }
  }
  return values;
}

type Given = number | null | undefined;

/** A price in the broker's integers; one that is no whole number of them equals none of them. */
function rupees(value: Given): Value {
  if (value === null || value === undefined) return undefined;
  const scaled = Math.round(value * DIVISOR);
  return scaled / DIVISOR === value ? scaled : value * DIVISOR;
}

function plain(value: Given): Value {
  return value ?? undefined;
}

function seconds(us: Given): Value {
  return us === null || us === undefined ? undefined : us / US_PER_S;
}

function objectGreeks({ greeks }: TickObject): HeardGreeks | undefined {
  if (greeks === undefined) return undefined;
  const nothing = { iv: undefined, delta: undefined, vega: undefined, sequence: undefined };
  if (greeks === null) return { status: GREEKS_STATUS.NOT_AN_OPTION, ...nothing };
  const narrow = (value: number | null): number | undefined =>
    value === null ? undefined : Math.fround(value);
  return {
    status: GREEKS_STATUS[greeks.status as keyof typeof GREEKS_STATUS],
    iv: narrow(greeks.iv),
    delta: narrow(greeks.delta),
    vega: narrow(greeks.vega),
    sequence: undefined,
  };
}
