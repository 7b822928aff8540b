import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { istMidnightMs } from '../domain/calendar.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { Instrument, InstrumentType } from '../domain/instrument.ts';

const REQUIRED_COLUMNS = [
  'instrument_token',
  'tradingsymbol',
  'name',
  'expiry',
  'strike',
  'tick_size',
  'lot_size',
  'instrument_type',
  'segment',
  'exchange',
] as const;

export interface InstrumentDump {
  instruments: Instrument[];
  /** Rows that were left out because they cannot be an instrument, with the first reason. */
  rejectedRows: number;
  firstReject: string | undefined;
}

/**
 * Reads the broker's instrument dump, in chunks of CSV text or bytes. A bad row is counted and left
 * out; a dump that is no CSV, lacks a column that is read, or has not one good row, is
 * BROKER_ANSWER. Errors of `chunks` come through as they are; it has been closed in any case.
 */
export async function readInstrumentCsv(
  chunks: AsyncIterable<string | Uint8Array>,
): Promise<InstrumentDump> {
  let missing: string[] = [];
  const parser = parse({
    columns: (header: string[]) => {
      missing = REQUIRED_COLUMNS.filter((column) => !header.includes(column));
      return header;
    },
    bom: true,
    relax_column_count: true,
    // Quotes that do not enclose a field are part of a name.
    relax_quotes: true,
    skip_empty_lines: true,
  });
  // Ends both sides when one of them fails; the reader below is the one that reports it.
  const feeding = pipeline(chunks, parser).catch(() => undefined);
  const dump: InstrumentDump = { instruments: [], rejectedRows: 0, firstReject: undefined };
  try {
    for await (const row of parser as AsyncIterable<Record<string, string>>) {
      if (missing.length > 0) {
        const columns = missing.join(', ');
        throw new TickerError('BROKER_ANSWER', `the instrument dump lacks ${columns}`);
      }
      take(dump, row);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const detail = `the instrument dump is no CSV: ${error.message}`;
    throw new TickerError('BROKER_ANSWER', detail, { cause: error });
  } finally {
    await feeding;
  }
  if (dump.instruments.length === 0) {
    const why = dump.firstReject ?? 'it is empty';
    throw new TickerError('BROKER_ANSWER', `the instrument dump has no usable row: ${why}`);
  }
  return dump;
}

function take(dump: InstrumentDump, row: Record<string, string>): void {
  const result = instrumentOfRow(row);
  if (typeof result === 'string') {
    dump.rejectedRows++;
    dump.firstReject ??= result;
  } else {
    dump.instruments.push(result);
  }
}

/** The typed instrument, or why the row is not one. */
function instrumentOfRow(row: Record<string, string>): Instrument | string {
  const token = Number(row['instrument_token']);
  const tradingsymbol = row['tradingsymbol'] ?? '';
  if (!Number.isInteger(token) || token <= 0 || token > 0xffff_ffff) {
    return `instrument_token of ${JSON.stringify(tradingsymbol)} is not a token`;
  }
  if (tradingsymbol === '') return `token ${token} has no tradingsymbol`;
  const segment = row['segment'] ?? '';
  const type = instrumentType(row['instrument_type'] ?? '', segment);
  if (type === undefined) return `${tradingsymbol} has an unknown instrument_type`;
  const isOption = type === 'CE' || type === 'PE';
  const strike = Number(row['strike']);
  if (isOption && !(strike > 0 && strike < Infinity)) return `${tradingsymbol} has no strike`;
  const expiry = row['expiry'] === '' || row['expiry'] === undefined ? null : row['expiry'];
  if ((isOption || type === 'FUT') && (expiry === null || !isDate(expiry))) {
    return `${tradingsymbol} has no expiry date`;
  }
  const instrument: Instrument = {
    token,
    exchange: row['exchange'] ?? '',
    tradingsymbol,
    name: row['name'] ?? '',
    type,
    segment,
    expiry,
    strike: isOption ? strike : null,
    tickSize: Number(row['tick_size']) || 0,
    lotSize: Number(row['lot_size']) || 1,
  };
  return instrument;
}

function isDate(text: string): boolean {
  try {
    istMidnightMs(text);
    return true;
  } catch {
    return false;
  }
}

function instrumentType(text: string, segment: string): InstrumentType | undefined {
  // The dump calls indices EQ; their segment tells them apart.
  if (segment === 'INDICES') return 'INDEX';
  return text === 'EQ' || text === 'FUT' || text === 'CE' || text === 'PE' ? text : undefined;
}
