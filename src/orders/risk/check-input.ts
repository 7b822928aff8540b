import type { MarketPrice, SessionState, TradableContract } from '../../domain/order-market.ts';
import type { OrderRecord } from '../../domain/order-record.ts';
import type { OrderChange, OrderTerms } from '../../domain/order-terms.ts';

/** An order as it stands before the checks, with all that they look at. */
export interface CheckInput {
  keyId: string;
  account: string;
  terms: OrderTerms;
  contract: TradableContract;
  /** Undefined: none could be had. */
  price: MarketPrice | undefined;
  session: SessionState;
  /** Epoch µs. */
  nowUs: number;
}

/** A modification; `terms` are those of the order before it. */
export interface ChangeCheckInput extends CheckInput {
  order: OrderRecord;
  change: OrderChange;
}
