import Type from 'typebox';
import {
  FORWARD_SOURCE_NAMES,
  GREEKS_STATUS,
  PRICING_MODEL_NAMES,
  QUALITY,
  TICK_FLAG,
} from '../../domain/status.ts';
import type { DepthObject, GreeksObject, ModeName, TickObject } from '../../wire/messages.ts';
import {
  count,
  nameOf,
  numberOrNull,
  part,
  position,
  shared,
  sharedOrNull,
} from './message-schema.ts';

/** Said by an absent or null `greeks` instead, or never sent. */
const NO_GREEKS: ReadonlySet<string> = new Set(['UNSET', 'NOT_REQUESTED', 'NOT_AN_OPTION']);

export const STATUS_NAMES = Object.keys(GREEKS_STATUS).filter((name) => !NO_GREEKS.has(name));

export const QUALITY_NAMES = Type.Array(nameOf(Object.keys(QUALITY), 'A reservation.'));

export const MODE_NAMES: readonly ModeName[] = ['ltp', 'compact', 'quote', 'full'];

interface DepthSides {
  buy: DepthObject[];
  sell: DepthObject[];
}

const LEVEL = part<DepthObject>()(
  Type.Object({
    price: Type.Number({ description: 'Rupees; 0 in an empty level.' }),
    quantity: numberOrNull('Units.'),
    orders: numberOrNull('null in mode compact.'),
  }),
);
const LEVELS = Type.Unsafe<DepthObject[]>({ type: 'array', maxItems: 5, items: LEVEL });

export const DEPTH = part<DepthSides>()(
  Type.Object(
    { buy: LEVELS, sell: LEVELS },
    { description: 'Best first: five levels a side, one in mode compact.' },
  ),
);

/** One of `names` after NONE, which is null. */
function sourceOf(names: readonly string[], description: string) {
  const options = [...names.filter((name) => name !== 'NONE'), null];
  return Type.Unsafe<string | null>({ type: ['string', 'null'], enum: options, description });
}

export const GREEKS = part<GreeksObject>()(
  Type.Object({
    status: nameOf(STATUS_NAMES, 'OK, or why values are null.'),
    iv: numberOrNull('Fraction a square-root year: 0.12 is 12 %.'),
    delta: numberOrNull('Per unit of the underlying.'),
    gamma: numberOrNull('Per unit of the underlying.'),
    theta: numberOrNull('Rupees a calendar day.'),
    vega: numberOrNull('Rupees a percentage point of volatility.'),
    rho: numberOrNull('Rupees a percentage point of rate.'),
    forward: numberOrNull('Rupees.'),
    iv_own: numberOrNull("From the leg's own mid."),
    iv_bid: numberOrNull('From the best bid.'),
    iv_ask: numberOrNull('From the best ask.'),
    forward_source: sourceOf(FORWARD_SOURCE_NAMES, 'Where the forward came from.'),
    model: sourceOf(PRICING_MODEL_NAMES, 'The pricing model.'),
    quality: QUALITY_NAMES,
    time_to_expiry: numberOrNull('Years.'),
  }),
);

const OHLC = Type.Object({
  open: numberOrNull('Rupees.'),
  high: numberOrNull('Rupees.'),
  low: numberOrNull('Rupees.'),
  close: numberOrNull('Rupees; of the previous session.'),
});

export const TICK = part<TickObject>()(
  Type.Object(
    {
      instrument_token: count("The broker's token."),
      sequence: position('Position in the stream.'),
      instrument_sequence: count('Rises by exactly one per tick of the instrument.'),
      merged: count('Ticks of the instrument merged into this one.'),
      flags: Type.Array(nameOf(Object.keys(TICK_FLAG), 'A flag.'), { uniqueItems: true }),
      mode: Type.Unsafe<ModeName>({ type: 'string', enum: MODE_NAMES }),
      tradable: Type.Boolean(),
      receive_time: Type.Number({ description: 'Microseconds since the Unix epoch.' }),
      exchange_timestamp: numberOrNull('Microseconds since the Unix epoch.'),
      last_price: numberOrNull('Rupees.'),
      last_trade_time: Type.Optional(numberOrNull('Microseconds since the Unix epoch.')),
      last_traded_quantity: Type.Optional(numberOrNull('Units.')),
      average_traded_price: Type.Optional(numberOrNull('Rupees.')),
      volume_traded: Type.Optional(numberOrNull('Units of the day.')),
      total_buy_quantity: Type.Optional(numberOrNull('Units.')),
      total_sell_quantity: Type.Optional(numberOrNull('Units.')),
      ohlc: Type.Optional(OHLC),
      change: Type.Optional(numberOrNull('Percent against the previous close.')),
      oi: Type.Optional(numberOrNull('Open interest.')),
      oi_day_high: Type.Optional(numberOrNull('Open interest.')),
      oi_day_low: Type.Optional(numberOrNull('Open interest.')),
      depth: Type.Optional(sharedOrNull<DepthSides>('Depth', 'null: the packet had none.')),
      greeks: Type.Optional(sharedOrNull<GreeksObject>('Greeks', 'null: not an option.')),
    },
    { description: 'Field names of KiteTicker 5.3. Absent: not in this mode; null: undefined.' },
  ),
);

export const TICKS = Type.Array(shared<TickObject>('Tick'));
