import type { Clock, TimerHandle } from '../../domain/clock.ts';
import type { Connection } from './connection.ts';
import type { Market } from './market.ts';
import { tick } from './market-tick.ts';
import { Random } from './random.ts';
import type { SimInstrument } from './sim-instrument.ts';
import type { WatchList } from './subscription-book.ts';

export const MAX_TICKS_PER_SECOND = 200_000;
/** What a late round makes up for; ticks missed beyond it are counted and left out. */
const MAX_CATCH_UP_MS = 500;
const TICKS_PER_ROUND = 50;
const SHORTEST_ROUND_MS = 5;
const LONGEST_ROUND_MS = 50;
/** One tick in so many goes to the instruments in turn, so that each ticks eventually. */
const TURN_EVERY = 5;
/** Flattens the head of the popularity law 1 / (rank + FLATNESS). */
const FLATNESS = 10;

/** Chooses watched instruments and ticks them at the wanted rate, in rounds. */
export class TickFeed implements WatchList {
  readonly #clock: Clock;
  readonly #market: Market;
  readonly #random: Random;
  readonly #watched = new Set<SimInstrument>();
  readonly #connections = new Set<Connection>();
  /** The watched instruments of the market model, most popular first. */
  #ranked: SimInstrument[] = [];
  #rankedVersion = -1;
  #logSpan = 0;
  #turn = 0;
  #count = 0;
  #ticksPerSecond: number;
  #credit = 0;
  #lastRoundMs: number;
  #timer: TimerHandle | null = null;
  isRunning = true;
  ticks = 0;
  /** Ticks left out because the simulator was late by more than it makes up for. */
  ticksSkipped = 0;

  constructor(clock: Clock, market: Market, seed: number, ticksPerSecond: number) {
    this.#clock = clock;
    this.#market = market;
    this.#random = new Random(seed, 'ticks');
    this.#ticksPerSecond = ticksPerSecond;
    this.#lastRoundMs = clock.monotonicMs();
  }

  get ticksPerSecond(): number {
    return this.#ticksPerSecond;
  }

  get watchedCount(): number {
    return this.#watched.size;
  }

  start(): void {
    this.#timer?.cancel();
    const periodMs = (1000 * TICKS_PER_ROUND) / this.#ticksPerSecond;
    this.#timer = this.#clock.setInterval(
      () => {
        this.#round();
      },
      Math.min(LONGEST_ROUND_MS, Math.max(SHORTEST_ROUND_MS, periodMs)),
    );
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** 0 pauses the ticks; heartbeats and snapshots go on. */
  setTicksPerSecond(ticksPerSecond: number): void {
    if (!(ticksPerSecond >= 0 && ticksPerSecond <= MAX_TICKS_PER_SECOND)) {
      throw new RangeError(`ticks per second must be between 0 and ${MAX_TICKS_PER_SECOND}`);
    }
    this.#ticksPerSecond = ticksPerSecond;
    if (this.#timer !== null) this.start();
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection);
  }

  watch(instrument: SimInstrument): void {
    this.#watched.add(instrument);
    this.#rankedVersion = -1;
  }

  unwatch(instrument: SimInstrument): void {
    this.#watched.delete(instrument);
    this.#rankedVersion = -1;
  }

  #round(): void {
    const nowMs = this.#clock.monotonicMs();
    const epochMs = this.#clock.nowUs() / 1000;
    this.#market.advance(epochMs);
    for (const connection of this.#connections) connection.sendSnapshots();
    const due = this.#ticksDue(nowMs);
    if (due > 0) this.#tickSome(due, Math.floor(epochMs / 1000));
    for (const connection of this.#connections) connection.flush(nowMs);
  }

  #ticksDue(nowMs: number): number {
    const elapsedMs = nowMs - this.#lastRoundMs;
    this.#lastRoundMs = nowMs;
    if (this.#rankedVersion !== this.#market.listingVersion) this.#rank();
    if (!this.isRunning || this.#ranked.length === 0) {
      this.#credit = 0;
      return 0;
    }
    const usedMs = Math.min(elapsedMs, MAX_CATCH_UP_MS);
    this.ticksSkipped += Math.round(((elapsedMs - usedMs) * this.#ticksPerSecond) / 1000);
    this.#credit += (usedMs * this.#ticksPerSecond) / 1000;
    const due = Math.floor(this.#credit);
    this.#credit -= due;
    return due;
  }

  #rank(): void {
    this.#ranked = [...this.#watched]
      .filter((instrument) => !instrument.isRecorded && !instrument.isExpired)
      .sort((left, right) => left.rank - right.rank);
    this.#logSpan = Math.log((this.#ranked.length + FLATNESS) / FLATNESS);
    this.#rankedVersion = this.#market.listingVersion;
  }

  #tickSome(count: number, timeSeconds: number): void {
    const random = this.#random;
    for (let index = 0; index < count; index++) {
      const instrument = this.#choose();
      tick(instrument, random, timeSeconds);
      instrument.deliverTick();
    }
    this.ticks += count;
  }

  #choose(): SimInstrument {
    const ranked = this.#ranked;
    let index: number;
    if (++this.#count % TURN_EVERY === 0) {
      this.#turn = (this.#turn + 1) % ranked.length;
      index = this.#turn;
    } else {
      // Inverse of the law's cumulative sum, taken as an integral.
      const rank = FLATNESS * Math.expm1(this.#random.uniform() * this.#logSpan);
      index = Math.min(ranked.length - 1, Math.floor(rank));
    }
    const instrument = ranked[index];
    if (instrument === undefined) throw new RangeError('no instrument at the chosen rank');
    return instrument;
  }
}
