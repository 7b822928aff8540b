import { PublishLoop } from '../../src/threads/publish/loop.ts';
import { RepricedTicks } from '../../src/threads/publish/repriced-ticks.ts';
import { takeOpening } from '../market/computed-ticks.ts';
import type { MarketRecording } from '../market/recording.ts';
import { createTickPath, type TickPath } from '../market/tick-path.ts';
import { createSinkClient, type SinkClient } from './sink-client.ts';

const RING_SLOTS = 65_536;

/** Time of each stage for each group of frames, ms. */
export interface StageTimes {
  ingest: number[];
  greeks: number[];
  publish: number[];
}

/**
 * The three loops of the tick path, one after the other in this thread, and one client in memory.
 */
export class Pipeline {
  readonly path: TickPath;
  readonly sink: SinkClient;
  /** Positions that publish named as lost. */
  lost = 0;
  readonly #publish: PublishLoop;

  constructor(recording: MarketRecording) {
    this.path = createTickPath(recording, RING_SLOTS);
    takeOpening(this.path, recording);
    this.sink = createSinkClient(this.path, recording);
    this.#publish = new PublishLoop({
      ring: this.path.ring,
      table: this.path.table,
      delivery: this.sink.delivery,
      repriced: new RepricedTicks([this.path.repriced], this.path.lastValues, this.sink.delivery),
      meters: this.path.publishMeters,
      clock: this.path.clock,
      onGap: (from, to) => {
        this.lost += to - from + 1;
      },
    });
  }

  /** Takes frames through all stages, `group` frames at a time. */
  push(frames: readonly Uint8Array[], group: number): void {
    for (let first = 0; first < frames.length; first += group) {
      this.#ingest(frames, first, group);
      this.#compute();
      this.#send();
    }
  }

  /** As `push`, with the time of every stage added to `times`. */
  pushTimed(frames: readonly Uint8Array[], group: number, times: StageTimes): void {
    for (let first = 0; first < frames.length; first += group) {
      const started = performance.now();
      this.#ingest(frames, first, group);
      const ingested = performance.now();
      this.#compute();
      const computed = performance.now();
      this.#send();
      times.ingest.push(ingested - started);
      times.greeks.push(computed - ingested);
      times.publish.push(performance.now() - computed);
    }
  }

  #ingest(frames: readonly Uint8Array[], first: number, group: number): void {
    const { ingest, clock } = this.path;
    for (let i = first; i < first + group && i < frames.length; i++) {
      ingest.onFrame(frames[i]!, clock.nowUs(), true);
    }
  }

  #compute(): void {
    const { greeks } = this.path;
    while (greeks.doWork() > 0);
  }

  #send(): void {
    while (this.#publish.doWork() > 0);
  }
}
