import { TickerError } from '../domain/error-codes.ts';
import {
  BLOCK_HEADER_BYTES,
  type BLOCK_KIND,
  BLOCK_MAGIC,
  HEADER_CAPACITY_U32,
  HEADER_KIND_U32,
  HEADER_LAYOUT_U32,
  HEADER_MAGIC_U32,
  HEADER_PARAM_U32,
  HEADER_TOTAL_BYTES_U32,
  LAYOUT_VERSION,
} from './layout/block-header.ts';

export type BlockKind = (typeof BLOCK_KIND)[keyof typeof BLOCK_KIND];

const HEADER_U32 = BLOCK_HEADER_BYTES >> 2;

/** A block of shared memory as it travels to a thread (`workerData`). */
export type SharedBlock = SharedArrayBuffer;

/** Byte offsets and word indices are computed in 32-bit integers. */
const BLOCK_BYTES_MAX = 2 ** 31 - 1;

/**
 * Allocates a zeroed block and writes its header. `capacity`: slots, rows or writers. Throws
 * RangeError for a capacity that is not a whole number from 1 on, or a block of 2 GiB or more.
 */
export function createBlock(
  kind: BlockKind,
  bytes: number,
  capacity: number,
  param: number,
): SharedBlock {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(`capacity of shared memory: a whole number from 1 on, not ${capacity}`);
  }
  if (bytes > BLOCK_BYTES_MAX) throw new RangeError(`shared memory of ${bytes} bytes: too large`);
  const block = new SharedArrayBuffer(bytes);
  const header = new Uint32Array(block, 0, HEADER_U32);
  header[HEADER_KIND_U32] = kind;
  header[HEADER_LAYOUT_U32] = LAYOUT_VERSION;
  header[HEADER_CAPACITY_U32] = capacity;
  header[HEADER_PARAM_U32] = param;
  header[HEADER_TOTAL_BYTES_U32] = bytes;
  header[HEADER_MAGIC_U32] = BLOCK_MAGIC;
  return block;
}

/**
 * Header of an existing block. Throws TickerError SHM_LAYOUT if it is not a `kind` block of this
 * layout.
 */
export function attachBlock(block: SharedBlock, kind: BlockKind): Uint32Array {
  if (block.byteLength < BLOCK_HEADER_BYTES) {
    throw new TickerError('SHM_LAYOUT', `not a block: ${block.byteLength} bytes`);
  }
  const header = new Uint32Array(block, 0, HEADER_U32);
  const found =
    `magic ${header[HEADER_MAGIC_U32]}, kind ${header[HEADER_KIND_U32]}, ` +
    `layout ${header[HEADER_LAYOUT_U32]}, ${header[HEADER_TOTAL_BYTES_U32]} bytes`;
  if (
    header[HEADER_MAGIC_U32] !== BLOCK_MAGIC ||
    header[HEADER_KIND_U32] !== kind ||
    header[HEADER_LAYOUT_U32] !== LAYOUT_VERSION ||
    header[HEADER_TOTAL_BYTES_U32] !== block.byteLength
  ) {
    throw new TickerError('SHM_LAYOUT', `not a block of kind ${kind}: ${found}`);
  }
  return header;
}

/** Typed views of one stretch of memory that holds tick slots, all starting at the same byte. */
export class TickViews {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;

  constructor(buffer: ArrayBufferLike, byteOffset: number, byteLength: number) {
    this.u8 = new Uint8Array(buffer, byteOffset, byteLength);
    this.u16 = new Uint16Array(buffer, byteOffset, byteLength >> 1);
    this.u32 = new Uint32Array(buffer, byteOffset, byteLength >> 2);
    this.i32 = new Int32Array(buffer, byteOffset, byteLength >> 2);
    this.f32 = new Float32Array(buffer, byteOffset, byteLength >> 2);
    this.f64 = new Float64Array(buffer, byteOffset, byteLength >> 3);
  }
}

/** Views of ordinary, thread-private memory for `slots` ticks: staging areas and tests. */
export function createPrivateTicks(slots: number, slotBytes: number): TickViews {
  return new TickViews(new ArrayBuffer(slots * slotBytes), 0, slots * slotBytes);
}
