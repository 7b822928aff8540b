import { CURVE_POINTS_MAX, type CurvePoint } from '../domain/pricing-terms.ts';
import { attachBlock, createBlock, type SharedBlock } from './block.ts';
import { BLOCK_KIND, HEADER_CAPACITY_U32, HEADER_PARAM_U32 } from './layout/block-header.ts';
import {
  CHAIN_CURVE_POINTS_F64,
  CHAIN_CURVE_RATES_F64,
  CHAIN_CURVE_YEARS_F64,
  CHAIN_DIVIDEND_YIELD_F64,
  CHAIN_ESTIMATED_I32,
  CHAIN_EXPIRY_MS_F64,
  CHAIN_FIRST_SOURCE_I32,
  CHAIN_FUTURE_ROW_I32,
  CHAIN_LOCK_I32,
  CHAIN_MODEL_I32,
  CHAIN_NUMBERS_F64,
  CHAIN_OTHER_FUTURE_EXPIRY_F64,
  CHAIN_OTHER_FUTURE_ROW_I32,
  CHAIN_SETTLEMENT_MS_F64,
  CHAIN_SPOT_ROW_I32,
  CHAIN_WORDS_I32,
  CHAIN_WORKER_I32,
  INSTRUMENT_CHAIN_COUNT_I32,
  INSTRUMENT_COUNT_I32,
  INSTRUMENT_COUNTS_BYTES,
  INSTRUMENT_VERSION_I32,
  instrumentColumns,
} from './layout/instrument-columns.ts';

/** What the tick threads must know of an instrument. */
export interface InstrumentRow {
  token: number;
  /** 1 call, -1 put, 0 no option. */
  optionType: 1 | -1 | 0;
  /** Rupees; 0 unless an option. */
  strike: number;
  /** Number of its chain; -1 unless an option. */
  chain: number;
}

/** One underlying and expiry: options that share a forward. */
export interface ChainRow {
  /** Epoch ms at which the contracts stop trading. */
  expiryMs: number;
  /** True if the calendar's data end before the expiry. */
  calendarEstimated: boolean;
  /** Epoch ms at which their settlement price is known. */
  settlementMs: number;
  /** PRICING_MODEL. */
  model: number;
  /** Best FORWARD_SOURCE that may be used. */
  firstSource: number;
  /** Discounts the premium; 1 to CURVE_POINTS_MAX points by rising years. */
  curve: readonly CurvePoint[];
  /** Continuously compounded, per year. */
  dividendYield: number;
  /** Greeks worker that owns the chain. */
  worker: number;
  /** Row of the underlying index or share; -1 unknown. */
  spotRow: number;
  /** Row of the future of the same expiry; -1 none. */
  futureRow: number;
  /** Row of the future of another expiry; -1 none. */
  otherFutureRow: number;
  /** Expiry of that future, epoch ms; 0 none. */
  otherFutureExpiryMs: number;
}

/** Allocates an empty table for `rows` instruments and `chains` chains. */
export function createInstrumentTable(rows: number, chains: number): SharedBlock {
  if (!Number.isInteger(chains) || chains < 1) {
    throw new RangeError(`chains of the instrument table: a whole number from 1 on, not ${chains}`);
  }
  return createBlock(BLOCK_KIND.INSTRUMENTS, instrumentColumns(rows, chains).bytes, rows, chains);
}

/**
 * Instruments in use, by row, and their chains. Control appends, nothing is ever moved or freed;
 * other threads read. A row is complete before `count` includes it and before `find` returns it.
 */
export class InstrumentTable {
  readonly rows: number;
  readonly chainRows: number;
  readonly tokens: Uint32Array;
  readonly optionTypes: Int8Array;
  readonly chains: Int32Array;
  readonly strikes: Float64Array;
  readonly #counts: Int32Array;
  readonly #hash: Int32Array;
  readonly #hashMask: number;
  readonly #chainNumbers: Float64Array;
  readonly #chainWords: Int32Array;

