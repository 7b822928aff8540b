import Type, { type TInteger, type TNumber, type TRefine } from 'typebox';
import {
  ORDER_EXCHANGES,
  ORDER_TYPES,
  PRODUCTS,
  TRANSACTION_TYPES,
  VALIDITIES,
  VARIETIES,
} from '../../../domain/order-terms.ts';

/* What callers may send, by the broker's own names (Kite Connect, "Orders"). */

/** Above every price and value in rupees, and exact with its decimals. */
const RUPEES_MAX = 1_000_000_000;
const PRICE_DECIMALS_MAX = 4;
const QUANTITY_MAX = 1_000_000_000;

export const TEXT_MAX = 500;

type Rupees = TRefine<TNumber>;

function hasFewDecimals(value: number): boolean {
  return Number(value.toFixed(PRICE_DECIMALS_MAX)) === value;
}

/** Rupees above 0 that stand for themselves: what was typed is what is sent. */
export function rupees(description: string): Rupees {
  return Type.Refine(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: RUPEES_MAX,
      description: `${description} At most ${PRICE_DECIMALS_MAX} decimals.`,
    }),
    hasFewDecimals,
    () => `must have at most ${PRICE_DECIMALS_MAX} decimals`,
  );
}

/** Rupees, or 0 for none. */
export function rupeesOrZero(description: string): Rupees {
  return Type.Refine(
    Type.Number({
      minimum: 0,
      maximum: RUPEES_MAX,
      description: `${description} At most ${PRICE_DECIMALS_MAX} decimals; 0: none.`,
    }),
    hasFewDecimals,
    () => `must have at most ${PRICE_DECIMALS_MAX} decimals`,
  );
}

export function units(description: string): TInteger {
  return Type.Integer({ minimum: 1, maximum: QUANTITY_MAX, description });
}

export const ACCOUNT = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The broker's client id.",
});

export const CLIENT_ORDER_ID = Type.String({
  pattern: '^[A-Za-z0-9._:-]{1,64}$',
  description: 'Your own name for the order; unique per account.',
});

export const CLIENT_TAG = Type.String({
  pattern: '^[A-Za-z0-9]{1,20}$',
  description: 'Yours; kept with the order, while the broker gets a tag of ours.',
});

export const BROKER_ORDER_ID = Type.String({
  pattern: '^[0-9]{1,20}$',
  description: 'Digits, as text.',
});

export const REASON = Type.String({
  minLength: 1,
  maxLength: TEXT_MAX,
  description: 'Goes into the audit record.',
});

export const ORDER_PARAMS = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the order: ord_...' }),
});

/** Members of an order that a modification may change too. */
export const CHANGEABLE = {
  order_type: Type.Enum([...ORDER_TYPES]),
  quantity: units('Units; of derivatives a multiple of the lot.'),
  price: rupees('Rupees; for LIMIT and SL.'),
  trigger_price: rupees('Rupees; for SL, SL-M and cover orders.'),
  validity: Type.Enum([...VALIDITIES], { description: 'DAY if left out.' }),
  validity_ttl: Type.Integer({
    minimum: 1,
    maximum: 1440,
    description: 'Minutes; for validity TTL.',
  }),
  disclosed_quantity: units('Units shown in the book; equity only.'),
  market_protection: Type.Refine(
    Type.Number({
      minimum: -1,
      maximum: 100,
      description: 'Percent above 0 up to 100, or -1: as the broker does. For MARKET and SL-M.',
    }),
    (value) => value > 0 || value === -1,
    () => 'must be above 0 up to 100, or -1',
  ),
};

/** Members of an order that stay as they are. */
export const FIXED = {
  exchange: Type.Enum([...ORDER_EXCHANGES]),
  tradingsymbol: Type.String({
    pattern: '^[A-Z0-9&._-]{1,64}$',
    description: "The broker's, without the exchange.",
  }),
  transaction_type: Type.Enum([...TRANSACTION_TYPES]),
  product: Type.Enum([...PRODUCTS]),
  variety: Type.Enum([...VARIETIES], { description: 'regular if left out.' }),
};
