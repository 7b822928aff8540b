import type { Clock } from '../../domain/clock.ts';
import { isGreeksDone } from '../../shm/greeks-section.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { TICK_GREEKS_STATE_I32, TICK_INSTRUMENT_TOKEN_U32 } from '../../shm/layout/tick-slot.ts';
import type { Ring } from '../../shm/ring.ts';

/** How long ticks wait for their Greeks. */
export const GATE_MS = 2;
/** Expired waits in a row after which a worker is no longer waited for. */
const LATE_MAX = 5;

/**
 * Decides how far publish may read: up to the first tick whose Greeks are still being computed, but
 * never longer than GATE_MS after it began to wait for what was there then; what came meanwhile may
 * be waited for in its turn. A worker that is late again and again is not waited for until it has
 * caught up.
 */
export class GreeksGate {
  /** done[i]: the i-th tick of the run had its Greeks (or needs none) before it is copied. */
  readonly done: Uint8Array;
  readonly #ring: Ring;
  readonly #table: InstrumentTable;
  readonly #clock: Clock;
  readonly #lateInARow: number[];
  readonly #gatedOut: boolean[];
  /** Waiting until this monotonic ms for positions up to `#waitingFor`; 0 = not waiting. */
  #deadlineMs = 0;
  #waitingFor = 0;

  constructor(ring: Ring, table: InstrumentTable, clock: Clock, runMax: number) {
    this.done = new Uint8Array(runMax);
    this.#ring = ring;
    this.#table = table;
    this.#clock = clock;
    this.#lateInARow = new Array<number>(ring.workers).fill(0);
    this.#gatedOut = new Array<boolean>(ring.workers).fill(false);
  }

  get gatedOut(): number {
    return this.#gatedOut.filter(Boolean).length;
  }

  /** True if the last `limit` stopped short of what is published. */
  get waiting(): boolean {
    return this.#deadlineMs > 0;
  }

  /** Last position to read now, after `position` and at most `to`. Fills `done`. */
  limit(position: number, to: number): number {
    const { i32 } = this.#ring.ticks;
    const expired = this.#deadlineMs > 0 && this.#clock.monotonicMs() >= this.#deadlineMs;
    let at = position + 1;
    let blamed = 0;
    for (; at <= to; at++) {
      const state = (this.#ring.slotBytes(at) >> 2) + TICK_GREEKS_STATE_I32;
      const done = isGreeksDone(i32, state, at);
      this.done[at - position - 1] = done ? 1 : 0;
      if (done) continue;
      const worker = this.#workerOf(at);
      if (worker < 0 || this.#isGatedOut(worker, position)) continue;
      if (expired && at <= this.#waitingFor) {
        blamed |= 1 << worker;
        continue;
      }
      break;
    }
    if (expired) this.#blame(blamed);
    else if (this.#deadlineMs > 0 && at > this.#waitingFor) this.#lateInARow.fill(0);
    const stopped = at <= to;
    if (!stopped) this.#deadlineMs = 0;
    else if (this.#deadlineMs === 0 || expired || position >= this.#waitingFor) {
      this.#deadlineMs = this.#clock.monotonicMs() + GATE_MS;
      this.#waitingFor = to;
    }
    return at - 1;
  }

  /** Worker that owes the Greeks of the tick at `position`; -1 if none does. */
  #workerOf(position: number): number {
    const word = (this.#ring.slotBytes(position) >> 2) + TICK_INSTRUMENT_TOKEN_U32;
    const row = this.#table.find(this.#ring.ticks.u32[word]!);
    const chain = row < 0 ? -1 : this.#table.chains[row]!;
    return chain < 0 || this.#ring.workers === 0 ? -1 : this.#table.chainWorker(chain);
  }

  #isGatedOut(worker: number, position: number): boolean {
    if (!this.#gatedOut[worker]) return false;
    if (this.#ring.greeksCursor(worker, position) < position) return true;
    this.#gatedOut[worker] = false;
    this.#lateInARow[worker] = 0;
    return false;
  }

  #blame(workers: number): void {
    for (let worker = 0; worker < this.#lateInARow.length; worker++) {
      if ((workers & (1 << worker)) === 0) {
        this.#lateInARow[worker] = 0;
        continue;
      }
      this.#lateInARow[worker]! += 1;
      if (this.#lateInARow[worker]! >= LATE_MAX) this.#gatedOut[worker] = true;
    }
  }
}
