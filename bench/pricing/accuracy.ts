import { impliedForward } from '../../src/pricing/forward.ts';
import {
  GREEKS_FIELDS,
  impliedVolatility,
  optionGreeks,
  type OptionTerms,
} from '../../src/pricing/option.ts';
import { type TableRow, ulp } from '../../test/unit/pricing/option-table.ts';

/*
 * How far the library is from tables of exact values, per family of options. The units of error
 * come with the tables: eta is what rounding every input once does to a result.
 */

/** Results that come of subnormal numbers have lost their digits on the way. */
const SUBNORMAL = 1e-290;
/**
 * A price that holds its volatility less well than this share of it is tested for its label only.
 */
const HELD_MIN = 1e-3;
/** Nearer to a bound than so many units in the last place, arithmetic cannot tell the side. */
const MARGIN_MIN = 4;

export interface GreeksAccuracy {
  family: string;
  rows: number;
  /** Largest errors, in eta. */
  price: number;
  derivatives: number;
  worst: (typeof GREEKS_FIELDS)[number];
}

export interface VolatilityAccuracy {
  family: string;
  rows: number;
  wrongLabels: number;
  /** Rows whose volatility was compared. */
  solved: number;
  /** Largest error, in units of what the inputs hold. */
  error: number;
}

export interface ForwardAccuracy {
  chains: number;
  /** Relative errors. */
  median: number;
  worst: number;
}

function termsOf(row: TableRow): OptionTerms {
  return {
    model: row.isBlack76 ? 'black76' : 'bsm',
    type: row.type === 1 ? 'call' : 'put',
    underlying: row.number('underlying'),
    strike: row.number('strike'),
    timeYears: row.number('t_years'),
    rate: row.number('rate'),
    dividendYield: row.number('div_yield'),
  };
}

function byColumn(rows: readonly TableRow[], column: string): Map<string, TableRow[]> {
  const groups = new Map<string, TableRow[]>();
  for (const row of rows) {
    const group = groups.get(row.text(column));
    if (group === undefined) groups.set(row.text(column), [row]);
    else group.push(row);
  }
  return groups;
}

export function greeksAccuracy(rows: readonly TableRow[]): GreeksAccuracy[] {
  return [...byColumn(rows, 'category')].map(([family, group]) => {
    const result: GreeksAccuracy = {
      family,
      rows: group.length,
      price: 0,
      derivatives: 0,
      worst: 'delta',
    };
    for (const row of group) {
      const greeks = optionGreeks(termsOf(row), row.number('vol'));
      for (const name of GREEKS_FIELDS) {
        const got = greeks.status === 'OK' ? greeks[name] : Number.NaN;
        const error = Math.max(0, Math.abs(got - row.number(name)) - SUBNORMAL);
        // Not a number is infinitely wrong.
        const inEta = error === 0 ? 0 : error / row.number(`${name}_eta`);
        const size = Number.isNaN(inEta) ? Infinity : inEta;
        if (name === 'price') {
          result.price = Math.max(result.price, size);
        } else if (size > result.derivatives) {
          result.derivatives = size;
          result.worst = name;
        }
      }
    }
    return result;
  });
}

export function volatilityAccuracy(rows: readonly TableRow[]): VolatilityAccuracy[] {
  return [...byColumn(rows, 'category')].map(([family, group]) => {
    const result = { family, rows: group.length, wrongLabels: 0, solved: 0, error: 0 };
    for (const row of group) {
      const outcome = impliedVolatility(termsOf(row), row.number('price'));
      const label = outcome.status.toLowerCase();
      const expected = row.text('expected');
      const isClear = !(row.number('margin_ulps') < MARGIN_MIN);
      if (isClear && label !== expected) result.wrongLabels++;
      if (outcome.status !== 'OK' || expected !== 'ok') continue;
      const vol = row.number('vol');
      const attainable = row.number('attainable');
      if (attainable > HELD_MIN * vol) continue;
      const unit = Math.max(row.number('conditioning'), attainable, ulp(vol));
      result.solved++;
      result.error = Math.max(result.error, Math.abs(outcome.volatility - vol) / unit);
    }
    return result;
  });
}

export function forwardAccuracy(rows: readonly TableRow[]): ForwardAccuracy {
  const errors = [...byColumn(rows, 'chain').values()].map((chain) => {
    const quotes = chain.map((row) => ({
      strike: row.number('strike'),
      callBid: row.number('call_bid'),
      callAsk: row.number('call_ask'),
      putBid: row.number('put_bid'),
      putAsk: row.number('put_ask'),
    }));
    const exact = chain[0]?.number('forward') ?? Number.NaN;
    const implied = impliedForward(quotes, chain[0]?.number('discount') ?? Number.NaN);
    return Math.abs((implied?.forward ?? Number.NaN) / exact - 1);
  });
  errors.sort((a, b) => a - b);
  const median = errors[errors.length >> 1] ?? Number.NaN;
  return { chains: errors.length, median, worst: errors.at(-1) ?? Number.NaN };
}
