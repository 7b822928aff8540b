import type { SimInstrument } from '../sim-instrument.ts';

export const VARIETIES = ['regular', 'amo', 'co', 'iceberg', 'auction'] as const;
export const EXCHANGES = ['NSE', 'BSE', 'NFO', 'BFO', 'CDS', 'BCD', 'MCX'] as const;
export const SIDES = ['BUY', 'SELL'] as const;
export const ORDER_TYPES = ['MARKET', 'LIMIT', 'SL', 'SL-M'] as const;
export const PRODUCTS = ['CNC', 'NRML', 'MIS', 'MTF'] as const;
export const VALIDITIES = ['DAY', 'IOC', 'TTL'] as const;

export type Variety = (typeof VARIETIES)[number];
export type Side = (typeof SIDES)[number];
export type OrderType = (typeof ORDER_TYPES)[number];
/** CO is what the positions of cover orders have. */
export type Product = (typeof PRODUCTS)[number] | 'CO';
export type Validity = (typeof VALIDITIES)[number];

/** The broker's automatic market protection. */
export const AUTOMATIC_PROTECTION = -1;

/** What an order asks for, checked. Prices in paise, 0 = none; quantities in units. */
export interface OrderTerms {
  variety: Variety;
  instrument: SimInstrument;
  side: Side;
  orderType: OrderType;
  product: Product;
  quantity: number;
  pricePaise: number;
  triggerPaise: number;
  validity: Validity;
  ttlMinutes: number;
  disclosedQuantity: number;
  /** Percent of the last price; -1 automatic, 0 none. */
  marketProtection: number;
  /** 0 unless an iceberg order. */
  icebergLegs: number;
  /** Units of one leg. */
  icebergQuantity: number;
  auctionNumber: string | null;
  tag: string | null;
  autoslice: boolean;
}

/** What a modification may change; what is left out stays. */
export interface OrderChange {
  orderType?: OrderType;
  quantity?: number;
  pricePaise?: number;
  triggerPaise?: number;
  disclosedQuantity?: number;
  validity?: Validity;
  ttlMinutes?: number;
  marketProtection?: number;
}

export function opposite(side: Side): Side {
  return side === 'BUY' ? 'SELL' : 'BUY';
}

export function isMarketType(orderType: OrderType): boolean {
  return orderType === 'MARKET' || orderType === 'SL-M';
}

export function hasTrigger(orderType: OrderType): boolean {
  return orderType === 'SL' || orderType === 'SL-M';
}
