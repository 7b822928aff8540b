import type { Clock, TimerHandle } from '../../domain/clock.ts';

/** A batch is sent when its oldest message has waited so long ... */
export const BATCH_MS = 100;
/** ... or as soon as there are so many. */
export const BATCH_MAX = 1000;
/** Messages that wait; one more drops the oldest. */
export const WAITING_MAX = 10_000;

/** A tick on its way to a channel. */
export interface OutgoingTick {
  channel: string;
  text: string;
}

/** What batches are given to. */
export interface TickSink {
  readonly isReady: boolean;
  /** Resolves with how many were taken; rejects if it is not known that any was. */
  publish(ticks: readonly OutgoingTick[]): Promise<number>;
}

/** What became of the ticks. */
export interface OutboxCounts {
  /** Taken by Redis. */
  published: number;
  batches: number;
  /** Dropped because more than WAITING_MAX waited. */
  dropped: number;
  /** Sent, and not answered for: Redis may have them or not. */
  unconfirmed: number;
}

interface Waiting extends OutgoingTick {
  addedMs: number;
}

/**
 * Collects ticks into batches and sends one batch at a time, in order. A batch that was sent is
 * never sent again, so that no tick comes twice; one that could not be sent stays.
 */
export class Outbox {
  readonly counts: OutboxCounts = { published: 0, batches: 0, dropped: 0, unconfirmed: 0 };
  readonly #clock: Clock;
  readonly #sink: TickSink;
  /** From `#first` on; what lies before has left. */
  #waiting: Waiting[] = [];
  #first = 0;
  #sending: Promise<void> | undefined;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, sink: TickSink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  /** Ticks that wait. */
  get size(): number {
    return this.#waiting.length - this.#first;
  }

  add(channel: string, text: string): void {
    if (this.size >= WAITING_MAX) {
      this.#drop(1);
      this.counts.dropped++;
    }
    this.#waiting.push({ channel, text, addedMs: this.#clock.monotonicMs() });
    this.advance();
  }

  /** Sends what is due. Call when the sink has become ready. */
  advance(): void {
    const oldest = this.#waiting[this.#first];
    if (this.#sending !== undefined || oldest === undefined || !this.#sink.isReady) return;
    const dueMs = oldest.addedMs + BATCH_MS - this.#clock.monotonicMs();
    if (this.size >= BATCH_MAX || dueMs <= 0) this.#send();
    else this.#timer ??= this.#clock.setTimeout(() => this.#onTimer(), dueMs);
  }

  /** Sends all that waits, due or not, until the sink is not ready. What is left is dropped. */
  async end(): Promise<void> {
    for (;;) {
      // What is on its way first; when it has arrived, the next one may be on its way already.
      if (this.#sending !== undefined) await this.#sending;
      else if (this.size > 0 && this.#sink.isReady) this.#send();
      else break;
    }
    this.#timer?.cancel();
    this.counts.dropped += this.size;
    this.#drop(this.size);
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.advance();
  }

  #send(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const batch = this.#waiting.slice(this.#first, this.#first + BATCH_MAX);
    this.#drop(batch.length);
    this.#sending = this.#publish(batch).finally(() => {
      this.#sending = undefined;
      this.advance();
    });
  }

  async #publish(batch: readonly OutgoingTick[]): Promise<void> {
    // The sink knows why it failed, and tells.
    const published = await this.#sink.publish(batch).catch(() => 0);
    this.counts.batches++;
    this.counts.published += published;
    this.counts.unconfirmed += batch.length - published;
  }

  #drop(count: number): void {
    this.#first += count;
    // Moving what is left costs as much as there is left: seldom, so that it costs little a tick.
    if (this.#first < WAITING_MAX && this.size > 0) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
