import { GREEKS_STATUS, GREEKS_STATUS_NAMES, PRICING_MODEL } from '../domain/status.ts';
import { allGreeksColumns, solveColumns } from '../pricing/columns.ts';
import { type CsvRecord, fieldText } from './csv-records.ts';
import type { GreeksHeader } from './greeks-header.ts';

/** Rows computed at once. */
export const BATCH_ROWS = 1024;

/** Lower-case names, as the tables spell them. */
const LABELS = GREEKS_STATUS_NAMES.map((name) => name.toLowerCase());

const doubles = (): Float64Array => new Float64Array(BATCH_ROWS);

/** Up to BATCH_ROWS records: their inputs as columns, computed, and written out again. */
export class GreeksBatch {
  readonly #header: GreeksHeader;
  /** Called with line and reason of every bad row. */
  readonly #onBad: (line: number, reason: string) => void;
  readonly #records: CsvRecord[] = [];
  readonly #options = {
    model: new Uint8Array(BATCH_ROWS),
    type: new Int8Array(BATCH_ROWS),
    underlying: doubles(),
    strike: doubles(),
    timeYears: doubles(),
    rate: doubles(),
    dividendYield: doubles(),
  };
  readonly #price = doubles();
  readonly #volatility = doubles();
  readonly #greeks = {
    status: new Uint8Array(BATCH_ROWS),
    price: this.#price,
    delta: doubles(),
    gamma: doubles(),
    vega: doubles(),
    theta: doubles(),
    rho: doubles(),
    vanna: doubles(),
    volga: doubles(),
    charm: doubles(),
  };
  /** In the order of the header's outputs, the status left out. */
  readonly #outputs: readonly Float64Array[];

  constructor(header: GreeksHeader, onBad: (line: number, reason: string) => void) {
    this.#header = header;
    this.#onBad = onBad;
    const { price, delta, gamma, vega, theta, rho, vanna, volga, charm } = this.#greeks;
    this.#outputs =
      header.task === 'price'
        ? [price, delta, gamma, vega, theta, rho, vanna, volga, charm]
        : [this.#volatility];
  }

  get isFull(): boolean {
    return this.#records.length === BATCH_ROWS;
  }

  add(record: CsvRecord): void {
    const row = this.#records.push(record) - 1;
    const { fields } = record;
    const { model, type, underlying, strike, timeYears, rate, dividendYield, given } = this.#header;
    const options = this.#options;
    // An unusable row is one without a model, whatever else it says.
    options.model[row] = isWhole(record, this.#header) ? modelOf(fields[model]) : 0;
    options.type[row] = typeOf(fields[type]);
    options.underlying[row] = numberOf(fields[underlying]);
    options.strike[row] = numberOf(fields[strike]);
    options.timeYears[row] = numberOf(fields[timeYears]);
    options.rate[row] = numberOf(fields[rate]);
    options.dividendYield[row] = dividendYield < 0 ? 0 : numberOf(fields[dividendYield]);
    const column = this.#header.task === 'price' ? this.#volatility : this.#price;
    column[row] = numberOf(fields[given]);
  }

  /** Computes the rows added; returns them as text and forgets them. */
  flush(lineEnding: string): string {
    const count = this.#records.length;
    const { status } = this.#greeks;
    if (this.#header.task === 'price') {
      allGreeksColumns(this.#options, this.#volatility, this.#greeks, 0, count);
    } else {
      const price = this.#price;
      solveColumns(this.#options, price, this.#volatility, status, 0, count);
    }
    let text = '';
    for (const [row, record] of this.#records.entries()) {
      if (isBlank(record)) {
        text += record.fields.join() + record.ending;
        continue;
      }
      if (status[row] === GREEKS_STATUS.INVALID) this.#onBad(record.line, this.#reason(record));
      text += this.#line(record, row) + (record.ending || lineEnding);
    }
    this.#records.length = 0;
    return text;
  }

  #line({ fields }: CsvRecord, row: number): string {
    const { columns, outputs, appended } = this.#header;
    while (fields.length < columns) fields.push('');
    // What is too many stands behind the outputs, so that every named column has its own place.
    const surplus = fields.splice(columns);
    for (let i = 0; i < appended.length; i++) fields.push('');
    fields[outputs[0] ?? 0] = LABELS[this.#greeks.status[row] ?? 0] ?? '';
    for (const [i, column] of this.#outputs.entries()) {
      fields[outputs[i + 1] ?? 0] = numberText(column[row] ?? Number.NaN);
    }
    return fields.concat(surplus).join();
  }

  /** What is wrong with an invalid row, in its own words. */
  #reason(record: CsvRecord): string {
    const { fields } = record;
    const header = this.#header;
    if (record.badQuotes) return 'a quoted field is not closed, or goes on after its quote';
    if (!isWhole(record, header)) {
      return `${fields.length} fields, the header has ${header.columns}`;
    }
    const given = header.task === 'price' ? 'vol' : 'price';
    const told = (name: string, place: number): string =>
      `${name} is ${JSON.stringify(fieldText(fields[place] ?? ''))}`;
    if (modelOf(fields[header.model]) === 0) return told('model', header.model);
    if (typeOf(fields[header.type]) === 0) return told('type', header.type);
    const places: [name: string, place: number, isGood: (value: number) => boolean][] = [
      ['underlying', header.underlying, (value) => value > 0],
      ['strike', header.strike, (value) => value > 0],
      ['t_years', header.timeYears, () => true],
      ['rate', header.rate, () => true],
      ['div_yield', header.dividendYield, () => true],
      [given, header.given, (value) => value > 0 || (given === 'vol' && value === 0)],
    ];
    for (const [name, place, isGood] of places) {
      if (place < 0) continue;
      const value = numberOf(fields[place]);
      if (!Number.isFinite(value) || !isGood(value)) return told(name, place);
    }
    return 'the values are too large to compute with';
  }
}

function isWhole(record: CsvRecord, header: GreeksHeader): boolean {
  return record.fields.length === header.columns && !record.badQuotes;
}

/** An empty line is no row: it is copied. */
function isBlank({ fields }: CsvRecord): boolean {
  return fields.length === 1 && (fields[0] ?? '').trim() === '';
}

function modelOf(field: string | undefined): number {
  const text = fieldText(field ?? '');
  if (text === 'black76') return PRICING_MODEL.BLACK_76;
  return text === 'bsm' ? PRICING_MODEL.BLACK_SCHOLES_MERTON : PRICING_MODEL.NONE;
}

function typeOf(field: string | undefined): number {
  const text = fieldText(field ?? '');
  if (text === 'call') return 1;
  return text === 'put' ? -1 : 0;
}

/** Decimal notation, NaN and Infinity; anything else, the empty field included, is NaN. */
const NOT_DECIMAL = /^$|^0[xob]/i;

function numberOf(field: string | undefined): number {
  const text = fieldText(field ?? '');
  return NOT_DECIMAL.test(text) ? Number.NaN : Number(text);
}

/** 17 significant digits, which give back exactly the same double; no zeros at the end. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const text = value.toPrecision(17);
  if (!text.includes('0', text.length - 1) && !text.includes('0e')) return text;
  const [digits = '', exponent] = text.split('e');
  const trimmed = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  return exponent === undefined ? trimmed : `${trimmed}e${exponent}`;
}
