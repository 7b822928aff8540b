import * as flatbuffers from 'flatbuffers';
import { type ByteViews, createByteViews } from './byte-views.ts';
import { TickFrame } from './generated/ticker.ts';
import { type FrameKind, LAYOUTS } from './tick-layout.ts';

const WORD = 2 ** 32;

/** Numbers of the fields in the vtable of TickFrame. */
const FIELD = { SENT_TIME: 8, THROUGH_LOW: 10, THROUGH_HIGH: 12 } as const;

const VECTORS = {
  tick: {
    start: TickFrame.startTicksVector.bind(TickFrame),
    add: TickFrame.addTicks.bind(TickFrame),
  },
  quote: {
    start: TickFrame.startQuotesVector.bind(TickFrame),
    add: TickFrame.addQuotes.bind(TickFrame),
  },
  compact: {
    start: TickFrame.startCompactsVector.bind(TickFrame),
    add: TickFrame.addCompacts.bind(TickFrame),
  },
  ltp: {
    start: TickFrame.startLtpsVector.bind(TickFrame),
    add: TickFrame.addLtps.bind(TickFrame),
  },
} as const;

/**
 * A frame with an empty vector. The Builder writes from the end, so the vector, made first, is
 * last: structs can be appended, and the frame be cut after any of them.
 */
function buildHeader(kind: FrameKind, epochLow: number, epochHigh: number): Uint8Array {
  const builder = new flatbuffers.Builder(256);
  // A default value would be left out, and there would be nothing to patch.
  builder.forceDefaults(true);
  VECTORS[kind].start(builder, 0);
  const vector = builder.endVector();
  TickFrame.startTickFrame(builder);
  TickFrame.addEpochLow(builder, epochLow);
  TickFrame.addEpochHigh(builder, epochHigh);
  TickFrame.addSentTime(builder, 0);
  TickFrame.addThroughLow(builder, 0);
  TickFrame.addThroughHigh(builder, 0);
  VECTORS[kind].add(builder, vector);
  TickFrame.finishTickFrameBuffer(builder, TickFrame.endTickFrame(builder));
  return builder.asUint8Array();
}

function fieldOffset(header: Uint8Array, field: number): number {
  const bytes = new flatbuffers.ByteBuffer(header);
  const table = TickFrame.getRootAsTickFrame(bytes).bb_pos;
  return table + bytes.__offset(table, field);
}

/**
 * A FlatBuffers frame with room for `capacity` structs, made once. The owner writes structs through
 * the views, which start at the first struct, and calls `finish` for every frame.
 */
export class TickFrameBuffer implements ByteViews {
  readonly kind: FrameKind;
  readonly structBytes: number;
  readonly capacity: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  /** Bytes before the first struct. */
  readonly headerBytes: number;
  readonly #bytes: Uint8Array;
  readonly #headerU32: Uint32Array;
  readonly #headerF64: Float64Array;
  readonly #countU32: number;
  readonly #sentTimeF64: number;
  readonly #throughLowU32: number;
  readonly #throughHighU32: number;

  constructor(kind: FrameKind, capacity: number, epochLow: number, epochHigh: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError('a frame holds at least one tick');
    }
    const header = buildHeader(kind, epochLow, epochHigh);
    const headerBytes = header.length;
    if (headerBytes % 8 !== 0) throw new RangeError('the structs of a frame are not aligned');
    this.kind = kind;
    this.structBytes = LAYOUTS[kind].structBytes;
    this.capacity = capacity;
    this.headerBytes = headerBytes;

    const structsBytes = capacity * this.structBytes;
    const buffer = new ArrayBuffer(headerBytes + structsBytes);
    this.#bytes = new Uint8Array(buffer);
    this.#bytes.set(header);
    this.#headerU32 = new Uint32Array(buffer, 0, headerBytes >> 2);
    this.#headerF64 = new Float64Array(buffer, 0, headerBytes >> 3);
    this.#countU32 = (headerBytes >> 2) - 1;
    this.#sentTimeF64 = fieldOffset(header, FIELD.SENT_TIME) >> 3;
    this.#throughLowU32 = fieldOffset(header, FIELD.THROUGH_LOW) >> 2;
    this.#throughHighU32 = fieldOffset(header, FIELD.THROUGH_HIGH) >> 2;

    const views = createByteViews(buffer, headerBytes, structsBytes);
    this.u8 = views.u8;
    this.u16 = views.u16;
    this.u32 = views.u32;
    this.i32 = views.i32;
    this.f32 = views.f32;
    this.f64 = views.f64;
  }

  /**
   * The frame with the first `count` structs. The bytes are this buffer's own: valid until the next
   * struct is written or the next frame finished.
   * @param sentTimeUs epoch us
   * @param through ring position up to which the connection has everything, at most 2^53
   */
  finish(count: number, sentTimeUs: number, through: number): Uint8Array {
    if (count < 0 || count > this.capacity) {
      throw new RangeError(`${count} ticks in a frame for ${this.capacity}`);
    }
    this.#headerU32[this.#countU32] = count;
    this.#headerF64[this.#sentTimeF64] = sentTimeUs;
    this.#headerU32[this.#throughLowU32] = through % WORD;
    this.#headerU32[this.#throughHighU32] = through / WORD;
    return this.#bytes.subarray(0, this.headerBytes + count * this.structBytes);
  }
}
