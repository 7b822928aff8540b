import { IST_OFFSET_MS, istMidnightMs } from '../../domain/calendar.ts';

/** An answer that does not have the documented shape; the message says where. */
export class ShapeError extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

export interface KiteProfile {
  userId: string;
  userName: string;
  exchanges: string[];
}

export interface KiteLastPrice {
  token: number;
  /** Rupees, as all prices here. */
  lastPrice: number;
}

export interface KiteDepthLevel {
  price: number;
  quantity: number;
  orders: number;
}

/** Null: absent, as many fields are for an index. */
export interface KiteQuote extends KiteLastPrice {
  /** Epoch s. */
  timestampS: number | null;
  /** Epoch s. */
  lastTradeTimeS: number | null;
  lastQuantity: number | null;
  averagePrice: number | null;
  volume: number | null;
  totalBuyQuantity: number | null;
  totalSellQuantity: number | null;
  open: number;
  high: number;
  low: number;
  /** Of the previous session. */
  close: number;
  oi: number | null;
  oiDayHigh: number | null;
  oiDayLow: number | null;
  lowerCircuitLimit: number | null;
  upperCircuitLimit: number | null;
  /** Best first; an empty level is zeros. */
  depth: { buy: KiteDepthLevel[]; sell: KiteDepthLevel[] } | null;
}

/** `data` of /user/profile. */
export function readProfile(data: unknown): KiteProfile {
  const profile = asFields(data, 'data');
  const exchanges = asArray(profile['exchanges'], 'exchanges');
  return {
    userId: asText(profile['user_id'], 'user_id'),
    userName: asText(profile['user_name'], 'user_name'),
    exchanges: exchanges.map((exchange) => asText(exchange, 'exchanges')),
  };
}

/** `data` of a quote route: the rows of those `keys` that it has. */
export function readByKey<Row>(
  data: unknown,
  keys: readonly string[],
  readRow: (row: unknown, key: string) => Row,
): Map<string, Row> {
  const rows = asFields(data, 'data');
  const found = new Map<string, Row>();
  for (const key of keys) {
    if (Object.hasOwn(rows, key)) found.set(key, readRow(rows[key], key));
  }
  return found;
}

export function readLastPrice(row: unknown, key: string): KiteLastPrice {
  const fields = asFields(row, key);
  return {
    token: asNumber(fields['instrument_token'], `${key}.instrument_token`),
    lastPrice: asNumber(fields['last_price'], `${key}.last_price`),
  };
}

export function readQuote(row: unknown, key: string): KiteQuote {
  const fields = asFields(row, key);
  const ohlc = asFields(fields['ohlc'], `${key}.ohlc`);
  const price = (name: string): number => asNumber(ohlc[name], `${key}.ohlc.${name}`);
  const optional = (name: string): number | null => {
    return fields[name] === undefined ? null : asNumber(fields[name], `${key}.${name}`);
  };
  return {
    ...readLastPrice(row, key),
    timestampS: readIstTime(fields['timestamp'], `${key}.timestamp`),
    lastTradeTimeS: readIstTime(fields['last_trade_time'], `${key}.last_trade_time`),
    lastQuantity: optional('last_quantity'),
    averagePrice: optional('average_price'),
    volume: optional('volume'),
    totalBuyQuantity: optional('buy_quantity'),
    totalSellQuantity: optional('sell_quantity'),
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close: price('close'),
    oi: optional('oi'),
    oiDayHigh: optional('oi_day_high'),
    oiDayLow: optional('oi_day_low'),
    lowerCircuitLimit: optional('lower_circuit_limit'),
    upperCircuitLimit: optional('upper_circuit_limit'),
    depth: fields['depth'] === undefined ? null : readDepth(fields['depth'], `${key}.depth`),
  };
}

function readDepth(value: unknown, where: string): KiteQuote['depth'] {
  const depth = asFields(value, where);
  const side = (name: 'buy' | 'sell'): KiteDepthLevel[] => {
    return asArray(depth[name], `${where}.${name}`).map((level) => {
      const fields = asFields(level, `${where}.${name}`);
      return {
        price: asNumber(fields['price'], `${where}.${name}.price`),
        quantity: asNumber(fields['quantity'], `${where}.${name}.quantity`),
        orders: asNumber(fields['orders'], `${where}.${name}.orders`),
      };
    });
  };
  return { buy: side('buy'), sell: side('sell') };
}

/** Epoch s of the broker's `yyyy-mm-dd hh:mm:ss` in IST; null if there is none. */
export function readIstTime(value: unknown, where: string): number | null {
  if (value === undefined || value === null || value === '') return null;
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2}):(\d{2})$/.exec(asText(value, where));
  const [, date = '', hours, minutes, seconds] = match ?? [];
  const timeS = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  try {
    const epochS = istMidnightMs(date) / 1000 + timeS;
    const roundTrip = new Date(epochS * 1000 + IST_OFFSET_MS).toISOString();
    if (roundTrip === `${date}T${hours}:${minutes}:${seconds}.000Z`) return epochS;
  } catch {
    // Not a date: the same complaint as for a time that is none.
  }
  throw new ShapeError(`${where} is not an IST time`);
}

export function asFields(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ShapeError(`${where} is not an object`);
}

export function asArray(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new ShapeError(`${where} is not an array`);
}

export function asText(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  throw new ShapeError(`${where} is not a string`);
}

export function asNumber(value: unknown, where: string): number {
  if (typeof value === 'number') return value;
  throw new ShapeError(`${where} is not a number`);
}