  constructor(block: SharedBlock) {
    const header = attachBlock(block, BLOCK_KIND.INSTRUMENTS);
    this.rows = header[HEADER_CAPACITY_U32]!;
    this.chainRows = header[HEADER_PARAM_U32]!;
    const at = instrumentColumns(this.rows, this.chainRows);
    const chainNumbers = this.chainRows * CHAIN_NUMBERS_F64;
    this.#counts = new Int32Array(block, at.counts, INSTRUMENT_COUNTS_BYTES >> 2);
    this.tokens = new Uint32Array(block, at.tokens, this.rows);
    this.optionTypes = new Int8Array(block, at.optionTypes, this.rows);
    this.chains = new Int32Array(block, at.chains, this.rows);
    this.strikes = new Float64Array(block, at.strikes, this.rows);
    this.#hash = new Int32Array(block, at.hash, at.hashSize);
    this.#hashMask = at.hashSize - 1;
    this.#chainNumbers = new Float64Array(block, at.chainNumbers, chainNumbers);
    this.#chainWords = new Int32Array(block, at.chainWords, this.chainRows * CHAIN_WORDS_I32);
  }

  /** Rows in use. */
  get count(): number {
    return Atomics.load(this.#counts, INSTRUMENT_COUNT_I32);
  }

  /** Chains in use. */
  get chainCount(): number {
    return Atomics.load(this.#counts, INSTRUMENT_CHAIN_COUNT_I32);
  }

  /** Rises with every change, so that readers know when to look again. */
  get version(): number {
    return Atomics.load(this.#counts, INSTRUMENT_VERSION_I32);
  }

  /** Row of `token`, or -1. */
  find(token: number): number {
    let at = hashToken(token) & this.#hashMask;
    for (;;) {
      const entry = Atomics.load(this.#hash, at);
      if (entry === 0) return -1;
      if (this.tokens[entry - 1] === token) return entry - 1;
      at = (at + 1) & this.#hashMask;
    }
  }

  /**
   * Control: the row of the instrument, new or old; -1 if the table is full. A known instrument is
   * not changed. Throws RangeError for a token that is not an unsigned 32-bit number.
   */
  add(instrument: InstrumentRow): number {
    if (instrument.token >>> 0 !== instrument.token) {
      throw new RangeError(`no instrument token: ${instrument.token}`);
    }
    const known = this.find(instrument.token);
    if (known >= 0) return known;
    const row = this.count;
    if (row >= this.rows) return -1;
    this.tokens[row] = instrument.token;
    this.optionTypes[row] = instrument.optionType;
    this.chains[row] = instrument.chain;
    this.strikes[row] = instrument.strike;
    let at = hashToken(instrument.token) & this.#hashMask;
    while (this.#hash[at] !== 0) at = (at + 1) & this.#hashMask;
    Atomics.store(this.#hash, at, row + 1);
    Atomics.store(this.#counts, INSTRUMENT_COUNT_I32, row + 1);
    Atomics.add(this.#counts, INSTRUMENT_VERSION_I32, 1);
    return row;
  }

  /** Control: appends a chain and returns its number; -1 if the table is full. */
  addChain(chain: ChainRow): number {
    const number = this.chainCount;
    if (number >= this.chainRows) return -1;
    this.#writeChain(number, chain);
    Atomics.store(this.#counts, INSTRUMENT_CHAIN_COUNT_I32, number + 1);
    Atomics.add(this.#counts, INSTRUMENT_VERSION_I32, 1);
    return number;
  }

  /** Control: overwrites a chain, e.g. when the row of its future becomes known. */
  updateChain(number: number, chain: ChainRow): void {
    this.#writeChain(number, chain);
    Atomics.add(this.#counts, INSTRUMENT_VERSION_I32, 1);
  }

  #writeChain(number: number, chain: ChainRow): void {
    const n = number * CHAIN_NUMBERS_F64;
    const w = number * CHAIN_WORDS_I32;
    const numbers = this.#chainNumbers;
    const words = this.#chainWords;
    Atomics.add(words, w + CHAIN_LOCK_I32, 1);
    numbers[n + CHAIN_EXPIRY_MS_F64] = chain.expiryMs;
    numbers[n + CHAIN_SETTLEMENT_MS_F64] = chain.settlementMs;
    numbers[n + CHAIN_DIVIDEND_YIELD_F64] = chain.dividendYield;
    const points = Math.min(chain.curve.length, CURVE_POINTS_MAX);
    numbers[n + CHAIN_CURVE_POINTS_F64] = points;
    for (let i = 0; i < points; i++) {
      numbers[n + CHAIN_CURVE_YEARS_F64 + i] = chain.curve[i]!.years;
      numbers[n + CHAIN_CURVE_RATES_F64 + i] = chain.curve[i]!.rate;
    }
    numbers[n + CHAIN_OTHER_FUTURE_EXPIRY_F64] = chain.otherFutureExpiryMs;
    words[w + CHAIN_WORKER_I32] = chain.worker;
    words[w + CHAIN_MODEL_I32] = chain.model;
    words[w + CHAIN_FIRST_SOURCE_I32] = chain.firstSource;
    words[w + CHAIN_ESTIMATED_I32] = chain.calendarEstimated ? 1 : 0;
    words[w + CHAIN_SPOT_ROW_I32] = chain.spotRow;
    words[w + CHAIN_FUTURE_ROW_I32] = chain.futureRow;
    words[w + CHAIN_OTHER_FUTURE_ROW_I32] = chain.otherFutureRow;
    Atomics.add(words, w + CHAIN_LOCK_I32, 1);
  }

  /**
   * A copy of a chain, never a mix of two states. While control is writing it, looks again: for at
   * most as long as the system keeps control from its core, and control's death ends the process.
   */
  chain(number: number): ChainRow {
    const lock = number * CHAIN_WORDS_I32 + CHAIN_LOCK_I32;
    for (;;) {
      const before = Atomics.load(this.#chainWords, lock);
      const chain = this.#copyChain(number);
      if ((before & 1) === 0 && Atomics.load(this.#chainWords, lock) === before) return chain;
    }
  }

  #copyChain(number: number): ChainRow {
    const n = number * CHAIN_NUMBERS_F64;
    const w = number * CHAIN_WORDS_I32;
    const numbers = this.#chainNumbers;
    const words = this.#chainWords;
    return {
      expiryMs: numbers[n + CHAIN_EXPIRY_MS_F64]!,
      settlementMs: numbers[n + CHAIN_SETTLEMENT_MS_F64]!,
      dividendYield: numbers[n + CHAIN_DIVIDEND_YIELD_F64]!,
      curve: Array.from({ length: numbers[n + CHAIN_CURVE_POINTS_F64]! }, (_unused, i) => ({
        years: numbers[n + CHAIN_CURVE_YEARS_F64 + i]!,
        rate: numbers[n + CHAIN_CURVE_RATES_F64 + i]!,
      })),
      otherFutureExpiryMs: numbers[n + CHAIN_OTHER_FUTURE_EXPIRY_F64]!,
      worker: words[w + CHAIN_WORKER_I32]!,
      model: words[w + CHAIN_MODEL_I32]!,
      firstSource: words[w + CHAIN_FIRST_SOURCE_I32]!,
      calendarEstimated: words[w + CHAIN_ESTIMATED_I32] === 1,
      spotRow: words[w + CHAIN_SPOT_ROW_I32]!,
      futureRow: words[w + CHAIN_FUTURE_ROW_I32]!,
      otherFutureRow: words[w + CHAIN_OTHER_FUTURE_ROW_I32]!,
    };
  }

  /** Worker that owns a chain. */
  chainWorker(number: number): number {
    return this.#chainWords[number * CHAIN_WORDS_I32 + CHAIN_WORKER_I32]!;
  }
}

/* Tokens of one exchange differ in the upper bytes and share the lowest: mix them down. */
function hashToken(token: number): number {
  const mixed = Math.imul(token ^ (token >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
