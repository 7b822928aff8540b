import type { ChainLeg, ChainSide } from '../client/chain.ts';
import { decimals, NOTHING, percent, price, reason, whole } from './format.ts';

/** One figure of a contract and how important it is on a narrow screen. */
export interface Column {
  title: string;
  /** CSS class: hidden below a width, or always shown. */
  rank: 'first' | 'second' | 'third';
  kind?: 'last' | 'oi' | 'iv';
  text: (leg: ChainLeg) => string;
}

function levelPrice(leg: ChainLeg, side: 'buy' | 'sell'): string {
  const best = leg.tick?.depth?.[side][0]?.price;
  return best === 0 ? NOTHING : price(best);
}

/** The volatility, or why there is none. */
function volatility({ tick }: ChainLeg): string {
  const greeks = tick?.greeks;
  if (greeks === null || greeks === undefined) return NOTHING;
  return greeks.iv === null ? reason(greeks.status) : percent(greeks.iv);
}

/** From the strike outwards. */
export const COLUMNS: readonly Column[] = [
  { title: 'Last', rank: 'first', kind: 'last', text: ({ tick }) => price(tick?.last_price) },
  { title: 'Bid', rank: 'second', text: (leg) => levelPrice(leg, 'buy') },
  { title: 'Ask', rank: 'second', text: (leg) => levelPrice(leg, 'sell') },
  { title: 'IV %', rank: 'first', kind: 'iv', text: volatility },
  { title: 'Delta', rank: 'first', text: ({ tick }) => decimals(tick?.greeks?.delta, 3) },
  { title: 'Gamma', rank: 'third', text: ({ tick }) => decimals(tick?.greeks?.gamma, 5) },
  { title: 'Theta', rank: 'third', text: ({ tick }) => decimals(tick?.greeks?.theta, 2) },
  { title: 'Vega', rank: 'third', text: ({ tick }) => decimals(tick?.greeks?.vega, 2) },
  { title: 'OI', rank: 'second', kind: 'oi', text: ({ tick }) => whole(tick?.oi) },
];

/** Columns of one side from left to right: calls end at the strike, puts begin there. */
export function sideColumns(side: ChainSide): readonly Column[] {
  return side === 'call' ? COLUMNS.toReversed() : COLUMNS;
}
