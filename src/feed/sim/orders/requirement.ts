import type { SimInstrument } from '../sim-instrument.ts';
import type { MarketDepth } from './market-depth.ts';
import type { Product } from './order-terms.ts';
import { settlementOf } from './position.ts';

/*
 * What the simulator's broker wants for positions: flat shares of the value, without the benefit of
 * one contract covering another.
 */
const FUTURE_SPAN = 0.1;
const FUTURE_EXPOSURE = 0.02;
const SHORT_OPTION_SPAN = 0.09;
const SHORT_OPTION_EXPOSURE = 0.02;
const INTRADAY_EQUITY = 0.2;

/** Funds that are bound or spent, in paise. */
export interface Requirement {
  span: number;
  exposure: number;
  /** Paid for options less received for them. */
  premium: number;
  /** Paid for shares less received for them. */
  delivery: number;
}

/** One contract under one product: what is held, was traded today and may still be traded. */
export interface Engagement {
  instrument: SimInstrument;
  product: Product;
  quantity: number;
  /** Bought less sold today, paise. */
  dayFlow: number;
  pendingBuy: number;
  /** Paise that the pending buys may cost. */
  pendingBuyValue: number;
  pendingSell: number;
}

export const NOTHING_REQUIRED: Requirement = { span: 0, exposure: 0, premium: 0, delivery: 0 };

export function totalOf(requirement: Requirement): number {
  return requirement.span + requirement.exposure + requirement.premium + requirement.delivery;
}

export function sumOf(requirements: readonly Requirement[]): Requirement {
  return requirements.reduce(
    (sum, each) => ({
      span: sum.span + each.span,
      exposure: sum.exposure + each.exposure,
      premium: sum.premium + each.premium,
      delivery: sum.delivery + each.delivery,
    }),
    NOTHING_REQUIRED,
  );
}

/** What one engagement binds, at the worst of what its pending orders may bring. */
export function requirementOf(engagement: Engagement, depth: MarketDepth): Requirement {
  const { instrument, product, quantity, pendingBuy, pendingSell, dayFlow } = engagement;
  const cost = dayFlow + engagement.pendingBuyValue;
  if (instrument.spec.strikePaise > 0) {
    const short = Math.max(0, pendingSell - quantity);
    const notional = short === 0 ? 0 : short * underlyingPaise(instrument, depth);
    return {
      span: Math.round(notional * SHORT_OPTION_SPAN),
      exposure: Math.round(notional * SHORT_OPTION_EXPOSURE),
      premium: cost,
      delivery: 0,
    };
  }
  if (settlementOf(instrument, product) === 'cash') return { ...NOTHING_REQUIRED, delivery: cost };
  const worst = Math.max(Math.abs(quantity), quantity + pendingBuy, pendingSell - quantity);
  if (worst === 0) return NOTHING_REQUIRED;
  const value = worst * depth.referencePaise(instrument);
  if (instrument.spec.expiry === null) {
    return { ...NOTHING_REQUIRED, exposure: Math.round(value * INTRADAY_EQUITY) };
  }
  return {
    ...NOTHING_REQUIRED,
    span: Math.round(value * FUTURE_SPAN),
    exposure: Math.round(value * FUTURE_EXPOSURE),
  };
}

function underlyingPaise(instrument: SimInstrument, depth: MarketDepth): number {
  depth.referencePaise(instrument);
  return instrument.forwardPaise > 0 ? instrument.forwardPaise : instrument.spec.strikePaise;
}
