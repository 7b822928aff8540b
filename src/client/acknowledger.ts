import type { Clock, TimerHandle } from '../domain/clock.ts';

/** So often the service is told how far the application has come. */
const PERIOD_MS = 1000;

export interface AcknowledgerOptions {
  clock: Clock;
  /** Position up to which the application has been handed everything. */
  handed(): number;
  /** Position up to which everything has come. */
  received(): number;
  send(sequence: number): void;
}

/** Tells the service once a second, while ticks come, how far the application has come. */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  #timer: TimerHandle | undefined;
  #told = 0;
  #isWanted = false;

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  /** A connection begins at this position. */
  begin(position: number): void {
    this.#told = position;
    this.#isWanted = true;
  }

  /** Something has come. */
  moved(): void {
    if (!this.#isWanted || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, PERIOD_MS);
    this.#timer.unref();
  }

  /** The connection has ended, or the service does not want to be told. */
  stop(): void {
    this.#isWanted = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tell(): void {
    const handed = this.#options.handed();
    if (handed > this.#told) {
      this.#told = handed;
      this.#options.send(handed);
    }
    if (handed < this.#options.received()) this.moved();
  }
}
