import type { Market } from '../market.ts';
import type { SimInstrument } from '../sim-instrument.ts';
import {
  AUTOMATIC_PROTECTION,
  EXCHANGES,
  ORDER_TYPES,
  PRODUCTS,
  SIDES,
  VALIDITIES,
} from './order-terms.ts';
import type { OrderChange, OrderTerms, Product, Variety } from './order-terms.ts';
import { inputRefusal } from './refusal.ts';

/** Alphanumeric, as the documentation has it. */
const TAG = /^[A-Za-z0-9]{1,20}$/;
const MAX_TTL_MINUTES = 1440;

/** A parameter without a value is one that was not sent. */
function text(form: URLSearchParams, name: string): string | null {
  const value = form.get(name);
  return value === null || value === '' || value === 'null' ? null : value;
}

function choice<Choice extends string>(
  form: URLSearchParams,
  name: string,
  choices: readonly Choice[],
): Choice | null {
  const value = text(form, name);
  if (value === null) return null;
  const found = choices.find((candidate) => candidate === value);
  if (found === undefined) throw inputRefusal(`Invalid \`${name}\`.`);
  return found;
}

function required<Value>(name: string, value: Value | null): Value {
  if (value === null) throw inputRefusal(`Missing or empty field \`${name}\`.`);
  return value;
}

function wholeNumber(form: URLSearchParams, name: string): number | null {
  const value = text(form, name);
  if (value === null) return null;
  const number = Number(value);
  if (!/^\d{1,10}$/.test(value)) throw inputRefusal(`Invalid \`${name}\`, expected integer.`);
  return number;
}

function decimal(form: URLSearchParams, name: string): number | null {
  const value = text(form, name);
  if (value === null) return null;
  if (!/^-?\d{1,9}(?:\.\d{1,9})?$/.test(value)) {
    throw inputRefusal(`Invalid \`${name}\`, expected decimal.`);
  }
  return Number(value);
}

/** Paise, rounded to a ten-thousandth of one: rupees as doubles are not exact. */
function price(form: URLSearchParams, name: string): number | null {
  const rupees = decimal(form, name);
  if (rupees === null) return null;
  if (rupees < 0) throw inputRefusal(`Invalid \`${name}\`.`);
  return Math.round(rupees * 1e6) / 1e4;
}

function protection(form: URLSearchParams): number | null {
  const percent = decimal(form, 'market_protection');
  if (percent === null || percent === AUTOMATIC_PROTECTION) return percent;
  if (percent < 0 || percent > 100) throw inputRefusal('Invalid `market_protection`.');
  return percent;
}

function instrumentOf(form: URLSearchParams, market: Market): SimInstrument {
  const exchange = required('exchange', choice(form, 'exchange', EXCHANGES));
  if (exchange === 'MCX' && form.get('validity') === 'IOC') {
    throw inputRefusal('Validity IOC is not allowed for MCX via API.');
  }
  const symbol = required('tradingsymbol', text(form, 'tradingsymbol'));
  const instrument = market.findByKey(`${exchange}:${symbol}`);
  if (instrument === undefined) {
    throw inputRefusal(
      'The instrument you are placing an order for has either expired or does not exist.',
    );
  }
  if (instrument.isIndex) throw inputRefusal(`${symbol} is an index and cannot be traded.`);
  return instrument;
}

/** The parameters of an order, each by itself. Throws OrderRefusal. */
export function readOrderTerms(
  form: URLSearchParams,
  variety: Variety,
  market: Market,
): OrderTerms {
  const tag = text(form, 'tag');
  if (tag !== null && !TAG.test(tag)) {
    throw inputRefusal('Invalid `tag`. It should be alphanumeric and have at most 20 characters.');
  }
  const isIceberg = variety === 'iceberg';
  const autoslice = choice(form, 'autoslice', ['true', 'false']) === 'true';
  return {
    variety,
    instrument: instrumentOf(form, market),
    side: required('transaction_type', choice(form, 'transaction_type', SIDES)),
    orderType: required('order_type', choice(form, 'order_type', ORDER_TYPES)),
    product: productOf(form, variety),
    quantity: required('quantity', wholeNumber(form, 'quantity')),
    pricePaise: price(form, 'price') ?? 0,
    triggerPaise: price(form, 'trigger_price') ?? 0,
    validity: choice(form, 'validity', VALIDITIES) ?? 'DAY',
    ttlMinutes: timeToLive(form),
    disclosedQuantity: wholeNumber(form, 'disclosed_quantity') ?? 0,
    marketProtection: protection(form) ?? 0,
    // On other varieties the broker ignores them.
    icebergLegs: isIceberg ? required('iceberg_legs', wholeNumber(form, 'iceberg_legs')) : 0,
    icebergQuantity: isIceberg
      ? required('iceberg_quantity', wholeNumber(form, 'iceberg_quantity'))
      : 0,
    auctionNumber: variety === 'auction' ? text(form, 'auction_number') : null,
    tag,
    autoslice,
  };
}

/** The positions of cover orders are kept apart from others. */
function productOf(form: URLSearchParams, variety: Variety): Product {
  const product = required('product', choice(form, 'product', PRODUCTS));
  return variety === 'co' && product === 'MIS' ? 'CO' : product;
}

function timeToLive(form: URLSearchParams): number {
  const minutes = wholeNumber(form, 'validity_ttl') ?? 0;
  if (minutes > MAX_TTL_MINUTES) throw inputRefusal('Invalid `validity_ttl`.');
  return minutes;
}

/** The parameters of a modification. Throws OrderRefusal. */
export function readOrderChange(form: URLSearchParams): OrderChange {
  const change: OrderChange = {};
  const orderType = choice(form, 'order_type', ORDER_TYPES);
  if (orderType !== null) change.orderType = orderType;
  const quantity = wholeNumber(form, 'quantity');
  if (quantity !== null) change.quantity = quantity;
  const pricePaise = price(form, 'price');
  if (pricePaise !== null) change.pricePaise = pricePaise;
  const triggerPaise = price(form, 'trigger_price');
  if (triggerPaise !== null) change.triggerPaise = triggerPaise;
  const disclosedQuantity = wholeNumber(form, 'disclosed_quantity');
  if (disclosedQuantity !== null) change.disclosedQuantity = disclosedQuantity;
  const validity = choice(form, 'validity', VALIDITIES);
  if (validity !== null) change.validity = validity;
  if (text(form, 'validity_ttl') !== null) change.ttlMinutes = timeToLive(form);
  const marketProtection = protection(form);
  if (marketProtection !== null) change.marketProtection = marketProtection;
  return change;
}
