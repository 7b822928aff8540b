import { UNDEFINED_F64 } from '../domain/status.ts';
import { attachBlock, createBlock, type SharedBlock, TickViews } from './block.ts';
import { BLOCK_HEADER_BYTES, BLOCK_KIND, HEADER_CAPACITY_U32 } from './layout/block-header.ts';
import {
  CHAIN_ROW_ATM_VOLATILITY_F64,
  CHAIN_ROW_BUTTERFLY_F64,
  CHAIN_ROW_BYTES,
  CHAIN_ROW_FORWARD_F64,
  CHAIN_ROW_FORWARD_SOURCE_U8,
  CHAIN_ROW_GAMMA_EXPOSURE_F64,
  CHAIN_ROW_LOCK_I32,
  CHAIN_ROW_MAX_PAIN_F64,
  CHAIN_ROW_PUT_CALL_OI_F64,
  CHAIN_ROW_PUT_CALL_VOLUME_F64,
  CHAIN_ROW_QUALITY_U8,
  CHAIN_ROW_RISK_REVERSAL_F64,
  CHAIN_ROW_SMILE_A_F64,
  CHAIN_ROW_SMILE_B_F64,
  CHAIN_ROW_SMILE_ERROR_F64,
  CHAIN_ROW_SMILE_M_F64,
  CHAIN_ROW_SMILE_POINTS_U32,
  CHAIN_ROW_SMILE_RHO_F64,
  CHAIN_ROW_SMILE_SIGMA_F64,
  CHAIN_ROW_SMILE_STATUS_U8,
  CHAIN_ROW_STATUS_U8,
  CHAIN_ROW_TIME_F64,
  CHAIN_ROW_TIME_TO_EXPIRY_F64,
} from './layout/chain-row.ts';

/** As for the last-value table: a writer that died in the middle of a write is not waited for. */
const READ_ATTEMPTS_MAX = 10_000;

/** Analytics of one chain; numbers that are not known are NaN. */
export interface ChainFigures {
  /** Epoch us. */
  timeUs: number;
  /** GREEKS_STATUS of the chain. */
  status: number;
  /** FORWARD_SOURCE. */
  forwardSource: number;
  /** QUALITY bits. */
  quality: number;
  /** Rupees. */
  forward: number;
  timeYears: number;
  atmVolatility: number;
  /** SMILE_STATUS. */
  smileStatus: number;
  smilePoints: number;
  smileA: number;
  smileB: number;
  smileRho: number;
  smileM: number;
  smileSigma: number;
  smileError: number;
  riskReversal25: number;
  butterfly25: number;
  putCallOpenInterest: number;
  putCallVolume: number;
  /** Rupees. */
  maxPain: number;
  /** Rupees a move of 1 %. */
  gammaExposure: number;
}

type NumberName = Exclude<
  keyof ChainFigures,
  'status' | 'forwardSource' | 'quality' | 'smileStatus' | 'smilePoints'
>;

/** Where each double lies. */
const DOUBLES: readonly (readonly [name: NumberName, index: number])[] = [
  ['timeUs', CHAIN_ROW_TIME_F64],
  ['forward', CHAIN_ROW_FORWARD_F64],
  ['timeYears', CHAIN_ROW_TIME_TO_EXPIRY_F64],
  ['atmVolatility', CHAIN_ROW_ATM_VOLATILITY_F64],
  ['smileA', CHAIN_ROW_SMILE_A_F64],
  ['smileB', CHAIN_ROW_SMILE_B_F64],
  ['smileRho', CHAIN_ROW_SMILE_RHO_F64],
  ['smileM', CHAIN_ROW_SMILE_M_F64],
  ['smileSigma', CHAIN_ROW_SMILE_SIGMA_F64],
  ['smileError', CHAIN_ROW_SMILE_ERROR_F64],
  ['riskReversal25', CHAIN_ROW_RISK_REVERSAL_F64],
  ['butterfly25', CHAIN_ROW_BUTTERFLY_F64],
  ['putCallOpenInterest', CHAIN_ROW_PUT_CALL_OI_F64],
  ['putCallVolume', CHAIN_ROW_PUT_CALL_VOLUME_F64],
  ['maxPain', CHAIN_ROW_MAX_PAIN_F64],
  ['gammaExposure', CHAIN_ROW_GAMMA_EXPOSURE_F64],
];

/** Allocates a table of `chains` empty rows. */
export function createChainTable(chains: number): SharedBlock {
  const bytes = BLOCK_HEADER_BYTES + chains * CHAIN_ROW_BYTES;
  return createBlock(BLOCK_KIND.CHAINS, bytes, chains, 0);
}

/** Analytics of every chain, by its number in the instrument table. One writer a row. */
export class ChainTable {
  readonly rows: number;
  readonly #views: TickViews;

  constructor(block: SharedBlock) {
    this.rows = attachBlock(block, BLOCK_KIND.CHAINS)[HEADER_CAPACITY_U32]!;
    this.#views = new TickViews(block, BLOCK_HEADER_BYTES, this.rows * CHAIN_ROW_BYTES);
  }

  /** The chain's worker. */
  write(chain: number, figures: Readonly<ChainFigures>): void {
    const { f64, u8, u32, i32 } = this.#views;
    const bytes = chain * CHAIN_ROW_BYTES;
    const lock = (bytes >> 2) + CHAIN_ROW_LOCK_I32;
    // One left odd by a worker that died stays odd: only the parity counts.
    Atomics.or(i32, lock, 1);
    for (const [name, index] of DOUBLES) {
      const value = figures[name];
      f64[(bytes >> 3) + index] = Number.isFinite(value) ? value : UNDEFINED_F64;
    }
    u8[bytes + CHAIN_ROW_STATUS_U8] = figures.status;
    u8[bytes + CHAIN_ROW_FORWARD_SOURCE_U8] = figures.forwardSource;
    u8[bytes + CHAIN_ROW_SMILE_STATUS_U8] = figures.smileStatus;
    u8[bytes + CHAIN_ROW_QUALITY_U8] = figures.quality;
    u32[(bytes >> 2) + CHAIN_ROW_SMILE_POINTS_U32] = figures.smilePoints;
    Atomics.add(i32, lock, 1);
  }

  /** The figures of a chain, never a mix of two; undefined: never written, or being written. */
  read(chain: number): ChainFigures | undefined {
    const { i32 } = this.#views;
    const lock = ((chain * CHAIN_ROW_BYTES) >> 2) + CHAIN_ROW_LOCK_I32;
    for (let attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      const before = Atomics.load(i32, lock);
      if (before === 0) return undefined;
      if ((before & 1) !== 0) continue;
      const figures = this.#copy(chain * CHAIN_ROW_BYTES);
      if (Atomics.load(i32, lock) === before) return figures;
    }
    return undefined;
  }

  #copy(bytes: number): ChainFigures {
    const { f64, u8, u32 } = this.#views;
    const figures = {
      status: u8[bytes + CHAIN_ROW_STATUS_U8]!,
      forwardSource: u8[bytes + CHAIN_ROW_FORWARD_SOURCE_U8]!,
      smileStatus: u8[bytes + CHAIN_ROW_SMILE_STATUS_U8]!,
      quality: u8[bytes + CHAIN_ROW_QUALITY_U8]!,
      smilePoints: u32[(bytes >> 2) + CHAIN_ROW_SMILE_POINTS_U32]!,
    } as ChainFigures;
    for (const [name, index] of DOUBLES) {
      const value = f64[(bytes >> 3) + index]!;
      figures[name] = value === UNDEFINED_F64 ? Number.NaN : value;
    }
    return figures;
  }
}
