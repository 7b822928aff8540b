import { attachBlock, createBlock, type SharedBlock } from './block.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_KIND,
  HEADER_CAPACITY_U32,
  HEADER_PARAM_U32,
} from './layout/block-header.ts';

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
  /** Continuously compounded, per year: discounts the premium. */
  rate: number;
  /** Greeks worker that owns the chain. */
  worker: number;
  /** Row of the underlying index or share; -1 unknown. */
  spotRow: number;
  /** Row of the future of the same expiry; -1 none. */
  futureRow: number;
  /** Row of the nearest future of another expiry; -1 none. */
  otherFutureRow: number;
  /** Expiry of that future, epoch ms; 0 none. */
  otherFutureExpiryMs: number;
}

/** Byte offsets of the columns; every column starts on 8 bytes. */
interface Geometry {
  tokens: number;
  optionTypes: number;
  chains: number;
  strikes: number;
  hash: number;
  hashSize: number;
  chainNumbers: number;
  chainWords: number;
  bytes: number;
}

const COUNT_WORD = 0;
const CHAIN_COUNT_WORD = 1;
const VERSION_WORD = 2;
const COUNTS_BYTES = 128;
/** Doubles per chain: expiry, rate, other future's expiry. */
const CHAIN_F64 = 3;
/** Words per chain: worker, estimated, spot, future, other future. */
const CHAIN_I32 = 6;

function geometry(rows: number, chains: number): Geometry {
  let at = BLOCK_HEADER_BYTES + COUNTS_BYTES;
  const column = (bytes: number) => {
    const start = at;
    at += (bytes + 7) & ~7;
    return start;
  };
  // At most half full, so that probing stays short.
  const hashSize = 2 ** Math.ceil(Math.log2(rows * 2));
  return {
    tokens: column(rows * 4),
    optionTypes: column(rows),
    chains: column(rows * 4),
    strikes: column(rows * 8),
    hash: column(hashSize * 4),
    hashSize,
    chainNumbers: column(chains * CHAIN_F64 * 8),
    chainWords: column(chains * CHAIN_I32 * 4),
    bytes: at,
  };
}

export function createInstrumentTable(rows: number, chains: number): SharedBlock {
  return createBlock(BLOCK_KIND.INSTRUMENTS, geometry(rows, chains).bytes, rows, chains);
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
    const g = geometry(this.rows, this.chainRows);
    this.#counts = new Int32Array(block, BLOCK_HEADER_BYTES, COUNTS_BYTES >> 2);
    this.tokens = new Uint32Array(block, g.tokens, this.rows);
    this.optionTypes = new Int8Array(block, g.optionTypes, this.rows);
    this.chains = new Int32Array(block, g.chains, this.rows);
    this.strikes = new Float64Array(block, g.strikes, this.rows);
    this.#hash = new Int32Array(block, g.hash, g.hashSize);
    this.#hashMask = g.hashSize - 1;
    this.#chainNumbers = new Float64Array(block, g.chainNumbers, this.chainRows * CHAIN_F64);
    this.#chainWords = new Int32Array(block, g.chainWords, this.chainRows * CHAIN_I32);
  }

  /** Rows in use. */
  get count(): number {
    return Atomics.load(this.#counts, COUNT_WORD);
  }

  /** Chains in use. */
  get chainCount(): number {
    return Atomics.load(this.#counts, CHAIN_COUNT_WORD);
  }

  /** Rises with every change, so that readers know when to look again. */
  get version(): number {
    return Atomics.load(this.#counts, VERSION_WORD);
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

  /** Control: the row of the instrument, new or old; -1 if the table is full. */
  add(instrument: InstrumentRow): number {
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
    Atomics.store(this.#counts, COUNT_WORD, row + 1);
    Atomics.add(this.#counts, VERSION_WORD, 1);
    return row;
  }

  /** Control: appends a chain and returns its number; -1 if the table is full. */
  addChain(chain: ChainRow): number {
    const number = this.chainCount;
    if (number >= this.chainRows) return -1;
    this.#writeChain(number, chain);
    Atomics.store(this.#counts, CHAIN_COUNT_WORD, number + 1);
    Atomics.add(this.#counts, VERSION_WORD, 1);
    return number;
  }

  /** Control: overwrites a chain, e.g. when the row of its future becomes known. */
  updateChain(number: number, chain: ChainRow): void {
    this.#writeChain(number, chain);
    Atomics.add(this.#counts, VERSION_WORD, 1);
  }

  #writeChain(number: number, chain: ChainRow): void {
    const n = number * CHAIN_F64;
    const w = number * CHAIN_I32;
    this.#chainNumbers[n] = chain.expiryMs;
    this.#chainNumbers[n + 1] = chain.rate;
    this.#chainNumbers[n + 2] = chain.otherFutureExpiryMs;
    this.#chainWords[w] = chain.worker;
    this.#chainWords[w + 1] = chain.calendarEstimated ? 1 : 0;
    this.#chainWords[w + 2] = chain.spotRow;
    this.#chainWords[w + 3] = chain.futureRow;
    this.#chainWords[w + 4] = chain.otherFutureRow;
  }

  chain(number: number): ChainRow {
    const n = number * CHAIN_F64;
    const w = number * CHAIN_I32;
    return {
      expiryMs: this.#chainNumbers[n]!,
      rate: this.#chainNumbers[n + 1]!,
      otherFutureExpiryMs: this.#chainNumbers[n + 2]!,
      worker: this.#chainWords[w]!,
      calendarEstimated: this.#chainWords[w + 1] === 1,
      spotRow: this.#chainWords[w + 2]!,
      futureRow: this.#chainWords[w + 3]!,
      otherFutureRow: this.#chainWords[w + 4]!,
    };
  }

  /** Worker that owns a chain. */
  chainWorker(number: number): number {
    return this.#chainWords[number * CHAIN_I32]!;
  }
}

/* Tokens of one exchange differ in the upper bytes and share the lowest: mix them down. */
function hashToken(token: number): number {
  const mixed = Math.imul(token ^ (token >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
