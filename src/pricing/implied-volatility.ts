import { GREEKS_STATUS } from '../domain/status.ts';
import { impliedDeviation } from './implied-deviation.ts';
import { logRatio } from './log-ratio.ts';
import type { OptionType } from './option-type.ts';

/*
 * Both functions return the volatility per square-root year (0.2 = 20 %) or, where there is none, the
 * negative GREEKS_STATUS that says why, the first that applies: -INVALID (an input is not finite, or
 * price, underlying, strike or discount is not positive), -EXPIRED (no time left), -BELOW_INTRINSIC
 * (at or below the discounted intrinsic value), -ABOVE_MAXIMUM (at or above the discounted underlying
 * of a call or the discounted strike of a put).
 */

/** Volatility at which Black-76 gives the discounted `price`, or -GREEKS_STATUS. */
export function solveBlack76(
  type: OptionType,
  price: number,
  forward: number,
  strike: number,
  timeYears: number,
  discount: number,
): number {
  if (!(price > 0 && forward > 0 && strike > 0 && discount > 0)) return -GREEKS_STATUS.INVALID;
  if (!Number.isFinite(price + forward + strike + discount + timeYears)) {
    return -GREEKS_STATUS.INVALID;
  }
  if (timeYears <= 0) return -GREEKS_STATUS.EXPIRED;
  const inTheMoney = type * (forward - strike);
  const timeValue = inTheMoney > 0 ? price - discount * inTheMoney : price;
  if (timeValue <= 0) return -GREEKS_STATUS.BELOW_INTRINSIC;
  const room = discount * (type > 0 ? forward : strike) - price;
  if (room <= 0) return -GREEKS_STATUS.ABOVE_MAXIMUM;
  const deviation = impliedDeviation(
    timeValue,
    discount * Math.min(forward, strike),
    discount * Math.abs(forward - strike),
    Math.abs(logRatio(forward, strike)),
    room,
  );
  return deviation / Math.sqrt(timeYears);
}

/**
 * Volatility at which Black-Scholes-Merton gives `price`, or -GREEKS_STATUS. `rate` and
 * `dividendYield` continuously compounded per year.
 */
export function solveBlackScholesMerton(
  type: OptionType,
  price: number,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  dividendYield: number,
): number {
  if (!(price > 0 && spot > 0 && strike > 0)) return -GREEKS_STATUS.INVALID;
  if (!Number.isFinite(price + spot + strike + timeYears + rate + dividendYield)) {
    return -GREEKS_STATUS.INVALID;
  }
  if (timeYears <= 0) return -GREEKS_STATUS.EXPIRED;
  const asset = spot * Math.exp(-dividendYield * timeYears);
  const cash = strike * Math.exp(-rate * timeYears);
  const inTheMoney = type * (asset - cash);
  const timeValue = inTheMoney > 0 ? price - inTheMoney : price;
  if (timeValue <= 0) return -GREEKS_STATUS.BELOW_INTRINSIC;
  const room = (type > 0 ? asset : cash) - price;
  if (room <= 0) return -GREEKS_STATUS.ABOVE_MAXIMUM;
  const deviation = impliedDeviation(
    timeValue,
    Math.min(asset, cash),
    Math.abs(asset - cash),
    Math.abs(logRatio(spot, strike) + (rate - dividendYield) * timeYears),
    room,
  );
  return deviation / Math.sqrt(timeYears);
}
