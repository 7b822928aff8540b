/** A position in the stream that is reached when everything before it has been taken. */
interface Mark {
  readonly position: number;
}

/** So many entries that were taken stay in the list before it is made shorter. */
const TAKEN_MAX = 1024;

type Entry<Value> = { readonly value: Value } | Mark;

export interface EventStreamOptions {
  /** Values that may wait before the client reads no more. */
  highWaterMark: number;
  /** Position up to which everything has been taken when the stream begins. */
  position: number;
  /** `isFull` has changed, or a position was reached. */
  changed(): void;
  /** The caller has ended it. */
  ended(): void;
}

interface Taker<Value> {
  resolve: (result: IteratorResult<Value, undefined>) => void;
  reject: (error: Error) => void;
}

/**
 * Values one after the other, for `for await`. While more wait than its mark the client reads no
 * more, so that whoever takes them sets the pace.
 */
export class EventStream<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #options: EventStreamOptions;
  #entries: Entry<Value>[] = [];
  #head = 0;
  #waiting = 0;
  #takers: Taker<Value>[] = [];
  #handed: number;
  #isFull = false;
  #end: { error: Error | undefined } | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#handed = options.position;
  }

  /** Whether the client should read no more for now. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Position up to which the caller has taken everything. */
  get handed(): number {
    return this.#handed;
  }

  push(value: Value): void {
    if (this.#end !== undefined) return;
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker.resolve({ done: false, value });
      return;
    }
    this.#entries.push({ value });
    this.#waiting += 1;
    if (this.#waiting < this.#options.highWaterMark || this.#isFull) return;
    this.#isFull = true;
    this.#options.changed();
  }

  /** Everything up to `position` has been pushed. */
  mark(position: number): void {
    if (this.#end !== undefined) return;
    if (this.#waiting === 0) {
      this.#handed = position;
      return;
    }
    const last = this.#entries.at(-1);
    if (last !== undefined && 'position' in last) this.#entries.pop();
    this.#entries.push({ position });
  }

  /** Positions begin anew at `position`: those from before say nothing any more. */
  restart(position: number): void {
    this.#entries = this.#entries.slice(this.#head).filter((entry) => 'value' in entry);
    this.#head = 0;
    this.#handed = position;
  }

  /** No more comes: what waits is still given out, then the error, or the end. */
  finish(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    for (const taker of this.#takers.splice(0)) this.#conclude(taker);
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    const value = this.#take();
    if (value !== undefined) return Promise.resolve({ done: false, value: value.value });
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.#end === undefined) this.#takers.push(taker);
      else this.#conclude(taker);
    });
  }

  /** Ends the stream; what still waits is not given out. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#entries = [];
    this.#head = 0;
    this.#waiting = 0;
    this.#isFull = false;
    this.finish(undefined);
    this.#options.ended();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** An error is told once. */
  #conclude({ resolve, reject }: Taker<Value>): void {
    const error = this.#end?.error;
    this.#end = { error: undefined };
    if (error === undefined) resolve({ done: true, value: undefined });
    else reject(error);
  }

  #take(): { readonly value: Value } | undefined {
    this.#passMarks();
    const entry = this.#entries[this.#head];
    if (entry === undefined || !('value' in entry)) return undefined;
    this.#head += 1;
    this.#waiting -= 1;
    this.#passMarks();
    if (this.#waiting === 0 && this.#isFull) {
      this.#isFull = false;
      this.#options.changed();
    }
    return entry;
  }

  /** Positions behind which nothing waits are reached. */
  #passMarks(): void {
    for (;;) {
      const entry = this.#entries[this.#head];
      if (entry === undefined || !('position' in entry)) break;
      this.#handed = entry.position;
      this.#head += 1;
    }
    if (this.#head < TAKEN_MAX && this.#waiting > 0) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
