/**
 * Row of the last-value table: the newest tick of one instrument. The tick lies at the row's start
 * with the layout of a tick slot; each section has one writer and one sequence lock.
 *
 * Last-value row, 448 bytes
 *  off size type field                 written by
 *    0  320 raw  tick                  tick-slot.ts: quote and depth by ingest, Greeks by a worker
 *  320    4 i32  quote_lock            ingest; odd while quote or depth are being written
 *  324    4 u32  instrument_sequence   ingest; survives its restart
 *  328   56 raw  padding
 *  384    4 i32  greeks_lock           the chain's worker; odd while Greeks are being written
 *  388   60 raw  padding_2
 */
export const LAST_VALUE_ROW_BYTES = 448;
export const ROW_QUOTE_LOCK_I32 = 80;
export const ROW_INSTRUMENT_SEQUENCE_U32 = 81;
export const ROW_GREEKS_LOCK_I32 = 96;
