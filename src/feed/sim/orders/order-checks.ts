import { priceBand } from '../price-band.ts';
import { freezeUnits } from './freeze-quantity.ts';
import { hasTrigger, isMarketType } from './order-terms.ts';
import type { OrderTerms } from './order-terms.ts';
import { inputRefusal } from './refusal.ts';

const MIN_ICEBERG_LEGS = 2;
const MAX_ICEBERG_LEGS = 50;
/** Least share of the quantity that may be disclosed. */
const MIN_DISCLOSED_FRACTION = 0.1;
const MAX_SLICES = 10;

/** The rules that join the parameters of an order or a modified order. Throws OrderRefusal. */
export function checkTerms(terms: OrderTerms): void {
  checkProduct(terms);
  checkQuantity(terms);
  checkPrices(terms);
  checkProtection(terms);
  checkValidity(terms);
  checkVariety(terms);
}

function checkProduct({ product, instrument, variety }: OrderTerms): void {
  const isCash = instrument.spec.exchange === 'NSE';
  const allowed = isCash ? ['CNC', 'MIS', 'MTF', 'CO'] : ['NRML', 'MIS', 'CO'];
  if (!allowed.includes(product)) {
    throw inputRefusal(`Product ${product} is not allowed for ${instrument.spec.segment}.`);
  }
  if (variety === 'co' && product !== 'CO') {
    throw inputRefusal('Cover orders are allowed with product MIS only.');
  }
}

function checkQuantity(terms: OrderTerms): void {
  const { quantity, instrument, disclosedQuantity } = terms;
  const { spec } = instrument;
  if (quantity < 1) throw inputRefusal('Invalid `quantity`.');
  if (quantity % spec.lotSize !== 0) {
    throw inputRefusal(`Quantity should be a multiple of the lot size ${spec.lotSize}.`);
  }
  const isSliced = terms.autoslice || terms.variety === 'iceberg';
  if (!isSliced) checkFreeze(terms, quantity);
  if (terms.autoslice && Math.ceil(quantity / freezeUnits(spec)) > MAX_SLICES) {
    throw inputRefusal(`The order would be sliced into more than ${MAX_SLICES} orders.`);
  }
  if (disclosedQuantity === 0) return;
  if (spec.exchange !== 'NSE') {
    throw inputRefusal('Disclosed quantity is allowed for equity only.');
  }
  if (disclosedQuantity > quantity || disclosedQuantity < MIN_DISCLOSED_FRACTION * quantity) {
    throw inputRefusal('Disclosed quantity should be 10% to 100% of the quantity.');
  }
}

function checkFreeze({ instrument }: OrderTerms, quantity: number): void {
  const { spec } = instrument;
  const limit = freezeUnits(spec);
  if (quantity <= limit) return;
  const lots = (units: number): number => units / spec.lotSize;
  throw inputRefusal(
    `The order quantity ${quantity} (${lots(quantity)} lots) is higher than the maximum quantity ` +
      `of ${limit} (${lots(limit)} lots) allowed by the exchanges.`,
  );
}

function checkPrices(terms: OrderTerms): void {
  const { orderType, pricePaise, triggerPaise, instrument, variety } = terms;
  const needsPrice = orderType === 'LIMIT' || orderType === 'SL';
  if (needsPrice) checkPrice(terms, pricePaise, 'price');
  if (!hasTrigger(orderType) && variety !== 'co') return;
  checkTick(terms, triggerPaise, 'trigger_price');
  const band = priceBand(instrument);
  if (terms.side === 'SELL' && triggerPaise < band.lowerPaise) {
    throw inputRefusal(
      'Trigger price for stoploss sell orders cannot be below the lower circuit price.',
    );
  }
  if (terms.side === 'BUY' && triggerPaise > band.upperPaise) {
    throw inputRefusal(
      'Trigger price for stoploss buy orders cannot be above the upper circuit price.',
    );
  }
  if (orderType !== 'SL') return;
  const isBeyond = terms.side === 'BUY' ? triggerPaise > pricePaise : triggerPaise < pricePaise;
  if (isBeyond) {
    throw inputRefusal(
      terms.side === 'BUY'
        ? 'Trigger price for stoploss buy orders should be lower than the limit price.'
        : 'Trigger price for stoploss sell orders should be higher than the limit price.',
    );
  }
}

function checkPrice(terms: OrderTerms, paise: number, name: string): void {
  checkTick(terms, paise, name);
  const band = priceBand(terms.instrument);
  if (paise >= band.lowerPaise && paise <= band.upperPaise) return;
  throw inputRefusal(
    'Price exceeds circuit limits for the instrument. ' +
      `It should be between ${band.lowerPaise / 100} and ${band.upperPaise / 100}.`,
  );
}

function checkTick({ instrument }: OrderTerms, paise: number, name: string): void {
  if (paise === 0) throw inputRefusal(`Missing or empty field \`${name}\`.`);
  const { tickPaise } = instrument.spec;
  if (paise % tickPaise === 0) return;
  throw inputRefusal(`Tick size for this instrument is ${tickPaise / 100}. Invalid \`${name}\`.`);
}

function checkProtection({ orderType, marketProtection }: OrderTerms): void {
  if (!isMarketType(orderType) || marketProtection !== 0) return;
  throw inputRefusal(
    'Market orders without market protection are not allowed via API. ' +
      'Please set market protection or use a Limit order.',
  );
}

function checkValidity({ validity, ttlMinutes, variety }: OrderTerms): void {
  if (validity === 'TTL' && ttlMinutes < 1) {
    throw inputRefusal('Missing or empty field `validity_ttl`.');
  }
  if (validity === 'IOC' && variety !== 'regular') {
    throw inputRefusal(`Validity IOC is not allowed for ${variety} orders.`);
  }
}

function checkVariety(terms: OrderTerms): void {
  if (terms.variety === 'iceberg') checkIceberg(terms);
  if (terms.variety === 'auction') checkAuction(terms);
  if (terms.variety === 'co' && hasTrigger(terms.orderType)) {
    throw inputRefusal('Cover orders are allowed with order type MARKET or LIMIT only.');
  }
  if (terms.autoslice && terms.variety !== 'regular' && terms.variety !== 'amo') {
    throw inputRefusal(`Autoslice is not allowed for ${terms.variety} orders.`);
  }
}

function checkIceberg(terms: OrderTerms): void {
  const { icebergLegs, icebergQuantity, quantity, instrument } = terms;
  if (icebergLegs < MIN_ICEBERG_LEGS || icebergLegs > MAX_ICEBERG_LEGS) {
    throw inputRefusal(
      `Iceberg legs should be ${MIN_ICEBERG_LEGS} to ${MAX_ICEBERG_LEGS}, not ${icebergLegs}.`,
    );
  }
  const isSplit = icebergQuantity > 0 && Math.ceil(quantity / icebergQuantity) === icebergLegs;
  if (!isSplit || icebergQuantity % instrument.spec.lotSize !== 0) {
    throw inputRefusal('Invalid `iceberg_quantity`. It should be the quantity by the legs.');
  }
  checkFreeze(terms, icebergQuantity);
}

function checkAuction({ auctionNumber, side, product, orderType }: OrderTerms): void {
  if (auctionNumber === null) throw inputRefusal('Missing or empty field `auction_number`.');
  if (side !== 'SELL' || product !== 'CNC' || orderType !== 'LIMIT') {
    throw inputRefusal('Auction orders sell with product CNC and order type LIMIT only.');
  }
}
