import type { MarketPrice, TradableContract } from '../../domain/order-market.ts';

/** Prices of what streams. */
export interface StreamPrices {
  /** The newest one; undefined: none has come. Never waits. */
  last(token: number): MarketPrice | undefined;
  /**
   * Has the contract streamed from now on, for some minutes; call it again while it is needed.
   * False: it cannot be had.
   */
  watch(contract: TradableContract): Promise<boolean>;
  /** What is missing for prices to come; undefined: nothing. */
  problem(): string | undefined;
  close(): void;
}
