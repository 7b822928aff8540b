import { BLOCK_HEADER_BYTES } from './block-header.ts';

/**
 * The instrument table: counts, then columns one after another, each starting on 8 bytes. `rows`
 * and `chains` are the block's capacity and param; `hash` is the power of two from 2 x rows on.
 *
 * Instrument counts, 128 bytes
 *  off size type field         meaning
 *    0    4 i32  count         rows in use
 *    4    4 i32  chain_count   chains in use
 *    8    4 i32  version       rises with every change
 *   12  116 raw  reserved
 *
 * Instrument columns, in this order
 *  items  size type column        meaning
 *  rows      4 u32  tokens        the broker's instrument token
 *  rows      1 i8   option_types  1 call, -1 put, 0 no option
 *  rows      4 i32  chains        number of the option's chain, -1 no option
 *  rows      8 f64  strikes       rupees, 0 no option
 *  hash      4 i32  hash          row + 1 by hash of the token, linear probing; 0 free
 *  chains  168 f64  chain_numbers see below
 *  chains   32 i32  chain_words   see below
 *
 * Chain numbers, 168 bytes
 *  off size type field                meaning
 *    0    8 f64  expiry_ms            epoch ms at which the contracts stop trading
 *    8    8 f64  settlement_ms        epoch ms at which their settlement price is known
 *   16    8 f64  other_future_expiry  epoch ms, 0 none
 *   24    8 f64  dividend_yield       continuously compounded, per year
 *   32    8 f64  curve_points         points of the discount curve, 1 to 8
 *   40   64 f64  curve_years          time to each point, rising
 *  104   64 f64  curve_rates          zero rate of each point, continuously compounded, per year
 *
 * Chain words, 32 bytes
 *  off size type field               meaning
 *    0    4 i32  worker              Greeks worker that owns the chain
 *    4    4 i32  estimated           1: the calendar's data end before the expiry
 *    8    4 i32  spot_row            row of the underlying, -1 unknown
 *   12    4 i32  future_row          row of the future of the same expiry, -1 none
 *   16    4 i32  other_future_row    row of the future of another expiry, -1 none
 *   20    4 i32  lock                odd while control writes the chain's numbers and words
 *   24    4 i32  model               PRICING_MODEL
 *   28    4 i32  first_source        best FORWARD_SOURCE that may be used
 */
export const INSTRUMENT_COUNTS_BYTES = 128;
export const INSTRUMENT_COUNT_I32 = 0;
export const INSTRUMENT_CHAIN_COUNT_I32 = 1;
export const INSTRUMENT_VERSION_I32 = 2;

/** Doubles per chain. */
export const CHAIN_NUMBERS_F64 = 21;
export const CHAIN_EXPIRY_MS_F64 = 0;
export const CHAIN_SETTLEMENT_MS_F64 = 1;
export const CHAIN_OTHER_FUTURE_EXPIRY_F64 = 2;
export const CHAIN_DIVIDEND_YIELD_F64 = 3;
export const CHAIN_CURVE_POINTS_F64 = 4;
export const CHAIN_CURVE_YEARS_F64 = 5;
export const CHAIN_CURVE_RATES_F64 = 13;

/** Words per chain. */
export const CHAIN_WORDS_I32 = 8;
export const CHAIN_WORKER_I32 = 0;
export const CHAIN_ESTIMATED_I32 = 1;
export const CHAIN_SPOT_ROW_I32 = 2;
export const CHAIN_FUTURE_ROW_I32 = 3;
export const CHAIN_OTHER_FUTURE_ROW_I32 = 4;
export const CHAIN_LOCK_I32 = 5;
export const CHAIN_MODEL_I32 = 6;
export const CHAIN_FIRST_SOURCE_I32 = 7;

/** Where the columns of a table lie. */
export interface InstrumentColumns {
  /** Byte offsets in the block. */
  counts: number;
  tokens: number;
  optionTypes: number;
  chains: number;
  strikes: number;
  hash: number;
  chainNumbers: number;
  chainWords: number;
  /** Entries of the hash column, a power of two. */
  hashSize: number;
  /** Length of the block. */
  bytes: number;
}

/** Columns of a table of `rows` instruments and `chains` chains. */
export function instrumentColumns(rows: number, chains: number): InstrumentColumns {
  let at = BLOCK_HEADER_BYTES;
  const column = (bytes: number) => {
    const start = at;
    at += Math.ceil(bytes / 8) * 8;
    return start;
  };
  // At most half full, so that probing stays short.
  const hashSize = 2 ** Math.ceil(Math.log2(rows * 2));
  return {
    counts: column(INSTRUMENT_COUNTS_BYTES),
    tokens: column(rows * 4),
    optionTypes: column(rows),
    chains: column(rows * 4),
    strikes: column(rows * 8),
    hash: column(hashSize * 4),
    hashSize,
    chainNumbers: column(chains * CHAIN_NUMBERS_F64 * 8),
    chainWords: column(chains * CHAIN_WORDS_I32 * 4),
    bytes: at,
  };
}
