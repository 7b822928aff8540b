/* What the exchange says of a contract: that it trades, in which sizes and steps. */
import { freezeQuantity } from '../../domain/freeze-quantities.ts';
import { isOnTick } from '../../domain/price-ticks.ts';
import type { Check, CheckCase, Refusal } from './check-case.ts';

const SLICES_MAX = 10;

export const checkTradable: Check = ({ contract, date, numbers }) => {
  const { type, segment, expiry, tickSizeRupees, lotSize, tradingsymbol } = contract;
  numbers['expiry'] = expiry;
  if (type === 'INDEX' || segment === 'INDICES') {
    return { code: 'NOT_TRADABLE', detail: `${tradingsymbol} is an index` };
  }
  if (expiry !== null && expiry < date) {
    return { code: 'NOT_TRADABLE', detail: `${tradingsymbol} expired on ${expiry}` };
  }
  if (tickSizeRupees > 0 && lotSize > 0) return undefined;
  return { code: 'NOT_TRADABLE', detail: `${tradingsymbol} has no tick or no lot` };
};

/** After-market orders wait for the next day, the others are for now. */
export const checkSession: Check = (order) => {
  const { terms, session, isChange, numbers } = order;
  const { variety } = terms;
  numbers['session'] = session;
  if (variety === 'amo') {
    // Once the market has opened, the order stands in it under the same variety.
    if (isChange || session === 'closed') return undefined;
    const detail = `an amo order is for a closed market, and the session is ${session}`;
    return { code: 'INVALID_ORDER', detail };
  }
  if (session === 'open') return undefined;
  if (session === 'closed') {
    return { code: 'SESSION_CLOSED', detail: `the market is closed for ${variety} orders` };
  }
  return checkCallAuction(order);
};

/** The auctions at the open and the close take plain orders only. */
function checkCallAuction({ terms, session }: CheckCase): Refusal | undefined {
  const { variety, orderType, validity } = terms;
  const isPlain = orderType === 'LIMIT' || orderType === 'MARKET';
  if (variety === 'regular' && isPlain && validity === 'DAY') return undefined;
  const detail = `the ${session} session takes only regular LIMIT and MARKET orders for the DAY`;
  return { code: 'SESSION_CLOSED', detail };
}

export const checkLot: Check = ({ terms, contract, numbers }) => {
  const { quantity, icebergQuantity, variety } = terms;
  const { lotSize } = contract;
  numbers['lot_size'] = lotSize;
  for (const units of variety === 'iceberg' ? [quantity, icebergQuantity ?? 0] : [quantity]) {
    if (units % lotSize === 0) continue;
    return { code: 'QUANTITY_NOT_LOTS', detail: `${units} is no multiple of the lot ${lotSize}` };
  }
  return undefined;
};

export const checkTick: Check = ({ terms, contract, numbers }) => {
  const { tickSizeRupees } = contract;
  numbers['tick_size_rupees'] = tickSizeRupees;
  for (const [name, rupees] of [
    ['price', terms.priceRupees],
    ['trigger_price', terms.triggerPriceRupees],
  ] as const) {
    if (rupees === null || isOnTick(rupees, tickSizeRupees)) continue;
    const detail = `${name} ${rupees} is no multiple of the tick ${tickSizeRupees}`;
    return { code: 'PRICE_NOT_TICKS', detail };
  }
  return undefined;
};

/** Per order; of an iceberg per leg, with autoslice per slice, of which the broker makes ten. */
export const checkFreeze: Check = ({ terms, contract, date, numbers }) => {
  const freeze = freezeQuantity(contract.exchange, contract.underlying, date);
  numbers['freeze_quantity'] = freeze?.units ?? null;
  numbers['freeze_known_from'] = freeze?.from ?? null;
  if (freeze === null) return undefined;
  const { quantity, variety, icebergQuantity, autoslice } = terms;
  const { lotSize } = contract;
  const slice = freeze.units - (freeze.units % lotSize);
  if (autoslice && slice > 0) {
    const slices = Math.ceil(quantity / slice);
    numbers['slices'] = slices;
    if (slices <= SLICES_MAX) return undefined;
    const detail = `${quantity} would be ${slices} slices of ${slice}, more than ${SLICES_MAX}`;
    return { code: 'FREEZE_QUANTITY', detail };
  }
  const units = variety === 'iceberg' ? (icebergQuantity ?? quantity) : quantity;
  if (units <= freeze.units) return undefined;
  return {
    code: 'FREEZE_QUANTITY',
    detail: `${units} is above ${freeze.units} units of one order`,
  };
};
