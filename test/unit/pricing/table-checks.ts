import assert from 'node:assert/strict';
import { GREEKS_STATUS_NAMES } from '../../../src/domain/status.ts';
import {
  ALL_GREEKS_OUTPUTS,
  black76AllGreeks,
  blackScholesMertonAllGreeks,
  GREEKS_CHARM,
  GREEKS_VANNA,
  GREEKS_VOLGA,
} from '../../../src/pricing/all-greeks.ts';
import { blackPrice, blackScholesMertonPrice } from '../../../src/pricing/black.ts';
import {
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_PRICE,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../../src/pricing/greeks.ts';
import { solveBlack76, solveBlackScholesMerton } from '../../../src/pricing/implied-volatility.ts';
import { type TableRow, ulp } from './option-table.ts';

/*
 * The tables hold exact values of the closed formulas and the error that rounding the inputs
 * causes.
 */

const OUTPUTS = new Map([
  ['price', GREEKS_PRICE],
  ['delta', GREEKS_DELTA],
  ['gamma', GREEKS_GAMMA],
  ['theta', GREEKS_THETA],
  ['vega', GREEKS_VEGA],
  ['rho', GREEKS_RHO],
  ['vanna', GREEKS_VANNA],
  ['volga', GREEKS_VOLGA],
  ['charm', GREEKS_CHARM],
]);

const greeks = new Float64Array(ALL_GREEKS_OUTPUTS);

function evaluate(row: TableRow): void {
  const [underlying, strike, time] = terms(row);
  const rate = row.number('rate');
  const volatility = row.number('vol');
  if (row.isBlack76) {
    black76AllGreeks(greeks, row.type, underlying, strike, time, rate, volatility);
  } else {
    const dividend = row.number('div_yield');
    blackScholesMertonAllGreeks(
      greeks,
      row.type,
      underlying,
      strike,
      time,
      rate,
      dividend,
      volatility,
    );
  }
}

function terms(row: TableRow): [underlying: number, strike: number, timeYears: number] {
  return [row.number('underlying'), row.number('strike'), row.number('t_years')];
}

function priceAlone(row: TableRow): number {
  const [underlying, strike, time] = terms(row);
  const rate = row.number('rate');
  const vol = row.number('vol');
  if (row.isBlack76) {
    return blackPrice(row.type, underlying, strike, time, Math.exp(-rate * time), vol);
  }
  const dividend = row.number('div_yield');
  return blackScholesMertonPrice(row.type, underlying, strike, time, rate, dividend, vol);
}

function solve(row: TableRow): number {
  const [underlying, strike, time] = terms(row);
  const price = row.number('price');
  const rate = row.number('rate');
  if (row.isBlack76) {
    return solveBlack76(row.type, price, underlying, strike, time, Math.exp(-rate * time));
  }
  const dividend = row.number('div_yield');
  return solveBlackScholesMerton(row.type, price, underlying, strike, time, rate, dividend);
}

/** Error in units of eta, beyond what subnormal intermediate results explain. */
function inEta(row: TableRow, column: string, got: number): number {
  const error = Math.max(0, Math.abs(got - row.number(column)) - 1e-290);
  return error === 0 ? 0 : error / row.number(`${column}_eta`);
}

/**
 * Asserts that every output of every row is right within 2 eta; returns the largest error in eta.
 */
export function checkGreeks(rows: readonly TableRow[]): number {
  let worst = 0;
  const check = (row: TableRow, column: string, got: number): void => {
    const error = inEta(row, column, got);
    assert.ok(
      error <= 2,
      `${row.text('id')} ${row.text('category')} ${column}: ${got}, should be ${row.text(column)}`,
    );
    worst = Math.max(worst, error);
  };
  for (const row of rows) {
    evaluate(row);
    for (const [column, index] of OUTPUTS) check(row, column, greeks[index]!);
    check(row, 'price', priceAlone(row));
  }
  return worst;
}

/** What a wrong volatility is measured against: what the last digit of the inputs is worth. */
function volatilityUnit(row: TableRow): number {
  return Math.max(row.number('conditioning'), row.number('attainable'), ulp(row.number('vol')));
}

/**
 * Asserts every label that double arithmetic can tell, and every volatility that the price holds
 * within 2 units; returns the largest error in units.
 */
export function checkVolatilities(rows: readonly TableRow[]): number {
  let worst = 0;
  for (const row of rows) {
    const solved = solve(row);
    const label = solved > 0 ? 'ok' : GREEKS_STATUS_NAMES[-solved]?.toLowerCase();
    const expected = row.text('expected');
    const name = `${row.text('id')} ${row.text('category')}`;
    if (!(row.number('margin_ulps') < 4)) assert.equal(label, expected, name);
    if (label !== 'ok' || expected !== 'ok') continue;
    if (row.number('attainable') > 1e-3 * row.number('vol')) continue;
    const error = Math.abs(solved - row.number('vol')) / volatilityUnit(row);
    assert.ok(error <= 2, `${name}: ${solved}, should be ${row.text('vol')}`);
    worst = Math.max(worst, error);
  }
  return worst;
}
