import { UNDEFINED_F32, UNDEFINED_F64 } from '../../../src/domain/status.ts';
import type { ByteViews } from '../../../src/wire/byte-views.ts';
import { COMPACT_LAYOUT, LTP_LAYOUT, TICK_LAYOUT } from '../../../src/wire/tick-layout.ts';

const FROM = TICK_LAYOUT;
const COMPACT = COMPACT_LAYOUT;
const LTP = LTP_LAYOUT;

/**
 * Writes the CompactTick of the Tick at `sourceBytes` of `source` to `targetBytes` of `target`.
 * Both are byte offsets, multiples of 8; the source is private memory, complete and unchanging.
 */
export function writeCompact(
  source: ByteViews,
  sourceBytes: number,
  target: ByteViews,
  targetBytes: number,
): void {
  copyIdentity(source, sourceBytes, target, targetBytes);
  const from = source.u32;
  const to = target.u32;
  const f = sourceBytes >> 2;
  const t = targetBytes >> 2;
  const bid = f + (FROM.depth >> 2);
  const ask = bid + ((FROM.depthLevels * FROM.depthLevelBytes) >> 2);
  to[t + (COMPACT.lastPrice >> 2)] = from[f + (FROM.lastPrice >> 2)]!;
  to[t + (COMPACT.depth >> 2)] = from[bid]!;
  to[t + (COMPACT.depth >> 2) + 1] = from[bid + 1]!;
  to[t + (COMPACT.depth >> 2) + 2] = from[ask]!;
  to[t + (COMPACT.depth >> 2) + 3] = from[ask + 1]!;
  to[t + (COMPACT.volume >> 2)] = from[f + (FROM.volume >> 2)]!;
  to[t + (COMPACT.oi >> 2)] = from[f + (FROM.oi >> 2)]!;
  to[t + (COMPACT.priceDivisor >> 2)] = from[f + (FROM.priceDivisor >> 2)]!;
  target.u16[(targetBytes + COMPACT.segment) >> 1] = source.u16[(sourceBytes + FROM.segment) >> 1]!;
  copyCompactGreeks(source, sourceBytes, target, targetBytes);
}

function copyCompactGreeks(
  source: ByteViews,
  sourceBytes: number,
  target: ByteViews,
  targetBytes: number,
): void {
  const { u8, u32, f32, f64 } = target;
  const d = sourceBytes >> 3;
  const w = sourceBytes >> 2;
  const t = targetBytes >> 2;
  u8[targetBytes + COMPACT.status] = source.u8[sourceBytes + FROM.status]!;
  u8[targetBytes + COMPACT.forwardSource] = source.u8[sourceBytes + FROM.forwardSource]!;
  // Model, quality and the reserved bytes after them fill one word.
  u32[t + (COMPACT.model >> 2)] =
    source.u8[sourceBytes + FROM.model]! | (source.u8[sourceBytes + FROM.quality]! << 8);
  f32[t + (COMPACT.timeToExpiry >> 2)] = source.f32[w + (FROM.timeToExpiry >> 2)]!;
  f64[(targetBytes + COMPACT.forward) >> 3] = source.f64[d + (FROM.forward >> 3)]!;
  f32[t + (COMPACT.iv >> 2)] = narrow(source.f64[d + (FROM.iv >> 3)]!);
  f32[t + (COMPACT.delta >> 2)] = narrow(source.f64[d + (FROM.delta >> 3)]!);
  f32[t + (COMPACT.gamma >> 2)] = narrow(source.f64[d + (FROM.gamma >> 3)]!);
  f32[t + (COMPACT.theta >> 2)] = narrow(source.f64[d + (FROM.theta >> 3)]!);
  f32[t + (COMPACT.vega >> 2)] = narrow(source.f64[d + (FROM.vega >> 3)]!);
  f32[t + (COMPACT.rho >> 2)] = narrow(source.f64[d + (FROM.rho >> 3)]!);
  f32[t + (COMPACT.ivBid >> 2)] = source.f32[w + (FROM.ivBid >> 2)]!;
  f32[t + (COMPACT.ivAsk >> 2)] = source.f32[w + (FROM.ivAsk >> 2)]!;
  f32[t + (COMPACT.ivOwn >> 2)] = source.f32[w + (FROM.ivOwn >> 2)]!;
  u32[(targetBytes + COMPACT.structBytes - 4) >> 2] = 0;
}

/** "Undefined" is another number in f32. */
function narrow(value: number): number {
  return value === UNDEFINED_F64 ? UNDEFINED_F32 : value;
}

/** As `writeCompact`, for the LtpTick. */
export function writeLtp(
  source: ByteViews,
  sourceBytes: number,
  target: ByteViews,
  targetBytes: number,
): void {
  copyIdentity(source, sourceBytes, target, targetBytes);
  const f = sourceBytes >> 2;
  const t = targetBytes >> 2;
  target.u32[t + (LTP.lastPrice >> 2)] = source.u32[f + (FROM.lastPrice >> 2)]!;
  target.u32[t + (LTP.priceDivisor >> 2)] = source.u32[f + (FROM.priceDivisor >> 2)]!;
  // Segment, mode and the reserved bytes after them fill one word.
  target.u32[t + (LTP.segment >> 2)] = source.u16[(sourceBytes + FROM.segment) >> 1]!;
}

/** The first 36 bytes, which all structs share. */
function copyIdentity(
  source: ByteViews,
  sourceBytes: number,
  target: ByteViews,
  targetBytes: number,
): void {
  const from = source.u32;
  const to = target.u32;
  let f = sourceBytes >> 2;
  let t = targetBytes >> 2;
  const end = t + (LTP.lastPrice >> 2);
  while (t < end) {
    to[t] = from[f]!;
    t += 1;
    f += 1;
  }
}
