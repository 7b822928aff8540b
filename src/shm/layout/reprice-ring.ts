/**
 * Reprice rings, one per Greeks worker, one after another: rows of options whose Greeks in the
 * last-value table were computed again for a tick that has been sent before. A ring is a reprice
 * head, then `capacity` entries (i32, a row each); positions count from 1 and wrap at 2^32. Values
 * are not copied here: a reader takes them from the table and so always gets the newest. A reader
 * that was lapped goes on at the oldest entry that is left.
 *
 * Reprice head, 128 bytes
 *  off size type field     meaning
 *    0    4 i32  written   position of the newest entry, by the worker
 *    4  124 raw  padding
 */
export const REPRICE_HEAD_BYTES = 128;
export const REPRICE_WRITTEN_I32 = 0;

/** Bytes of the ring of one worker. */
export function repriceRingBytes(capacity: number): number {
  return REPRICE_HEAD_BYTES + capacity * 4;
}
