import Type, { type Static } from 'typebox';
import type { PlaceRequest } from '../../../domain/order-service.ts';
import type { OrderChange, OrderTerms } from '../../../domain/order-terms.ts';
import {
  ACCOUNT,
  CHANGEABLE,
  CLIENT_ORDER_ID,
  CLIENT_TAG,
  FIXED,
  rupeesOrZero,
  units,
} from './field-schemas.ts';

const { order_type: ORDER_TYPE, quantity: QUANTITY, ...OPTIONAL } = CHANGEABLE;

/** Body of a placement. Only form is checked here; what goes with what is for the order checks. */
export const PLACE_BODY = Type.Object(
  {
    account: ACCOUNT,
    client_order_id: Type.Optional(CLIENT_ORDER_ID),
    tag: Type.Optional(CLIENT_TAG),
    exchange: FIXED.exchange,
    tradingsymbol: FIXED.tradingsymbol,
    transaction_type: FIXED.transaction_type,
    order_type: ORDER_TYPE,
    product: FIXED.product,
    quantity: QUANTITY,
    variety: Type.Optional(FIXED.variety),
    price: Type.Optional(OPTIONAL.price),
    trigger_price: Type.Optional(OPTIONAL.trigger_price),
    validity: Type.Optional(OPTIONAL.validity),
    validity_ttl: Type.Optional(OPTIONAL.validity_ttl),
    disclosed_quantity: Type.Optional(OPTIONAL.disclosed_quantity),
    market_protection: Type.Optional(OPTIONAL.market_protection),
    autoslice: Type.Optional(
      Type.Boolean({ description: 'Split above the freeze quantity, into at most 10.' }),
    ),
    iceberg_legs: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 50, description: 'For variety iceberg.' }),
    ),
    iceberg_quantity: Type.Optional(units('Units of one leg.')),
    auction_number: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9]{1,32}$', description: 'For variety auction.' }),
    ),
    algo_id: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9._-]{1,64}$',
        description: 'Of a registered algorithm.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const CHANGE_BODY = Type.Partial(Type.Object(CHANGEABLE), {
  additionalProperties: false,
  minProperties: 1,
});

/** One order of a margin request, as the broker takes it. */
export const MARGIN_ORDER = Type.Object(
  {
    ...FIXED,
    order_type: ORDER_TYPE,
    quantity: QUANTITY,
    price: Type.Optional(rupeesOrZero('Rupees.')),
    trigger_price: Type.Optional(rupeesOrZero('Rupees.')),
  },
  { additionalProperties: false },
);

/** What a margin request says nothing of. */
const NOT_GIVEN = {
  priceRupees: null,
  triggerPriceRupees: null,
  validity: 'DAY',
  validityTtl: null,
  disclosedQuantity: null,
  marketProtection: null,
  autoslice: false,
  icebergLegs: null,
  icebergQuantity: null,
  auctionNumber: null,
  algoId: null,
} as const satisfies Partial<OrderTerms>;

export function placeRequestOf(body: Static<typeof PLACE_BODY>): PlaceRequest {
  return {
    account: body.account,
    clientOrderId: body.client_order_id ?? null,
    clientTag: body.tag ?? null,
    terms: {
      variety: body.variety ?? 'regular',
      exchange: body.exchange,
      tradingsymbol: body.tradingsymbol,
      transactionType: body.transaction_type,
      orderType: body.order_type,
      product: body.product,
      quantity: body.quantity,
      priceRupees: body.price ?? null,
      triggerPriceRupees: body.trigger_price ?? null,
      validity: body.validity ?? 'DAY',
      validityTtl: body.validity_ttl ?? null,
      disclosedQuantity: body.disclosed_quantity ?? null,
      marketProtection: body.market_protection ?? null,
      autoslice: body.autoslice ?? false,
      icebergLegs: body.iceberg_legs ?? null,
      icebergQuantity: body.iceberg_quantity ?? null,
      auctionNumber: body.auction_number ?? null,
      algoId: body.algo_id ?? null,
    },
  };
}

export function changeOf(body: Static<typeof CHANGE_BODY>): OrderChange {
  return {
    ...(body.order_type !== undefined && { orderType: body.order_type }),
    ...(body.quantity !== undefined && { quantity: body.quantity }),
    ...(body.price !== undefined && { priceRupees: body.price }),
    ...(body.trigger_price !== undefined && { triggerPriceRupees: body.trigger_price }),
    ...(body.validity !== undefined && { validity: body.validity }),
    ...(body.validity_ttl !== undefined && { validityTtl: body.validity_ttl }),
    ...(body.disclosed_quantity !== undefined && { disclosedQuantity: body.disclosed_quantity }),
    ...(body.market_protection !== undefined && { marketProtection: body.market_protection }),
  };
}

export function marginTermsOf(order: Static<typeof MARGIN_ORDER>): OrderTerms {
  const { price = 0, trigger_price: trigger = 0 } = order;
  return {
    ...NOT_GIVEN,
    variety: order.variety,
    exchange: order.exchange,
    tradingsymbol: order.tradingsymbol,
    transactionType: order.transaction_type,
    orderType: order.order_type,
    product: order.product,
    quantity: order.quantity,
    priceRupees: price === 0 ? null : price,
    triggerPriceRupees: trigger === 0 ? null : trigger,
  };
}
