/** ACTIVE: all orders. REDUCING: only what closes positions. HALTED: nothing but cancellations. */
export const TRADING_STATES = ['ACTIVE', 'REDUCING', 'HALTED'] as const;
export type TradingState = (typeof TRADING_STATES)[number];

/** The account that stands for all of them. */
export const ALL_ACCOUNTS = '*';

export interface TradingStateRecord {
  /** Or ALL_ACCOUNTS: the stricter one of both counts. */
  account: string;
  state: TradingState;
  reason: string;
  /** A key id, `cli:<user>`, `service`, `file`, `signal`. */
  actor: string;
  changedUs: number;
}

/**
 * Limits of orders; null: none. Of an account, of a key, or of all; the tightest one of those that
 * apply counts.
 */
export interface RiskLimits {
  /** Rupees of one order. */
  orderValueRupees: number | null;
  /** Rupees of all orders that may still fill. */
  openValueRupees: number | null;
  /** Rupees of one contract's position, when everything open has filled. */
  positionValueRupees: number | null;
  /** Units of one order. */
  orderQuantity: number | null;
  /** Rupees that may be lost on the day, realised and not. */
  dailyLossRupees: number | null;
  /** Orders a second, and a minute. */
  ordersPerSecond: number | null;
  ordersPerMinute: number | null;
  /** Percent that a price may be away from the market, against the side that it favours. */
  priceBandPercent: number | null;
  /** Two equal orders within so many ms are taken for one by mistake. */
  duplicateWindowMs: number | null;
}

export interface RiskLimitRecord {
  scope: 'all' | 'account' | 'key';
  /** Account or key id; empty for `all`. */
  subject: string;
  limits: RiskLimits;
  actor: string;
  changedUs: number;
}
