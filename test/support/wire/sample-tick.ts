import { UNDEFINED_F32, UNDEFINED_F64, UNDEFINED_U32 } from '../../../src/domain/status.ts';
import type { ByteViews } from '../../../src/wire/byte-views.ts';
import { TICK_LAYOUT } from '../../../src/wire/tick-layout.ts';

type FieldName = Exclude<
  keyof typeof TICK_LAYOUT,
  'kind' | 'structBytes' | 'narrowGreeks' | 'depth' | 'depthLevels' | 'depthLevelBytes'
>;

/** Fields of a Tick by name, raw; `levels` are [price, quantity, orders], five bids, five asks. */
export type RawTick = Partial<Record<FieldName, number>> & { levels?: readonly RawLevel[] };
export type RawLevel = readonly [price: number, quantity: number, orders: number];

const U8 = new Set(['segment', 'mode', 'status', 'forwardSource', 'model', 'quality']);
const F32 = new Set(['timeToExpiry', 'ivBid', 'ivAsk', 'ivOwn']);
const F64 = new Set(['receiveTime', 'forward', 'iv', 'delta', 'gamma', 'theta', 'vega', 'rho']);

/** An option in full mode with everything defined and every value different. */
export const SAMPLE_TICK = {
  instrumentToken: 12_345_602,
  flags: 0,
  sequenceLow: 7,
  sequenceHigh: 1,
  receiveTime: 1_790_000_000_123_456.5,
  instrumentSequence: 42,
  merged: 0,
  exchangeTimestamp: 1_790_000_000,
  lastTradeTime: 1_789_999_999,
  lastPrice: 12_345,
  lastQuantity: 65,
  averagePrice: 12_001,
  volume: 3_000_000_000,
  totalBuyQuantity: 70_001,
  totalSellQuantity: 80_002,
  open: 11_000,
  high: 13_000,
  low: 10_500,
  close: 12_000,
  change: -123,
  oi: 555_555,
  oiDayHigh: 600_000,
  oiDayLow: 500_000,
  priceDivisor: 100,
  segment: 2,
  mode: 3,
  packetLength: 184,
  greeksSequenceLow: 6,
  greeksSequenceHigh: 1,
  status: 1,
  forwardSource: 1,
  model: 1,
  quality: 1,
  timeToExpiry: 0.015625,
  forward: 24_123.45,
  iv: 0.1234,
  delta: 0.512,
  gamma: 0.000_321,
  theta: -12.5,
  vega: 9.75,
  rho: -0.021,
  ivBid: 0.125,
  ivAsk: 0.25,
  ivOwn: 0.1875,
  state: 31,
  levels: [
    [12_340, 65, 1],
    [12_335, 130, 2],
    [12_330, 195, 3],
    [12_325, 260, 4],
    [0, 0, 0],
    [12_350, 75, 11],
    [12_355, 150, 12],
    [12_360, 225, 13],
    [12_365, 300, 65_535],
    [0, 0, 0],
  ],
} as const satisfies RawTick;

export const UNDEFINED_GREEKS = {
  forwardSource: 0,
  model: 0,
  quality: 0,
  timeToExpiry: UNDEFINED_F32,
  forward: UNDEFINED_F64,
  iv: UNDEFINED_F64,
  delta: UNDEFINED_F64,
  gamma: UNDEFINED_F64,
  theta: UNDEFINED_F64,
  vega: UNDEFINED_F64,
  rho: UNDEFINED_F64,
  ivBid: UNDEFINED_F32,
  ivAsk: UNDEFINED_F32,
  ivOwn: UNDEFINED_F32,
} as const satisfies RawTick;

export const UNDEFINED_LEVELS: readonly RawLevel[] = Array.from(
  { length: 10 },
  () => [UNDEFINED_U32, UNDEFINED_U32, 0xffff] as const,
);

/** Writes the sample, with `changes`, as a Tick (or, with room for 192 bytes only, a QuoteTick). */
export function writeTick(target: ByteViews, offsetBytes: number, changes: RawTick = {}): void {
  const { levels, ...fields } = { ...SAMPLE_TICK, ...changes };
  const view = new DataView(target.u8.buffer, target.u8.byteOffset, target.u8.byteLength);
  for (const [name, value] of Object.entries(fields)) {
    const at = offsetBytes + TICK_LAYOUT[name as FieldName];
    if (U8.has(name)) view.setUint8(at, value);
    else if (F32.has(name)) view.setFloat32(at, value, true);
    else if (F64.has(name)) view.setFloat64(at, value, true);
    else if (name === 'packetLength') view.setUint16(at, value, true);
    else if (name === 'change') view.setInt32(at, value, true);
    else view.setUint32(at, value, true);
  }
  if (offsetBytes + TICK_LAYOUT.structBytes > view.byteLength) return;
  for (const [index, [price, quantity, orders]] of levels.entries()) {
    const at = offsetBytes + TICK_LAYOUT.depth + index * TICK_LAYOUT.depthLevelBytes;
    view.setUint32(at, price, true);
    view.setUint32(at + 4, quantity, true);
    view.setUint16(at + 8, orders, true);
    view.setUint16(at + 10, 0, true);
  }
  view.setFloat64(offsetBytes + TICK_LAYOUT.structBytes - 8, 0, true);
}
