import { Random } from './random.ts';
import type { UnderlyingSpec } from './underlyings.ts';
import { ExpirySlice } from './volatility-surface.ts';

/** Time between two moves of the underlyings. */
export const STEP_MS = 200;

const STEP_SECONDS = STEP_MS / 1000;
/** The market is always in session: volatility is spread over trading time. */
const STEP_YEARS = STEP_SECONDS / (250 * 6.4 * 3600);
const MARKET_VOLATILITY = 0.12;
/** Keeps prices inside the listed strikes over days: standard deviation about 2 % for NIFTY. */
const PRICE_REVERSION_PER_SECOND = 3e-6;
const VOLATILITY_REVERSION_PER_SECOND = 1.9e-4;
const VOLATILITY_OF_VOLATILITY = 0.002 * Math.sqrt(STEP_SECONDS);
/** Volatility rises when prices fall. */
const LEVERAGE = -0.7;
const BASIS_REVERSION_PER_SECOND = 1.2e-3;
const BASIS_DEVIATION = 1.5e-5 * Math.sqrt(STEP_SECONDS);

/** The random path of one underlying with the forwards and smiles that hang on it. */
export class UnderlyingWalk {
  readonly spec: UnderlyingSpec;
  readonly #random: Random;
  readonly #seed: number;
  readonly #deviation: number;
  readonly #marketLoading: number;
  readonly #ownLoading: number;
  readonly #slices = new Map<string, ExpirySlice>();
  /** Natural logarithm of spot over the base price. */
  #logMove: number;
  #logVolatility = 0;
  #basis = 0;
  spotPaise: number;
  /** Rises with every change; what was computed under another version is out of date. */
  version = 1;

  constructor(seed: number, spec: UnderlyingSpec) {
    this.spec = spec;
    this.#seed = seed;
    this.#random = new Random(seed, `walk/${spec.symbol}`);
    this.#deviation = spec.volatility * Math.sqrt(STEP_YEARS);
    const correlation = Math.min(1, (spec.beta * MARKET_VOLATILITY) / spec.volatility);
    this.#marketLoading = correlation;
    this.#ownLoading = Math.sqrt(1 - correlation * correlation);
    this.#logMove = 0.004 * this.#random.normal();
    this.spotPaise = spec.basePaise * Math.exp(this.#logMove);
  }

  /** One step; `marketShock` is the standard normal that all underlyings share. */
  step(marketShock: number): void {
    const random = this.#random;
    const shock = this.#marketLoading * marketShock + this.#ownLoading * random.normal();
    this.#logMove +=
      this.#deviation * shock - PRICE_REVERSION_PER_SECOND * STEP_SECONDS * this.#logMove;
    if (this.spec.lotSize === 0) return;
    const volatilityShock = LEVERAGE * shock + Math.sqrt(1 - LEVERAGE * LEVERAGE) * random.normal();
    this.#logVolatility +=
      VOLATILITY_OF_VOLATILITY * volatilityShock -
      VOLATILITY_REVERSION_PER_SECOND * STEP_SECONDS * this.#logVolatility;
    this.#basis +=
      BASIS_DEVIATION * random.normal() - BASIS_REVERSION_PER_SECOND * STEP_SECONDS * this.#basis;
  }

  /** Moves the spot at once; `settle` must follow. */
  jump(percent: number): void {
    this.#logMove += Math.log1p(percent / 100);
  }

  /** Makes the state of the path visible: spot, forwards, smiles, as of `nowMs` (epoch ms). */
  settle(nowMs: number): void {
    this.spotPaise = this.spec.basePaise * Math.exp(this.#logMove);
    this.version++;
    for (const slice of this.#slices.values()) this.#updateSlice(slice, nowMs);
  }

  /** The slice of an expiry day, up to date as of `nowMs` (epoch ms). */
  slice(date: string, nowMs: number): ExpirySlice {
    let slice = this.#slices.get(date);
    if (slice === undefined) {
      slice = new ExpirySlice(this.#seed, this.spec.name, date);
      this.#updateSlice(slice, nowMs);
      this.#slices.set(date, slice);
    }
    return slice;
  }

  dropSlice(date: string): void {
    this.#slices.delete(date);
  }

  #updateSlice(slice: ExpirySlice, nowMs: number): void {
    const longVariance = this.spec.volatility * this.spec.volatility;
    const shortVariance = longVariance * Math.exp(2 * this.#logVolatility);
    slice.update(nowMs, this.spotPaise, this.#basis, shortVariance, longVariance);
  }
}
