/** How the order side waits, looks and gives up. Times in ms. */
export interface OrderSettings {
  /** Cancellations leave while the journal does not work, and are journaled afterwards. */
  cancelWithoutJournal: boolean;
  /** A known price that is older is asked for anew; PRICE_AGE_MAX_MS is what the check refuses. */
  priceFreshMs: number;
  /** Between two readings of an account's book, trades and positions. */
  reconcileMs: number;
  /** A book that was read longer ago than this stops new orders. */
  bookMaxAgeMs: number;
  /** How long a refusal waits to be durable before it is told. */
  toldAfterMs: number;
  /** After a refusal by a limiter, until the tag is looked up. */
  throttleLookMs: number;
  /** After an unknown outcome, when the order book is read. */
  lookUpsMs: readonly number[];
  /** Between look-ups after the last of `lookUpsMs`. */
  lookUpEveryMs: number;
  /** An order that is there can stay invisible so long; earlier reads prove no absence. */
  quietMs: number;
  /** An open order that its account's book lacks so long after the answer is missing. */
  shownAfterMs: number;
  /** An outcome that is unknown for so long needs a person. */
  escalateAfterMs: number;
  /** From a hint to the reading of book and trades that it asks for. */
  hintDelayMs: number;
  /** Between two such readings. */
  hintReadMs: number;
  /** An order that is on its way to the exchange is looked after for so long. */
  settleMs: number;
}

export const DEFAULT_ORDER_SETTINGS: OrderSettings = {
  cancelWithoutJournal: false,
  priceFreshMs: 3_000,
  reconcileMs: 300_000,
  bookMaxAgeMs: 660_000,
  toldAfterMs: 1_000,
  throttleLookMs: 1_500,
  lookUpsMs: [
    300, 700, 1_500, 3_000, 5_000, 8_000, 13_000, 20_000, 30_000, 45_000, 60_000, 90_000, 120_000,
  ],
  lookUpEveryMs: 15_000,
  quietMs: 120_000,
  shownAfterMs: 180_000,
  escalateAfterMs: 300_000,
  hintDelayMs: 250,
  hintReadMs: 2_000,
  settleMs: 180_000,
};
