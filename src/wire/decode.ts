import { TickerError } from '../domain/error-codes.ts';
import { epochHex } from './epoch.ts';
import type { TickObject } from './messages.ts';
import { type FrameKind, LAYOUTS, type TickLayout } from './tick-layout.ts';
import { tickObjectOf, type TickObjectOptions } from './tick-object.ts';
import { TickView } from './tick-view.ts';

const WORD = 2 ** 32;
/** "TICK" */
const IDENTIFIER = 0x4b43_4954;
/** Root offset and identifier. */
const PREFIX_BYTES = 8;

/** Places of the fields of TickFrame in its vtable. */
const EPOCH_LOW = 4;
const EPOCH_HIGH = 6;
const SENT_TIME = 8;
const THROUGH_LOW = 10;
const THROUGH_HIGH = 12;
const VECTORS: readonly (readonly [number, FrameKind])[] = [
  [14, 'tick'],
  [16, 'quote'],
  [18, 'compact'],
  [20, 'ltp'],
];

/** A decoded frame: a header and ticks that are read where they lie. Valid while its bytes are. */
export class FrameView {
  /** What every tick of the frame is. */
  readonly kind: FrameKind;
  /** Number of ticks. */
  readonly count: number;
  readonly epochLow: number;
  readonly epochHigh: number;
  /** When the service sent the frame, epoch us. */
  readonly sentTimeUs: number;
  /** Ring position up to which the connection has everything. */
  readonly through: number;
  readonly #bytes: DataView;
  readonly #layout: TickLayout;
  readonly #structs: number;
  readonly #cursor = new TickView();

  constructor(header: FrameHeader, bytes: DataView) {
    this.kind = header.kind;
    this.count = header.count;
    this.epochLow = header.epochLow;
    this.epochHigh = header.epochHigh;
    this.sentTimeUs = header.sentTimeUs;
    this.through = header.through;
    this.#bytes = bytes;
    this.#layout = LAYOUTS[header.kind];
    this.#structs = header.structs;
  }

  /** 16 hex digits. */
  get epoch(): string {
    return epochHex(this.epochLow, this.epochHigh);
  }

  /**
   * Tick `index`. Every call moves and returns the same view: no allocation, and nothing to keep.
   * Throws RangeError outside 0 .. count - 1.
   */
  tick(index: number): TickView {
    return this.#cursor.moveTo(this.#bytes, this.#offset(index), this.#layout);
  }

  /** The struct of tick `index` where it lies. Throws RangeError outside 0 .. count - 1. */
  bytes(index: number): Uint8Array {
    const { buffer, byteOffset } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + this.#offset(index), this.#layout.structBytes);
  }

  /** Tick `index` as an object of its own, in the form of `ticker.v1.json`. */
  object(index: number, options?: TickObjectOptions): TickObject {
    return tickObjectOf(this.tick(index), options);
  }

  #offset(index: number): number {
    if (!(index >= 0 && index < this.count)) {
      throw new RangeError(`tick ${index} of a frame with ${this.count}`);
    }
    return this.#structs + Math.trunc(index) * this.#layout.structBytes;
  }
}

interface FrameHeader {
  kind: FrameKind;
  count: number;
  epochLow: number;
  epochHigh: number;
  sentTimeUs: number;
  through: number;
  /** Offset of the first struct. */
  structs: number;
}

/**
 * Reads a binary message. Nothing is copied and no alignment is needed; after this check of the
 * frame's skeleton no read of a tick leaves the bytes. Throws TickerError BAD_MESSAGE.
 */
export function decodeFrame(bytes: Uint8Array): FrameView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = new FrameTable(view);
  const { kind, count, structs } = table.vector();
  const header: FrameHeader = {
    kind,
    count,
    structs,
    epochLow: table.u32(EPOCH_LOW),
    epochHigh: table.u32(EPOCH_HIGH),
    sentTimeUs: table.f64(SENT_TIME),
    through: table.u32(THROUGH_LOW) + table.u32(THROUGH_HIGH) * WORD,
  };
  return new FrameView(header, view);
}

function bad(detail: string): TickerError {
  return new TickerError('BAD_MESSAGE', `frame: ${detail}`);
}

/** The root table of a frame whose every offset is checked before it is followed. */
class FrameTable {
  readonly #view: DataView;
  readonly #length: number;
  readonly #table: number;
  readonly #tableBytes: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  constructor(view: DataView) {
    const length = view.byteLength;
    if (length < PREFIX_BYTES + 4) throw bad(`${length} bytes are too few`);
    if (view.getUint32(4, true) !== IDENTIFIER) throw bad('the identifier is not TICK');
    const table = view.getUint32(0, true);
    if (table < PREFIX_BYTES || table > length - 4) throw bad('the root lies outside');
    const vtable = table - view.getInt32(table, true);
    if (vtable < PREFIX_BYTES || vtable > length - 4) throw bad('the vtable lies outside');
    const vtableBytes = view.getUint16(vtable, true);
    const tableBytes = view.getUint16(vtable + 2, true);
    if (vtableBytes < 4 || vtable + vtableBytes > length) throw bad('the vtable is cut off');
    if (tableBytes < 4 || table + tableBytes > length) throw bad('the table is cut off');
    this.#view = view;
    this.#length = length;
    this.#table = table;
    this.#tableBytes = tableBytes;
    this.#vtable = vtable;
    this.#vtableBytes = vtableBytes;
  }

  /** Where the field lies, or 0: left out, it has its default. */
  #field(place: number, sizeBytes: number): number {
    if (place + 2 > this.#vtableBytes) return 0;
    const offset = this.#view.getUint16(this.#vtable + place, true);
    if (offset === 0) return 0;
    if (offset < 4 || offset + sizeBytes > this.#tableBytes) throw bad('a field lies outside');
    return this.#table + offset;
  }

  u32(place: number): number {
    const at = this.#field(place, 4);
    return at === 0 ? 0 : this.#view.getUint32(at, true);
  }

  f64(place: number): number {
    const at = this.#field(place, 8);
    return at === 0 ? 0 : this.#view.getFloat64(at, true);
  }

  /** The one vector of structs; an empty one if the frame has none. */
  vector(): { kind: FrameKind; count: number; structs: number } {
    let found: { kind: FrameKind; count: number; structs: number } | undefined;
    for (const [place, kind] of VECTORS) {
      const at = this.#field(place, 4);
      if (at === 0) continue;
      if (found !== undefined) throw bad('more than one vector');
      const vector = at + this.#view.getUint32(at, true);
      if (vector > this.#length - 4) throw bad('the ticks lie outside');
      const count = this.#view.getUint32(vector, true);
      const structs = vector + 4;
      if (structs + count * LAYOUTS[kind].structBytes > this.#length) {
        throw bad('the ticks are cut off');
      }
      found = { kind, count, structs };
    }
    return found ?? { kind: 'tick', count: 0, structs: 0 };
  }
}
