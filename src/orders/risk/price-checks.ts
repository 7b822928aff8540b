/* An order's prices against the live market. */
import { isOption } from '../../domain/instrument.ts';
import { roundedRupees } from '../../domain/price-ticks.ts';
import type { Check, CheckCase, Refusal } from './check-case.ts';
import { marketRupees, worstRupees } from './market-price.ts';
import { REFERENCE_PRICE } from './risk-numbers.ts';

/** An order is not checked against an older price. */
export const PRICE_AGE_MAX_MS = 5_000;
/**
 * Options move more: the exchange itself lets orders stand 40 % from the market where shares and
 * futures have 10.
 */
const OPTION_BANDS = 4;
/** Options below count as this price, or one tick would be the whole band. */
const OPTION_PRICE_MIN_RUPEES = 5;
/** A stop may stand further away than a limit: it waits, and does nothing until it is reached. */
const TRIGGER_BANDS = 5;
const US_PER_MS = 1_000;

/** Fails closed: without a price that is new enough nothing is sent. */
export const checkPriceAge: Check = (order) => {
  const { price, nowUs, numbers, terms, contract } = order;
  if (price === undefined) return { code: 'PRICE_STALE', detail: 'there is no price' };
  const ageMs = Math.max(0, (nowUs - price.receivedUs) / US_PER_MS);
  const market = marketRupees(price);
  numbers['last_price_rupees'] = price.lastRupees;
  numbers['bid_rupees'] = price.bidRupees;
  numbers['ask_rupees'] = price.askRupees;
  numbers['price_age_ms'] = Math.round(ageMs);
  numbers['price_age_limit_ms'] = PRICE_AGE_MAX_MS;
  numbers['price_source'] = price.source;
  numbers['market_rupees'] = market;
  if (!(ageMs <= PRICE_AGE_MAX_MS)) {
    return { code: 'PRICE_STALE', detail: `the price is ${Math.round(ageMs)} ms old` };
  }
  if (!(market > 0)) return { code: 'PRICE_STALE', detail: 'the market has no price' };
  const worst = worstRupees(terms, contract, price);
  order.marketRupees = market;
  // A seller gets the market's price if that is better than the limit.
  order.referenceRupees = terms.transactionType === 'BUY' ? worst : Math.max(worst, market);
  numbers['worst_price_rupees'] = worst;
  numbers[REFERENCE_PRICE] = order.referenceRupees;
  return undefined;
};

/** Rupees that a price may be away from `rupees`. */
function bandRupees({ contract }: CheckCase, percent: number, rupees: number): number {
  if (!isOption(contract.type)) return (rupees * percent) / 100;
  return (Math.max(rupees, OPTION_PRICE_MIN_RUPEES) * percent * OPTION_BANDS) / 100;
}

/**
 * A limit far on the side that fills is a slip of a finger, and so is protection as wide; an SL is
 * held against its trigger, near which it becomes live.
 */
export const checkPriceBand: Check = (order) => {
  const { terms, limits, marketRupees: market, numbers, price, contract } = order;
  const { priceBandPercent } = limits;
  numbers['price_band_percent'] = priceBandPercent;
  if (priceBandPercent === null || price === undefined) return undefined;
  const isBuy = terms.transactionType === 'BUY';
  const isStop = terms.orderType === 'SL' || terms.orderType === 'SL-M';
  const center = isStop ? (terms.triggerPriceRupees ?? market) : market;
  const band = bandRupees(order, priceBandPercent, center);
  const bound = roundedRupees(isBuy ? center + band : center - band);
  const worst = worstRupees(terms, contract, price);
  numbers['price_bound_rupees'] = bound;
  if (isBuy ? worst <= bound : worst >= bound) return checkTriggerBand(order, priceBandPercent);
  const side = isBuy ? 'above' : 'below';
  return {
    code: 'PRICE_OUTSIDE_BAND',
    detail: `${worst} is ${side} ${bound}, the market ${market}`,
  };
};

function checkTriggerBand(order: CheckCase, percent: number): Refusal | undefined {
  const { terms, marketRupees: market, numbers } = order;
  const { triggerPriceRupees: trigger } = terms;
  if (trigger === null || trigger === 0) return undefined;
  const band = roundedRupees(bandRupees(order, percent, market) * TRIGGER_BANDS);
  numbers['trigger_distance_rupees'] = roundedRupees(Math.abs(trigger - market));
  numbers['trigger_distance_limit_rupees'] = band;
  if (roundedRupees(Math.abs(trigger - market)) <= band) return undefined;
  const detail = `trigger_price ${trigger} is more than ${band} from the market ${market}`;
  return { code: 'PRICE_OUTSIDE_BAND', detail };
}

/** The exchange's limits of the day, where they are known. */
export const checkCircuit: Check = ({ terms, price, numbers }) => {
  const lower = price?.lowerCircuitRupees ?? null;
  const upper = price?.upperCircuitRupees ?? null;
  numbers['lower_circuit_rupees'] = lower;
  numbers['upper_circuit_rupees'] = upper;
  for (const [name, rupees] of [
    ['price', terms.priceRupees],
    ['trigger_price', terms.triggerPriceRupees],
  ] as const) {
    if (rupees === null || rupees === 0) continue;
    if (lower !== null && rupees < lower) return beyondCircuit(name, rupees, 'below', lower);
    if (upper !== null && upper > 0 && rupees > upper) {
      return beyondCircuit(name, rupees, 'above', upper);
    }
  }
  return undefined;
};

function beyondCircuit(name: string, rupees: number, side: string, limit: number): Refusal {
  const detail = `${name} ${rupees} is ${side} the circuit limit ${limit}`;
  return { code: 'PRICE_OUTSIDE_BAND', detail };
}
