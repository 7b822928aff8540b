import { GREEKS_STATUS, MODE, type Mode, UNDEFINED_F32, UNDEFINED_F64 } from '../domain/status.ts';
import { blankSection, writeBlankGreeks } from '../shm/blank-greeks.ts';
import type { TickViews } from '../shm/block.ts';
import { copyWords } from '../shm/copy-words.ts';
import {
  DEPTH_LEVELS,
  TICK_DELTA_F64,
  TICK_DEPTH_U32,
  TICK_EXCHANGE_TIMESTAMP_U32,
  TICK_FORWARD_F64,
  TICK_FORWARD_SOURCE_U8,
  TICK_GAMMA_F64,
  TICK_GREEKS_STATUS_U8,
  TICK_IV_ASK_F32,
  TICK_IV_BID_F32,
  TICK_IV_F64,
  TICK_IV_OWN_F32,
  TICK_LAST_PRICE_U32,
  TICK_MODE_U8,
  TICK_MODEL_U8,
  TICK_OI_U32,
  TICK_PRICE_DIVISOR_U32,
  TICK_QUALITY_U8,
  TICK_RECEIVE_TIME_F64,
  TICK_RHO_F64,
  TICK_SEGMENT_U8,
  TICK_THETA_F64,
  TICK_TIME_TO_EXPIRY_F32,
  TICK_VEGA_F64,
  TICK_VOLUME_U32,
} from '../shm/layout/tick-slot.ts';
import { TickFrameBuffer } from '../wire/frame.ts';
import { COMPACT_LAYOUT, type FrameKind, LTP_LAYOUT } from '../wire/tick-layout.ts';

/** Ticks of one frame; a larger batch becomes several frames. 512 full ticks are 164 kB. */
export const FRAME_TICKS_MAX = 512;

/** Frame kind of each MODE. */
const KIND_OF_MODE: Readonly<Record<Mode, FrameKind>> = {
  [MODE.LTP]: 'ltp',
  [MODE.QUOTE]: 'quote',
  [MODE.FULL]: 'tick',
  [MODE.COMPACT]: 'compact',
};

export function frameKind(mode: Mode): FrameKind {
  return KIND_OF_MODE[mode];
}

/** Why a tick goes without the Greeks of its slot. Fits into the low bits of a slot's offset. */
export const BLANK = { NOTHING: 0, LATE: 1, NOT_AN_OPTION: 2, NOT_REQUESTED: 3 } as const;
export type Blank = (typeof BLANK)[keyof typeof BLANK];

const BLANK_STATUS = [
  GREEKS_STATUS.OK,
  GREEKS_STATUS.GREEKS_LATE,
  GREEKS_STATUS.NOT_AN_OPTION,
  GREEKS_STATUS.NOT_REQUESTED,
] as const;
const BLANK_SECTIONS = BLANK_STATUS.map((status) => blankSection(status));

/**
 * Fills frames from ring slots or copies of them: whole slots for `full`, their first 192 bytes for
 * `quote`, field by field for `compact` and `ltp`. One per thread; frames are reused.
 */
export class FrameAssembler {
  readonly #frames: Readonly<Record<FrameKind, TickFrameBuffer>>;
  readonly #views: Readonly<Record<FrameKind, DataView>>;

