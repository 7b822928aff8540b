import { conflate } from './conflation.ts';
import { sizeBytesOf, type Inbound } from './inbound.ts';

/** The application did not take up what came: the newest tick per instrument is left. */
export interface OverflowEvent {
  /** Ticks merged into newer ones, which say so themselves (CONFLATED, `merged`). */
  merged: number;
  /** Bytes that waited, before and after. */
  bytesBefore: number;
  bytesAfter: number;
}

export interface InboxOptions {
  /** What may wait before it is conflated, bytes. */
  maxBytes: number;
  /** Whether the application takes nothing now. */
  isHeld(): boolean;
  deliver(inbound: Inbound): void;
  /** Count of an instrument's last delivered tick. */
  lastOf(token: number): number | undefined;
  overflowed(event: OverflowEvent): void;
}

/** What has come and the application has not been handed yet, in order and bounded. */
export class Inbox {
  readonly #options: InboxOptions;
  #queue: Inbound[] = [];
  #bytes = 0;
  #limitBytes: number;
  #isReleasing = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#limitBytes = options.maxBytes;
  }

  push(inbound: Inbound): void {
    if (this.#queue.length === 0 && !this.#options.isHeld()) {
      this.#options.deliver(inbound);
      return;
    }
    this.#queue.push(inbound);
    this.#bytes += sizeBytesOf(inbound);
    if (this.#bytes > this.#limitBytes) this.#conflate();
    this.release();
  }

  /** Hands on what waits, for as long as the application takes it. */
  release(): void {
    if (this.#isReleasing) return;
    this.#isReleasing = true;
    try {
      for (;;) {
        const next = this.#options.isHeld() ? undefined : this.#queue.shift();
        if (next === undefined) break;
        this.#bytes -= sizeBytesOf(next);
        this.#options.deliver(next);
      }
    } finally {
      this.#isReleasing = false;
    }
    if (this.#queue.length === 0) this.#limitBytes = this.#options.maxBytes;
  }

  clear(): void {
    this.#queue = [];
    this.#bytes = 0;
  }

  #conflate(): void {
    const bytesBefore = this.#bytes;
    const { queue, merged } = conflate(this.#queue, (token) => this.#options.lastOf(token));
    this.#queue = queue;
    this.#bytes = queue.reduce((sum, inbound) => sum + sizeBytesOf(inbound), 0);
    // What cannot become less is not gone over again for every message.
    this.#limitBytes = Math.max(this.#options.maxBytes, this.#bytes * 2);
    const bytesAfter = this.#bytes;
    if (merged > 0) this.#options.overflowed({ merged, bytesBefore, bytesAfter });
  }
}
