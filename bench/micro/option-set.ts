import { black76Greeks, GREEKS_OUTPUTS, GREEKS_PRICE } from '../../src/pricing/greeks.ts';

export const FORWARD = 24_000;
export const RATE = 0.065;
/** Rupees; what is left of an option worth less is rounding. */
export const TIME_VALUE_MIN = 0.05;

/** An option and what it was made from. */
export interface PricedOption {
  type: 1 | -1;
  strike: number;
  timeYears: number;
  discount: number;
  volatility: number;
  /** Discounted. */
  price: number;
}

/** Deterministic, 0 <= value < 1. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` NIFTY-like options: strikes within 12 %, 1 to 90 days, 8 to 45 % volatility. */
export function makeOptions(count: number): PricedOption[] {
  const random = generator(7);
  const out = new Float64Array(GREEKS_OUTPUTS);
  const options: PricedOption[] = [];
  while (options.length < count) {
    const type = random() < 0.5 ? 1 : -1;
    const strike = Math.round((FORWARD * (0.88 + 0.24 * random())) / 50) * 50;
    const timeYears = (1 + 89 * random()) / 365;
    const volatility = 0.08 + 0.37 * random();
    const discount = Math.exp(-RATE * timeYears);
    black76Greeks(out, type, FORWARD, strike, timeYears, RATE, volatility);
    const price = out[GREEKS_PRICE]!;
    const intrinsic = discount * Math.max(0, type * (FORWARD - strike));
    if (price - intrinsic < TIME_VALUE_MIN) continue;
    options.push({ type, strike, timeYears, discount, volatility, price });
  }
  return options;
}
