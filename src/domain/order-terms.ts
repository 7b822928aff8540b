/**
 * What an order asks for, in the broker's own words (Kite Connect, "Orders"); prices in rupees as
 * the caller gave them, quantities in units.
 */
export const VARIETIES = ['regular', 'amo', 'co', 'iceberg', 'auction'] as const;
export const ORDER_EXCHANGES = ['NSE', 'BSE', 'NFO', 'BFO', 'CDS', 'BCD', 'MCX'] as const;
export const TRANSACTION_TYPES = ['BUY', 'SELL'] as const;
export const ORDER_TYPES = ['MARKET', 'LIMIT', 'SL', 'SL-M'] as const;
export const PRODUCTS = ['CNC', 'NRML', 'MIS', 'MTF'] as const;
export const VALIDITIES = ['DAY', 'IOC', 'TTL'] as const;

export type Variety = (typeof VARIETIES)[number];
export type OrderExchange = (typeof ORDER_EXCHANGES)[number];
export type TransactionType = (typeof TRANSACTION_TYPES)[number];
export type OrderType = (typeof ORDER_TYPES)[number];
/** CO is what the positions of cover orders have; nobody can ask for it. */
export type Product = (typeof PRODUCTS)[number] | 'CO';
export type Validity = (typeof VALIDITIES)[number];

/** Market protection that the broker chooses. */
export const AUTOMATIC_PROTECTION = -1;

/** An order that passed the check of its form; null: not given. */
export interface OrderTerms {
  variety: Variety;
  exchange: OrderExchange;
  tradingsymbol: string;
  transactionType: TransactionType;
  orderType: OrderType;
  product: Product;
  quantity: number;
  priceRupees: number | null;
  triggerPriceRupees: number | null;
  validity: Validity;
  /** Minutes; for validity TTL. */
  validityTtl: number | null;
  disclosedQuantity: number | null;
  /** Percent above 0 up to 100, or AUTOMATIC_PROTECTION. */
  marketProtection: number | null;
  autoslice: boolean;
  icebergLegs: number | null;
  /** Units of one leg. */
  icebergQuantity: number | null;
  auctionNumber: string | null;
  algoId: string | null;
}

/** What a modification wants changed; what is left out stays. */
export interface OrderChange {
  orderType?: OrderType;
  quantity?: number;
  priceRupees?: number;
  triggerPriceRupees?: number;
  validity?: Validity;
  validityTtl?: number;
  disclosedQuantity?: number;
  marketProtection?: number;
}

export function opposite(side: TransactionType): TransactionType {
  return side === 'BUY' ? 'SELL' : 'BUY';
}

/** MARKET and SL-M: orders without a limit of their own, which need protection. */
export function isMarketType(orderType: OrderType): boolean {
  return orderType === 'MARKET' || orderType === 'SL-M';
}

export function hasTrigger(orderType: OrderType): boolean {
  return orderType === 'SL' || orderType === 'SL-M';
}
