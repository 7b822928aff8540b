/* What a variety of order needs, and what only it may have. */
import { hasTrigger } from '../../domain/order-terms.ts';
import type { Check } from './check-case.ts';
import { invalid } from './form-checks.ts';

const LEGS_MIN = 2;
const LEGS_MAX = 50;

export const checkCover: Check = ({ terms }) => {
  const { variety, orderType, product } = terms;
  if (variety !== 'co') return undefined;
  if (hasTrigger(orderType)) return invalid(`a cover order is MARKET or LIMIT, not ${orderType}`);
  return product === 'MIS' ? undefined : invalid(`a cover order is MIS, not ${product}`);
};

export const checkAuction: Check = ({ terms }) => {
  const { variety, auctionNumber } = terms;
  const isGiven = auctionNumber !== null && auctionNumber !== '';
  if (variety === 'auction') {
    return isGiven ? undefined : invalid('an auction order needs auction_number');
  }
  return isGiven ? invalid(`auction_number is for auction orders, not for ${variety}`) : undefined;
};

/**
 * All legs but the last have the same quantity, so that it and the number of legs say the same. The
 * broker ignores both for other varieties, which then would be sent as a whole.
 */
export const checkIceberg: Check = ({ terms, contract, numbers }) => {
  const { variety, icebergLegs: legs, icebergQuantity: leg, quantity } = terms;
  if (variety !== 'iceberg') {
    if (legs === null && leg === null) return undefined;
    return invalid(`iceberg_legs and iceberg_quantity are for iceberg orders, not for ${variety}`);
  }
  numbers['iceberg_legs'] = legs;
  numbers['iceberg_quantity'] = leg;
  if (legs === null || !Number.isSafeInteger(legs) || legs < LEGS_MIN || legs > LEGS_MAX) {
    return invalid(`iceberg_legs must be ${LEGS_MIN} to ${LEGS_MAX}, not ${legs}`);
  }
  const { lotSize } = contract;
  // Rounded up, to whole lots.
  const expected = Math.ceil(quantity / lotSize / legs) * lotSize;
  if (leg === null || !Number.isSafeInteger(leg) || leg <= 0) {
    return invalid('iceberg_quantity must be a whole number above 0');
  }
  if (Math.ceil(quantity / leg) === legs) return undefined;
  return invalid(
    `iceberg_quantity ${leg} does not make ${legs} legs of ${quantity}; ${expected} would be right`,
  );
};

export const checkAutoslice: Check = ({ terms }) => {
  const { variety, autoslice } = terms;
  if (!autoslice || variety === 'regular' || variety === 'amo') return undefined;
  return invalid(`autoslice is for regular orders, not for ${variety}`);
};
