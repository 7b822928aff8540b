/**
 * `ticker-service/pricing`: European options under Black-76 and Black-Scholes-Merton.
 *
 * Units: prices, underlying and strike in one currency; time in years (ACT/365); rates and dividend
 * yields continuously compounded per year; volatility per square-root year, 0.2 = 20 %. Greeks are
 * raw derivatives, per 1.00 of volatility and rate and per year; toWireUnits gives theta per
 * calendar day and vega and rho per percentage point.
 *
 * optionGreeks, impliedVolatility, impliedForward and liquidityOf take and return objects. The
 * others are for hot loops: numbers and typed arrays, no allocation, and a negative GREEKS_STATUS
 * or NaN where there is no result.
 */
export { GREEKS_STATUS, GREEKS_STATUS_NAMES, PRICING_MODEL } from '../domain/status.ts';
export { SMILE_STATUS, SMILE_STATUS_NAMES } from '../domain/status.ts';
export {
  analyseChain,
  type ChainAnalytics,
  ChainColumns,
  emptyAnalytics,
} from './chain-analytics.ts';
export {
  type BookSide,
  type Liquidity,
  type LiquidityFlag,
  liquidityOf,
  type LiquidityTier,
} from './liquidity.ts';
export { emptySmile, type FittedSmile, fitSmile, SMILE_POINTS_MIN } from './smile-fit.ts';
export {
  butterflyArbitrage,
  butterflyDensity,
  calendarArbitrage,
  hasFiniteWings,
  type Smile,
  smileVariance,
  smileVolatility,
} from './smile.ts';
export {
  ALL_GREEKS_OUTPUTS,
  black76AllGreeks,
  blackScholesMertonAllGreeks,
  GREEKS_CHARM,
  GREEKS_VANNA,
  GREEKS_VOLGA,
} from './all-greeks.ts';
export {
  allGreeksColumns,
  type AllGreeksColumns,
  greeksColumns,
  type GreeksColumns,
  type OptionColumns,
  solveColumns,
} from './columns.ts';
export { blackPrice, blackScholesMertonPrice } from './black.ts';
export {
  impliedForward,
  type ImpliedForward,
  PARITY_STRIKES_MAX,
  parityForward,
  type StrikeQuote,
} from './forward.ts';
export {
  black76Greeks,
  blackScholesMertonGreeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_PRICE,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
  toWireUnits,
} from './greeks.ts';
export { solveBlack76, solveBlackScholesMerton } from './implied-volatility.ts';
export { millsRatio } from './mills.ts';
export { erfc, erfcx, normalCdf, normalPdf } from './normal.ts';
export {
  type GreeksOutcome,
  impliedVolatility,
  optionGreeks,
  type OptionGreeks,
  type OptionTerms,
  type Unsolvable,
  type VolatilityOutcome,
} from './option.ts';
export { CALL, type OptionType, PUT } from './option-type.ts';
