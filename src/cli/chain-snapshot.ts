import { exchangeCalendar, istMidnightMs } from '../domain/calendar.ts';
import { TickerError } from '../domain/error-codes.ts';

/** One option of a recorded chain; 0 where the record has no number. */
export interface SnapshotLeg {
  bid: number;
  ask: number;
  last: number;
  openInterest: number;
  volume: number;
}

export interface SnapshotRow {
  strike: number;
  call: SnapshotLeg | null;
  put: SnapshotLeg | null;
}

/** A chain as a `chain/1` file records it. */
export interface ChainSnapshot {
  underlying: string;
  /** Spot; 0 if the record has none. */
  underlyingValue: number;
  /** IST day. */
  expiry: string;
  /** Epoch ms. */
  timeMs: number;
  expiryMs: number;
  /** The record says that the contracts have expired. */
  isExpired: boolean;
  /** What open interest counts: `contracts` or `shares`. */
  openInterestUnit: string;
  /** By rising strike. */
  rows: SnapshotRow[];
}

const SCHEMA = 'chain/1';

/**
 * Reads the text of a `chain/1` file. Throws TickerError INPUT_INVALID that names what is wrong.
 */
export function parseChainSnapshot(text: string): ChainSnapshot {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return invalid('not JSON');
  }
  const record = objectIn(parsed, 'the file');
  if (record['schema'] !== SCHEMA) {
    return invalid(`schema is ${JSON.stringify(record['schema'])}, not "${SCHEMA}"`);
  }
  const expiry = textIn(record, 'expiry');
  const { rows } = record;
  if (!Array.isArray(rows) || rows.length === 0) return invalid('rows must be a list of strikes');
  const sorted = rows.map((row, i) => rowIn(row, `rows[${i}]`));
  sorted.sort((a, b) => a.strike - b.strike);
  const twice = sorted.find((row, i) => row.strike === sorted[i + 1]?.strike);
  if (twice !== undefined) return invalid(`strike ${twice.strike} stands there twice`);
  return {
    underlying: textIn(record, 'underlying'),
    underlyingValue: numberIn(record, 'underlying_value', ''),
    expiry,
    timeMs: istInstantMs(textIn(record, 'timestamp_ist'), 'timestamp_ist'),
    expiryMs: expiryInstantMs(expiry, record['expiry_time_ist']),
    isExpired: record['market_state'] === 'expired',
    openInterestUnit: typeof record['oi_unit'] === 'string' ? record['oi_unit'] : 'contracts',
    rows: sorted,
  };
}

function invalid(what: string): never {
  throw new TickerError('INPUT_INVALID', what);
}

function objectIn(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid(`${name} must be an object`);
  }
  return value as Record<string, unknown>;
}

function textIn(record: Record<string, unknown>, name: string): string {
  const value = record[name];
  return typeof value === 'string' && value !== '' ? value : invalid(`${name} must be a text`);
}

/** A number that is not negative; absent and null are 0. */
function numberIn(record: Record<string, unknown>, name: string, of: string): number {
  const value = record[name] ?? 0;
  if (typeof value !== 'number' || value < 0 || !Number.isFinite(value)) {
    return invalid(`${of}${name} must be null or a number that is not negative`);
  }
  return value;
}

function rowIn(value: unknown, name: string): SnapshotRow {
  const row = objectIn(value, name);
  const strike = numberIn(row, 'strike', `${name}.`);
  if (strike === 0) return invalid(`${name}.strike must be positive`);
  return { strike, call: legIn(row['ce'], `${name}.ce`), put: legIn(row['pe'], `${name}.pe`) };
}

function legIn(value: unknown, name: string): SnapshotLeg | null {
  if (value === null || value === undefined) return null;
  const leg = objectIn(value, name);
  const of = `${name}.`;
  return {
    bid: numberIn(leg, 'bid', of),
    ask: numberIn(leg, 'ask', of),
    last: numberIn(leg, 'last', of),
    openInterest: numberIn(leg, 'oi', of),
    volume: numberIn(leg, 'volume', of),
  };
}

/** Epoch ms of `yyyy-mm-ddThh:mm[:ss]` in India. */
function istInstantMs(text: string, name: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text);
  if (match === null) return invalid(`${name} must be yyyy-mm-ddThh:mm:ss, not ${text}`);
  const [, day = '', hours, minutes, seconds = '0'] = match;
  const secondOfDay = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return dayStartMs(day, name) + secondOfDay * 1000;
}

function dayStartMs(day: string, name: string): number {
  try {
    return istMidnightMs(day);
  } catch {
    return invalid(`${name} has no such day: ${day}`);
  }
}

/** The record's own time of day, else the calendar's. */
function expiryInstantMs(expiry: string, timeOfDay: unknown): number {
  dayStartMs(expiry, 'expiry');
  if (timeOfDay === null || timeOfDay === undefined) {
    return exchangeCalendar.expiryInstant(expiry).epochMs;
  }
  if (typeof timeOfDay !== 'string') return invalid('expiry_time_ist must be a text');
  return istInstantMs(`${expiry}T${timeOfDay}`, 'expiry_time_ist');
}