  constructor(epochLow: number, epochHigh: number) {
    const frame = (kind: FrameKind) =>
      new TickFrameBuffer(kind, FRAME_TICKS_MAX, epochLow, epochHigh);
    this.#frames = {
      tick: frame('tick'),
      quote: frame('quote'),
      compact: frame('compact'),
      ltp: frame('ltp'),
    };
    const view = ({ u8 }: TickFrameBuffer) => new DataView(u8.buffer, u8.byteOffset, u8.length);
    this.#views = {
      tick: view(this.#frames.tick),
      quote: view(this.#frames.quote),
      compact: view(this.#frames.compact),
      ltp: view(this.#frames.ltp),
    };
  }

  frame(kind: FrameKind): TickFrameBuffer {
    return this.#frames[kind];
  }

  /** The structs of a frame as the reader of JSON ticks takes them. */
  view(kind: FrameKind): DataView {
    return this.#views[kind];
  }

  /**
   * Puts the tick at `slotBytes` of `source` into place `index` of the frame of its kind. `blank`:
   * why it goes without its Greeks.
   */
  put(kind: FrameKind, index: number, source: TickViews, slotBytes: number, blank: Blank): void {
    const frame = this.#frames[kind];
    const at = index * frame.structBytes;
    switch (kind) {
      case 'tick':
      case 'quote':
        copyWords(source.u32, slotBytes >> 2, frame.u32, at >> 2, frame.structBytes >> 2);
        if (blank !== BLANK.NOTHING) writeBlankGreeks(frame.u32, at >> 2, BLANK_SECTIONS[blank]!);
        return;
      case 'compact':
        putCompact(frame, at, source, slotBytes, blank);
        return;
      case 'ltp':
        putLtp(frame, at, source, slotBytes);
    }
  }
}

/** The words that all structs begin with: token, flags, sequence, receive time, counts, time. */
function putHead(frame: TickFrameBuffer, at: number, source: TickViews, slotBytes: number): void {
  copyWords(source.u32, slotBytes >> 2, frame.u32, at >> 2, TICK_RECEIVE_TIME_F64 * 2);
  frame.f64[(at >> 3) + TICK_RECEIVE_TIME_F64] =
    source.f64[(slotBytes >> 3) + TICK_RECEIVE_TIME_F64]!;
  const counts = COMPACT_LAYOUT.instrumentSequence >> 2;
  const from = slotBytes >> 2;
  frame.u32[(at >> 2) + counts] = source.u32[from + counts]!;
  frame.u32[(at >> 2) + counts + 1] = source.u32[from + counts + 1]!;
  frame.u32[(at + COMPACT_LAYOUT.exchangeTimestamp) >> 2] =
    source.u32[from + TICK_EXCHANGE_TIMESTAMP_U32]!;
}

function putLtp(frame: TickFrameBuffer, at: number, source: TickViews, slotBytes: number): void {
  putHead(frame, at, source, slotBytes);
  const from = slotBytes >> 2;
  frame.u32[(at + LTP_LAYOUT.lastPrice) >> 2] = source.u32[from + TICK_LAST_PRICE_U32]!;
  frame.u32[(at + LTP_LAYOUT.priceDivisor) >> 2] = source.u32[from + TICK_PRICE_DIVISOR_U32]!;
  frame.u8[at + LTP_LAYOUT.segment] = source.u8[slotBytes + TICK_SEGMENT_U8]!;
  frame.u8[at + LTP_LAYOUT.mode] = source.u8[slotBytes + TICK_MODE_U8]!;
}

function putCompact(
  frame: TickFrameBuffer,
  at: number,
  source: TickViews,
  slotBytes: number,
  blank: Blank,
): void {
  putHead(frame, at, source, slotBytes);
  const { u8, u32 } = frame;
  const from = slotBytes >> 2;
  const bid = from + TICK_DEPTH_U32;
  const ask = bid + DEPTH_LEVELS * 3;
  u32[(at + COMPACT_LAYOUT.lastPrice) >> 2] = source.u32[from + TICK_LAST_PRICE_U32]!;
  const book = (at + COMPACT_LAYOUT.depth) >> 2;
  u32[book] = source.u32[bid]!;
  u32[book + 1] = source.u32[bid + 1]!;
  u32[book + 2] = source.u32[ask]!;
  u32[book + 3] = source.u32[ask + 1]!;
  u32[(at + COMPACT_LAYOUT.volume) >> 2] = source.u32[from + TICK_VOLUME_U32]!;
  u32[(at + COMPACT_LAYOUT.oi) >> 2] = source.u32[from + TICK_OI_U32]!;
  u32[(at + COMPACT_LAYOUT.priceDivisor) >> 2] = source.u32[from + TICK_PRICE_DIVISOR_U32]!;
  u8[at + COMPACT_LAYOUT.segment] = source.u8[slotBytes + TICK_SEGMENT_U8]!;
  u8[at + COMPACT_LAYOUT.mode] = source.u8[slotBytes + TICK_MODE_U8]!;
  putCompactGreeks(frame, at, source, slotBytes, blank);
}

function putCompactGreeks(
  frame: TickFrameBuffer,
  at: number,
  source: TickViews,
  slotBytes: number,
  blank: Blank,
): void {
  const { u8, f32, f64 } = frame;
  const greeks = blank === BLANK.NOTHING;
  const status = greeks ? source.u8[slotBytes + TICK_GREEKS_STATUS_U8]! : BLANK_STATUS[blank];
  u8[at + COMPACT_LAYOUT.status] = status;
  u8[at + COMPACT_LAYOUT.forwardSource] = greeks
    ? source.u8[slotBytes + TICK_FORWARD_SOURCE_U8]!
    : 0;
  u8[at + COMPACT_LAYOUT.model] = greeks ? source.u8[slotBytes + TICK_MODEL_U8]! : 0;
  u8[at + COMPACT_LAYOUT.quality] = greeks ? source.u8[slotBytes + TICK_QUALITY_U8]! : 0;
  const doubles = slotBytes >> 3;
  const singles = slotBytes >> 2;
  const wide = (index: number) => {
    const value = greeks ? source.f64[doubles + index]! : UNDEFINED_F64;
    return value === UNDEFINED_F64 ? UNDEFINED_F32 : value;
  };
  const narrow = (index: number) => (greeks ? source.f32[singles + index]! : UNDEFINED_F32);
  f64[(at + COMPACT_LAYOUT.forward) >> 3] = greeks
    ? source.f64[doubles + TICK_FORWARD_F64]!
    : UNDEFINED_F64;
  f32[(at + COMPACT_LAYOUT.timeToExpiry) >> 2] = narrow(TICK_TIME_TO_EXPIRY_F32);
  f32[(at + COMPACT_LAYOUT.iv) >> 2] = wide(TICK_IV_F64);
  f32[(at + COMPACT_LAYOUT.delta) >> 2] = wide(TICK_DELTA_F64);
  f32[(at + COMPACT_LAYOUT.gamma) >> 2] = wide(TICK_GAMMA_F64);
  f32[(at + COMPACT_LAYOUT.theta) >> 2] = wide(TICK_THETA_F64);
  f32[(at + COMPACT_LAYOUT.vega) >> 2] = wide(TICK_VEGA_F64);
  f32[(at + COMPACT_LAYOUT.rho) >> 2] = wide(TICK_RHO_F64);
  f32[(at + COMPACT_LAYOUT.ivBid) >> 2] = narrow(TICK_IV_BID_F32);
  f32[(at + COMPACT_LAYOUT.ivAsk) >> 2] = narrow(TICK_IV_ASK_F32);
  f32[(at + COMPACT_LAYOUT.ivOwn) >> 2] = narrow(TICK_IV_OWN_F32);
}
