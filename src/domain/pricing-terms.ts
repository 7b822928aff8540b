import { FORWARD_SOURCE, PRICING_MODEL } from './status.ts';

/** One point of a discount curve. */
export interface CurvePoint {
  /** From now, Act/365, > 0. */
  years: number;
  /** Zero rate to that point, continuously compounded, per year. */
  rate: number;
}

/** Points a curve may have. */
export const CURVE_POINTS_MAX = 8;

/** How the options of one underlying are priced. */
export interface PricingTerms {
  /** PRICING_MODEL. */
  model: typeof PRICING_MODEL.BLACK_76 | typeof PRICING_MODEL.BLACK_SCHOLES_MERTON;
  /** Best FORWARD_SOURCE that may be used; worse ones follow when it is not there. */
  firstSource:
    typeof FORWARD_SOURCE.PARITY | typeof FORWARD_SOURCE.FUTURE | typeof FORWARD_SOURCE.SPOT_CARRY;
  /** EXCHANGE:TRADINGSYMBOL of the one future to take; undefined: those that are listed. */
  future: string | undefined;
  /** By rising years, 1 to CURVE_POINTS_MAX points. */
  curve: readonly CurvePoint[];
  /** Continuously compounded, per year. */
  dividendYield: number;
}

/** Terms of every underlying. */
export interface PricingBook {
  standard: PricingTerms;
  byUnderlying: ReadonlyMap<string, PricingTerms>;
}

/** Terms of an underlying; BFO:RELIANCE has those of RELIANCE unless it has its own. */
export function termsOf(book: PricingBook, underlying: string): PricingTerms {
  const { byUnderlying, standard } = book;
  return byUnderlying.get(underlying) ?? byUnderlying.get(withoutExchange(underlying)) ?? standard;
}

/** RELIANCE of BFO:RELIANCE. */
export function withoutExchange(underlying: string): string {
  return underlying.slice(underlying.indexOf(':') + 1);
}

/** Black-76 on the forward by parity, one rate for all expiries (per year), no dividend. */
export function flatPricing(ratePerYear: number): PricingBook {
  return {
    standard: {
      model: PRICING_MODEL.BLACK_76,
      firstSource: FORWARD_SOURCE.PARITY,
      future: undefined,
      curve: [{ years: 1, rate: ratePerYear }],
      dividendYield: 0,
    },
    byUnderlying: new Map(),
  };
}
