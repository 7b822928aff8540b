import type { OptionChainView } from '../client/chain.ts';
import { duration, percent, price, signedPercent } from './format.ts';

/** The figures above the table. */
export interface Figures {
  spot: string;
  change: string;
  /** -1, 0 or 1. */
  changeSign: number;
  forward: string;
  atmVolatility: string;
  timeToExpiry: string;
  isSimulated: boolean;
}

/** What a chain says as a whole. Volatility at the money is that of the strike nearest to it. */
export function figuresOf(view: OptionChainView): Figures {
  const { spot, atmStrike } = view;
  const row = view.rows.find(({ strike }) => strike === atmStrike);
  const greeks = row?.call?.tick?.greeks ?? row?.put?.tick?.greeks;
  return {
    spot: price(spot?.last_price),
    change: signedPercent(spot?.change),
    changeSign: Math.sign(spot?.change ?? 0),
    forward: price(view.forward),
    atmVolatility: percent(greeks?.iv),
    timeToExpiry: duration(greeks?.time_to_expiry),
    isSimulated: view.isSimulated,
  };
}
