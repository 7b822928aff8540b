import { readFileSync } from 'node:fs';
import { TickerError } from '../domain/error-codes.ts';
import {
  CURVE_POINTS_MAX,
  type CurvePoint,
  flatPricing,
  type PricingBook,
  type PricingTerms,
} from '../domain/pricing-terms.ts';
import { FORWARD_SOURCE, PRICING_MODEL } from '../domain/status.ts';
import { nearestName } from './nearest-name.ts';
import type { Config } from './settings.ts';

type Fields = Readonly<Record<string, unknown>>;
type Problems = string[];

const MODELS = {
  'black-76': PRICING_MODEL.BLACK_76,
  bsm: PRICING_MODEL.BLACK_SCHOLES_MERTON,
} as const;
const SOURCES = {
  parity: FORWARD_SOURCE.PARITY,
  future: FORWARD_SOURCE.FUTURE,
  spot: FORWARD_SOURCE.SPOT_CARRY,
} as const;
const FUTURE_NAME = /^[A-Z]{2,6}:[A-Z0-9&-]{4,40}FUT$/;
const RATE_MIN = -0.1;
const RATE_MAX = 1;
const DIVIDEND_MAX = 0.5;
const DAYS_PER_YEAR = 365;
const DAYS_MAX = 100 * DAYS_PER_YEAR;

const FIELDS = ['model', 'underlying', 'rate', 'curve', 'dividend_yield'] as const;

/**
 * How options are priced: the file of TICKER_PRICING_FILE, and for what it leaves out Black-76 on
 * the forward by parity, TICKER_RATE and no dividend. Throws TickerError CONFIG_FILE, which names
 * underlying and field.
 */
export function loadPricing(config: Pick<Config, 'pricingFile' | 'ratePerYear'>): PricingBook {
  const { pricingFile, ratePerYear } = config;
  if (pricingFile === undefined) return flatPricing(ratePerYear);
  let text: string;
  try {
    text = readFileSync(pricingFile, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const detail = `${pricingFile} cannot be read (${reason})`;
    throw new TickerError('CONFIG_FILE', detail, { cause: error });
  }
  return parsePricing(text, pricingFile, ratePerYear);
}

/** The text of such a file; `place`: where it comes from. */
export function parsePricing(text: string, place: string, ratePerYear: number): PricingBook {
  let file: unknown;
  try {
    file = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const detail = `${place} is not valid JSON: ${(error as Error).message}`;
    throw new TickerError('CONFIG_FILE', detail, { cause: error });
  }
  const problems: Problems = [];
  const book = bookOf(file, flatPricing(ratePerYear).standard, problems);
  if (problems.length > 0) throw new TickerError('CONFIG_FILE', `${place}: ${problems.join('; ')}`);
  return book;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bookOf(file: unknown, builtIn: PricingTerms, problems: Problems): PricingBook {
  if (!isObject(file)) {
    problems.push('must be an object with "default" and "underlyings"');
    return { standard: builtIn, byUnderlying: new Map() };
  }
  for (const name of Object.keys(file)) {
    if (name !== 'default' && name !== 'underlyings') problems.push(`${name} is not a field`);
  }
  const standard = termsFrom(file['default'] ?? {}, 'default', builtIn, problems);
  if (standard.future !== undefined) {
    problems.push('default, field underlying: one future cannot be that of all underlyings');
  }
  const underlyings = file['underlyings'] ?? {};
  if (!isObject(underlyings)) problems.push('underlyings must be an object');
  const byUnderlying = new Map<string, PricingTerms>();
  for (const [name, fields] of Object.entries(isObject(underlyings) ? underlyings : {})) {
    byUnderlying.set(name, termsFrom(fields, `underlying ${name}`, standard, problems));
  }
  return { standard, byUnderlying };
}

/** The terms of one entry; what it leaves out is that of `base`. */
function termsFrom(
  fields: unknown,
  where: string,
  base: PricingTerms,
  problems: Problems,
): PricingTerms {
  if (!isObject(fields)) {
    problems.push(`${where} must be an object`);
    return base;
  }
  const fail = (field: string, text: string) => problems.push(`${where}, field ${field}: ${text}`);
  for (const name of Object.keys(fields)) {
    if (FIELDS.some((known) => known === name)) continue;
    const nearest = nearestName(name, FIELDS);
    const advice = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    problems.push(`${where}: ${name} is not a field${advice}`);
  }
  const terms = { ...base };
  const { model, underlying, rate, curve, dividend_yield: dividend } = fields;
  if (model !== undefined) {
    if (isNameOf(MODELS, model)) terms.model = MODELS[model];
    else fail('model', `must be ${Object.keys(MODELS).join(' or ')}`);
  }
  if (underlying !== undefined && !takeUnderlying(terms, underlying)) {
    fail('underlying', 'must be parity, future, spot or the name of a future, EXCHANGE:SYMBOL');
  }
  if (rate !== undefined && curve !== undefined) fail('curve', 'there is a rate too; one of them');
  else if (rate !== undefined) {
    if (isBetween(rate, RATE_MIN, RATE_MAX)) terms.curve = [{ years: 1, rate }];
    else fail('rate', `must be a number from ${RATE_MIN} to ${RATE_MAX}`);
  } else if (curve !== undefined) {
    const points = curvePoints(curve);
    if (typeof points === 'string') fail('curve', points);
    else terms.curve = points;
  }
  if (dividend !== undefined) {
    if (isBetween(dividend, 0, DIVIDEND_MAX)) terms.dividendYield = dividend;
    else fail('dividend_yield', `must be a number from 0 to ${DIVIDEND_MAX}`);
  }
  return terms;
}

function isNameOf<Table extends object>(table: Table, value: unknown): value is keyof Table {
  return typeof value === 'string' && Object.hasOwn(table, value);
}

function isBetween(value: unknown, minimum: number, maximum: number): value is number {
  return typeof value === 'number' && value >= minimum && value <= maximum;
}

function takeUnderlying(terms: PricingTerms, underlying: unknown): boolean {
  const isName = typeof underlying === 'string' && FUTURE_NAME.test(underlying);
  if (!isName && !isNameOf(SOURCES, underlying)) return false;
  terms.future = isName ? underlying : undefined;
  terms.firstSource = isNameOf(SOURCES, underlying) ? SOURCES[underlying] : FORWARD_SOURCE.FUTURE;
  return true;
}

/** The points of `[[days, rate], ...]`, or what is wrong with them. */
function curvePoints(curve: unknown): CurvePoint[] | string {
  if (!Array.isArray(curve) || curve.length === 0 || curve.length > CURVE_POINTS_MAX) {
    return `must be an array of 1 to ${CURVE_POINTS_MAX} points [days, rate]`;
  }
  const points: CurvePoint[] = [];
  let daysBefore = 0;
  for (const [index, point] of (curve as unknown[]).entries()) {
    const [days, rate, ...more] = Array.isArray(point) ? (point as unknown[]) : [];
    const where = `point ${index + 1}`;
    if (more.length > 0 || !isBetween(days, 0, DAYS_MAX) || days <= daysBefore) {
      return `${where} must be [days, rate] with days above those of the point before`;
    }
    if (!isBetween(rate, RATE_MIN, RATE_MAX)) {
      return `${where}: the rate must be a number from ${RATE_MIN} to ${RATE_MAX}`;
    }
    points.push({ years: days / DAYS_PER_YEAR, rate });
    daysBefore = days;
  }
  return points;
}
