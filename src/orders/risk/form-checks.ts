/* Rules that join the parameters of an order (Kite Connect, "Orders"). */
import {
  AUTOMATIC_PROTECTION,
  hasTrigger,
  isMarketType,
  type OrderTerms,
} from '../../domain/order-terms.ts';
import type { Check, Refusal } from './check-case.ts';

const PROTECTION_MAX_PERCENT = 100;

export function invalid(detail: string): Refusal {
  return { code: 'INVALID_ORDER', detail };
}

export function isEquity({ exchange }: Pick<OrderTerms, 'exchange'>): boolean {
  return exchange === 'NSE' || exchange === 'BSE';
}

/** Not given; 0 is how many callers say it. */
function isLeftOut(value: number | null): boolean {
  return value === null || value === 0;
}

export const checkQuantity: Check = ({ terms, numbers }) => {
  const { quantity } = terms;
  numbers['quantity'] = quantity;
  if (Number.isSafeInteger(quantity) && quantity > 0) return undefined;
  return invalid(`quantity must be a whole number above 0, not ${quantity}`);
};

export const checkPrices: Check = ({ terms, numbers }) => {
  const { orderType, variety, priceRupees, triggerPriceRupees } = terms;
  numbers['price_rupees'] = priceRupees;
  numbers['trigger_price_rupees'] = triggerPriceRupees;
  for (const [name, rupees] of [
    ['price', priceRupees],
    ['trigger_price', triggerPriceRupees],
  ] as const) {
    if (rupees !== null && !(rupees >= 0 && Number.isFinite(rupees))) {
      return invalid(`${name} must not be ${rupees}`);
    }
  }
  const needsPrice = !isMarketType(orderType);
  if (needsPrice && isLeftOut(priceRupees)) return invalid(`${orderType} needs a price`);
  // The broker ignores it, so that the order would not be what its price says.
  if (!needsPrice && !isLeftOut(priceRupees)) return invalid(`${orderType} has no price`);
  const needsTrigger = hasTrigger(orderType) || variety === 'co';
  const name = variety === 'co' ? 'a cover order' : orderType;
  if (needsTrigger && isLeftOut(triggerPriceRupees))
    return invalid(`${name} needs a trigger_price`);
  if (!needsTrigger && !isLeftOut(triggerPriceRupees))
    return invalid(`${name} has no trigger_price`);
  return undefined;
};

/** SL: the trigger is reached before the limit. CO: the stop is on the side of the loss. */
export const checkTriggerSide: Check = ({ terms }) => {
  const { orderType, variety, transactionType, priceRupees, triggerPriceRupees } = terms;
  if (isLeftOut(priceRupees) || isLeftOut(triggerPriceRupees)) return undefined;
  const isAbove = Number(triggerPriceRupees) > Number(priceRupees);
  const isBelow = Number(triggerPriceRupees) < Number(priceRupees);
  const isBuy = transactionType === 'BUY';
  if (variety === 'co') {
    if (isBuy ? isBelow : isAbove) return undefined;
    return invalid(
      `trigger_price must be ${isBuy ? 'below' : 'above'} the price of the cover order`,
    );
  }
  if (orderType !== 'SL' || !(isBuy ? isAbove : isBelow)) return undefined;
  return invalid(`trigger_price must not be ${isBuy ? 'above' : 'below'} the price`);
};

/** Never filled in: how far a market order may go is for the caller to say. */
export const checkProtection: Check = ({ terms, numbers }) => {
  const { orderType, marketProtection: percent } = terms;
  numbers['market_protection_percent'] = percent;
  if (!isMarketType(orderType)) {
    if (isLeftOut(percent)) return undefined;
    return invalid(`market_protection is for MARKET and SL-M, not for ${orderType}`);
  }
  if (percent === null || percent === 0) return invalid(`${orderType} needs market_protection`);
  if (percent === AUTOMATIC_PROTECTION) return undefined;
  if (percent > 0 && percent <= PROTECTION_MAX_PERCENT) return undefined;
  return invalid(`market_protection must be above 0 up to 100 or -1, not ${percent}`);
};

export const checkValidity: Check = ({ terms }) => {
  const { validity, validityTtl, exchange } = terms;
  if (validity === 'IOC' && exchange === 'MCX') return invalid('MCX has no IOC');
  if (validity !== 'TTL') {
    return isLeftOut(validityTtl) ? undefined : invalid('validity_ttl is for validity TTL');
  }
  if (validityTtl !== null && Number.isSafeInteger(validityTtl) && validityTtl > 0)
    return undefined;
  return invalid('validity TTL needs validity_ttl, whole minutes above 0');
};

export const checkDisclosed: Check = ({ terms }) => {
  const { disclosedQuantity, quantity } = terms;
  if (disclosedQuantity === null || disclosedQuantity === 0) return undefined;
  if (!isEquity(terms)) return invalid('disclosed_quantity is for equity');
  const isPart = Number.isSafeInteger(disclosedQuantity) && disclosedQuantity > 0;
  if (isPart && disclosedQuantity <= quantity) return undefined;
  return invalid(`disclosed_quantity must be from 1 to ${quantity}, not ${disclosedQuantity}`);
};

export const checkProduct: Check = ({ terms }) => {
  const { product, exchange } = terms;
  switch (product) {
    case 'CNC':
    case 'MTF':
      return isEquity(terms) ? undefined : invalid(`${product} is for equity, not for ${exchange}`);
    case 'NRML':
      return isEquity(terms) ? invalid(`NRML is for derivatives, not for ${exchange}`) : undefined;
    case 'CO':
      return invalid('CO cannot be asked for: it is what positions of cover orders have');
    case 'MIS':
      return undefined;
  }
};
