/**
 * Where the fields of the four tick structs lie: byte offsets from the struct's start, by the names
 * of schemas/tick.fbs in camel case. All numbers are little-endian. A frame carries one kind.
 */

/** Structs a frame can carry: `tick` for mode full, `quote`, `compact`, `ltp`. */
export type FrameKind = 'tick' | 'quote' | 'compact' | 'ltp';

/** The offset of a field that a struct does not have. */
export const ABSENT = -1;

const QUOTE_FIELDS = {
  instrumentToken: 0,
  flags: 4,
  sequenceLow: 8,
  sequenceHigh: 12,
  receiveTime: 16,
  instrumentSequence: 24,
  merged: 28,
  exchangeTimestamp: 32,
  lastTradeTime: 36,
  lastPrice: 40,
  lastQuantity: 44,
  averagePrice: 48,
  volume: 52,
  totalBuyQuantity: 56,
  totalSellQuantity: 60,
  open: 64,
  high: 68,
  low: 72,
  close: 76,
  change: 80,
  oi: 84,
  oiDayHigh: 88,
  oiDayLow: 92,
  priceDivisor: 96,
  segment: 100,
  mode: 101,
  packetLength: 102,
} as const;

const GREEKS_FIELDS = {
  greeksSequenceLow: 104,
  greeksSequenceHigh: 108,
  status: 112,
  forwardSource: 113,
  model: 114,
  quality: 115,
  timeToExpiry: 116,
  forward: 120,
  iv: 128,
  delta: 136,
  gamma: 144,
  theta: 152,
  vega: 160,
  rho: 168,
  ivBid: 176,
  ivAsk: 180,
  ivOwn: 184,
  state: 188,
} as const;

/** One struct. Fields that it lacks are ABSENT. */
export type TickLayout = {
  readonly kind: FrameKind;
  readonly structBytes: number;
  /** Whether iv, delta, gamma, theta, vega and rho are f32 instead of f64. */
  readonly narrowGreeks: boolean;
  /** Level n of side s (0 bid, 1 ask) is at depth + (s x depthLevels + n) x depthLevelBytes. */
  readonly depth: number;
  readonly depthLevels: number;
  /** 12 with the number of orders (price u32, quantity u32, orders u16, padding u16), 8 without. */
  readonly depthLevelBytes: number;
} & Readonly<Record<keyof typeof QUOTE_FIELDS | keyof typeof GREEKS_FIELDS, number>>;

const NO_DEPTH = { depth: ABSENT, depthLevels: 0, depthLevelBytes: 0 } as const;

/** Mode full; also the layout of a slot in shared memory. */
export const TICK_LAYOUT = {
  kind: 'tick',
  structBytes: 320,
  narrowGreeks: false,
  depth: 192,
  depthLevels: 5,
  depthLevelBytes: 12,
  ...QUOTE_FIELDS,
  ...GREEKS_FIELDS,
} as const satisfies TickLayout;

/** Mode quote: the first 192 bytes of a Tick. */
export const QUOTE_LAYOUT = {
  kind: 'quote',
  structBytes: 192,
  narrowGreeks: false,
  ...NO_DEPTH,
  ...QUOTE_FIELDS,
  ...GREEKS_FIELDS,
} as const satisfies TickLayout;

/** Mode compact. */
export const COMPACT_LAYOUT = {
  kind: 'compact',
  structBytes: 128,
  narrowGreeks: true,
  instrumentToken: 0,
  flags: 4,
  sequenceLow: 8,
  sequenceHigh: 12,
  receiveTime: 16,
  instrumentSequence: 24,
  merged: 28,
  exchangeTimestamp: 32,
  lastTradeTime: ABSENT,
  lastPrice: 36,
  lastQuantity: ABSENT,
  averagePrice: ABSENT,
  // bid_price, bid_quantity, ask_price, ask_quantity: one level a side.
  depth: 40,
  depthLevels: 1,
  depthLevelBytes: 8,
  volume: 56,
  totalBuyQuantity: ABSENT,
  totalSellQuantity: ABSENT,
  open: ABSENT,
  high: ABSENT,
  low: ABSENT,
  close: ABSENT,
  change: ABSENT,
  oi: 60,
  oiDayHigh: ABSENT,
  oiDayLow: ABSENT,
  priceDivisor: 64,
  segment: 68,
  mode: 69,
  packetLength: ABSENT,
  greeksSequenceLow: ABSENT,
  greeksSequenceHigh: ABSENT,
  status: 70,
  forwardSource: 71,
  model: 72,
  quality: 73,
  timeToExpiry: 76,
  forward: 80,
  iv: 88,
  delta: 92,
  gamma: 96,
  theta: 100,
  vega: 104,
  rho: 108,
  ivBid: 112,
  ivAsk: 116,
  ivOwn: 120,
  state: ABSENT,
} as const satisfies TickLayout;

/** Mode ltp. */
export const LTP_LAYOUT = {
  kind: 'ltp',
  structBytes: 48,
  narrowGreeks: false,
  ...NO_DEPTH,
  instrumentToken: 0,
  flags: 4,
  sequenceLow: 8,
  sequenceHigh: 12,
  receiveTime: 16,
  instrumentSequence: 24,
  merged: 28,
  exchangeTimestamp: 32,
  lastTradeTime: ABSENT,
  lastPrice: 36,
  lastQuantity: ABSENT,
  averagePrice: ABSENT,
  volume: ABSENT,
  totalBuyQuantity: ABSENT,
  totalSellQuantity: ABSENT,
  open: ABSENT,
  high: ABSENT,
  low: ABSENT,
  close: ABSENT,
  change: ABSENT,
  oi: ABSENT,
  oiDayHigh: ABSENT,
  oiDayLow: ABSENT,
  priceDivisor: 40,
  segment: 44,
  mode: 45,
  packetLength: ABSENT,
  greeksSequenceLow: ABSENT,
  greeksSequenceHigh: ABSENT,
  status: ABSENT,
  forwardSource: ABSENT,
  model: ABSENT,
  quality: ABSENT,
  timeToExpiry: ABSENT,
  forward: ABSENT,
  iv: ABSENT,
  delta: ABSENT,
  gamma: ABSENT,
  theta: ABSENT,
  vega: ABSENT,
  rho: ABSENT,
  ivBid: ABSENT,
  ivAsk: ABSENT,
  ivOwn: ABSENT,
  state: ABSENT,
} as const satisfies TickLayout;

export const LAYOUTS = {
  tick: TICK_LAYOUT,
  quote: QUOTE_LAYOUT,
  compact: COMPACT_LAYOUT,
  ltp: LTP_LAYOUT,
} as const satisfies Record<FrameKind, TickLayout>;
