import { TickerError } from '../domain/error-codes.ts';
import { GREEKS_FIELDS } from '../pricing/option.ts';
import { fieldText } from './csv-records.ts';

/** Compute prices and Greeks from volatilities, or volatilities from prices. */
export type GreeksTask = 'price' | 'solve';

export const PRICE_OUTPUTS = ['status', ...GREEKS_FIELDS] as const;
export const SOLVE_OUTPUTS = ['status', 'vol'] as const;

const REQUIRED = ['model', 'type', 'underlying', 'strike', 't_years', 'rate'] as const;

/** Where the columns of a table of options are. */
export interface GreeksHeader {
  task: GreeksTask;
  /** Columns of the input. */
  columns: number;
  /** Places of the inputs; dividendYield -1: not there, 0 for every row. */
  model: number;
  type: number;
  underlying: number;
  strike: number;
  timeYears: number;
  rate: number;
  dividendYield: number;
  /** Of `vol` (price) or `price` (solve). */
  given: number;
  /** Place of each output, in the order of PRICE_OUTPUTS or SOLVE_OUTPUTS. */
  outputs: number[];
  /** Names of the outputs that stand after the input's columns. */
  appended: string[];
}

/** UTF-8 byte order mark, in Latin-1. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/**
 * Reads the first record of a table. `wanted`: what --price or --solve asks for. Throws TickerError
 * INPUT_INVALID if the table cannot be used, USAGE if it does not say what is wanted.
 */
export function readHeader(
  fields: readonly string[],
  wanted: GreeksTask | undefined,
): GreeksHeader {
  const names = fields.map((field, i) =>
    fieldText(i === 0 && field.startsWith(BYTE_ORDER_MARK) ? field.slice(3) : field),
  );
  checkNames(names);
  const task = taskOf(names, wanted);
  const missing = REQUIRED.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new TickerError('INPUT_INVALID', `the header has no column ${missing.join(', ')}`);
  }
  const appended: string[] = [];
  const outputs = (task === 'price' ? PRICE_OUTPUTS : SOLVE_OUTPUTS).map((name) => {
    const place = names.indexOf(name);
    return place >= 0 ? place : names.length + appended.push(name) - 1;
  });
  return {
    task,
    columns: names.length,
    model: names.indexOf('model'),
    type: names.indexOf('type'),
    underlying: names.indexOf('underlying'),
    strike: names.indexOf('strike'),
    timeYears: names.indexOf('t_years'),
    rate: names.indexOf('rate'),
    dividendYield: names.indexOf('div_yield'),
    given: names.indexOf(task === 'price' ? 'vol' : 'price'),
    outputs,
    appended,
  };
}

function checkNames(names: readonly string[]): void {
  if (names[0]?.startsWith('\xff\xfe') === true || names[0]?.startsWith('\xfe\xff') === true) {
    throw new TickerError('INPUT_INVALID', 'the file is UTF-16: save it as UTF-8');
  }
  const known = new Set<string>([...REQUIRED, 'div_yield', 'vol', ...PRICE_OUTPUTS]);
  const twice = names.find((name, i) => known.has(name) && names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new TickerError('INPUT_INVALID', `the header has column ${twice} twice`);
  }
}

function taskOf(names: readonly string[], wanted: GreeksTask | undefined): GreeksTask {
  const hasVolatility = names.includes('vol');
  const hasPrice = names.includes('price');
  if (!hasVolatility && !hasPrice) {
    throw new TickerError('INPUT_INVALID', 'the header has neither a column vol nor price');
  }
  if (wanted === undefined) {
    if (hasVolatility && hasPrice) {
      throw new TickerError('USAGE', 'the table has vol and price: say --price or --solve');
    }
    return hasVolatility ? 'price' : 'solve';
  }
  const needed = wanted === 'price' ? 'vol' : 'price';
  if (!names.includes(needed)) {
    throw new TickerError('INPUT_INVALID', `--${wanted} needs a column ${needed}`);
  }
  return wanted;
}
