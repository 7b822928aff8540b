/**
 * Header of every shared memory block: what it is, so that attaching to the wrong block or to one
 * of another layout is an error instead of garbage.
 *
 * Block header, 128 bytes
 *  off size type field          meaning
 *    0    4 u32  magic          0x5449434b ("TICK")
 *    4    4 u32  kind           BLOCK_KIND
 *    8    4 u32  layout         LAYOUT_VERSION
 *   12    4 u32  capacity       slots, rows or blocks
 *   16    4 u32  param          second dimension, meaning by kind
 *   20    4 u32  epoch_low      ring: the stream's epoch
 *   24    4 u32  epoch_high
 *   28    4 u32  total_bytes    length of the block
 *   32    8 f64  start          ring: position before the first
 *   40    8 f64  newest         ring: newest published position, for readers that attach late
 *   48   80 raw  reserved
 */
export const BLOCK_HEADER_BYTES = 128;
export const BLOCK_MAGIC = 0x5449_434b;
export const LAYOUT_VERSION = 1;
export const BLOCK_KIND = {
  RING: 1,
  LAST_VALUES: 2,
  INSTRUMENTS: 3,
  METERS: 4,
  REPRICED: 5,
  CHAINS: 6,
} as const;

export const HEADER_MAGIC_U32 = 0;
export const HEADER_KIND_U32 = 1;
export const HEADER_LAYOUT_U32 = 2;
export const HEADER_CAPACITY_U32 = 3;
export const HEADER_PARAM_U32 = 4;
export const HEADER_EPOCH_LOW_U32 = 5;
export const HEADER_EPOCH_HIGH_U32 = 6;
export const HEADER_TOTAL_BYTES_U32 = 7;
export const HEADER_START_F64 = 4;
export const HEADER_NEWEST_F64 = 5;
