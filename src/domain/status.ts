/**
 * Status, source and flag codes of a tick. The numbers stand in the memory slot and in the frame
 * (`schemas/tick.fbs`), the names in JSON, metrics and documents. Codes are never renumbered.
 */

/** Why a tick's Greeks have the value that they have. 0 never leaves the service. */
export const GREEKS_STATUS = {
  UNSET: 0,
  OK: 1,
  /** Price at or below the discounted intrinsic value: no volatility gives it. */
  BELOW_INTRINSIC: 2,
  /** Price at or above the discounted underlying (call) or strike (put). */
  ABOVE_MAXIMUM: 3,
  EXPIRED: 4,
  /** An input is not a positive finite number. */
  INVALID: 5,
  NO_UNDERLYING: 6,
  NO_QUOTE: 7,
  STALE: 8,
  /** Best bid above best ask. */
  CROSSED: 9,
  AFTER_SETTLEMENT: 10,
  /** Not computed in time for this delivery. */
  GREEKS_LATE: 11,
  /** An overloaded worker computed a newer tick of the instrument instead. */
  GREEKS_SKIPPED: 12,
  NOT_AN_OPTION: 13,
  NOT_REQUESTED: 14,
} as const;
export type GreeksStatus = (typeof GREEKS_STATUS)[keyof typeof GREEKS_STATUS];

/** Where the forward came from, best first. */
export const FORWARD_SOURCE = {
  NONE: 0,
  /** Put-call parity of the same expiry. */
  PARITY: 1,
  /** Listed future of the same expiry. */
  FUTURE: 2,
  /** Future of another expiry, carried. */
  CARRIED_FUTURE: 3,
  /** Spot with carry; always flagged FORWARD_DEGRADED. */
  SPOT_CARRY: 4,
} as const;

export const PRICING_MODEL = { NONE: 0, BLACK_76: 1, BLACK_SCHOLES_MERTON: 2 } as const;

/** What has become of the smile of a chain. */
export const SMILE_STATUS = {
  /** Not tried: no forward, or expired. */
  NONE: 0,
  /** Fitted, without butterfly arbitrage. */
  OK: 1,
  /** Too few strikes have a volatility. */
  TOO_FEW_POINTS: 2,
  /** Fitted, but no curve near the quotes is free of butterfly arbitrage. */
  ARBITRAGE: 3,
} as const;
export type SmileStatus = (typeof SMILE_STATUS)[keyof typeof SMILE_STATUS];

/** Bits of `quality`. */
export const QUALITY = {
  PRICE_FROM_LAST_TRADE: 1,
  FORWARD_DEGRADED: 2,
  CALENDAR_ESTIMATED: 4,
} as const;

/** Bits of `flags`. From bit 8 on: validation. */
export const TICK_FLAG = {
  SNAPSHOT: 1 << 0,
  CONFLATED: 1 << 1,
  REPRICED: 1 << 2,
  SIMULATED: 1 << 3,
  /** The Greeks beside this quote were computed for an older one. */
  OLDER_GREEKS: 1 << 4,
  /** Best bid above best ask. */
  CROSSED_BOOK: 1 << 8,
  /** Exchange time or day volume went backwards. */
  OUT_OF_ORDER: 1 << 9,
  ZERO_LAST_PRICE: 1 << 10,
  UNKNOWN_SEGMENT: 1 << 11,
} as const;

/** What a subscription delivers. COMPACT exists towards clients only. */
export const MODE = { LTP: 1, QUOTE: 2, FULL: 3, COMPACT: 4 } as const;
export type Mode = (typeof MODE)[keyof typeof MODE];
export const MODE_NAME = { 1: 'ltp', 2: 'quote', 3: 'full', 4: 'compact' } as const;

/** Reserved numbers that say "undefined" in slots and frames. */
export const UNDEFINED_U8 = 0xff;
export const UNDEFINED_U32 = 0xffff_ffff;
export const UNDEFINED_I32 = -0x8000_0000;
/** FLT_MAX and DBL_MAX. */
export const UNDEFINED_F32 = 3.4028234663852886e38;
export const UNDEFINED_F64 = Number.MAX_VALUE;

function namesByCode(table: Readonly<Record<string, number>>): readonly string[] {
  const names: string[] = [];
  for (const [name, code] of Object.entries(table)) names[code] = name;
  return Object.freeze(names);
}

/** Code to name; index with the number. */
export const GREEKS_STATUS_NAMES = namesByCode(GREEKS_STATUS);
export const FORWARD_SOURCE_NAMES = namesByCode(FORWARD_SOURCE);
export const PRICING_MODEL_NAMES = namesByCode(PRICING_MODEL);
export const SMILE_STATUS_NAMES = namesByCode(SMILE_STATUS);

/** Names of the bits set in `bits`, lowest bit first. */
export function bitNames(table: Readonly<Record<string, number>>, bits: number): string[] {
  const names: string[] = [];
  if (bits === 0) return names;
  for (const name in table) if ((bits & (table[name] ?? 0)) !== 0) names.push(name);
  return names;
}
