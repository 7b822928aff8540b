import type { Clock, TimerHandle } from '../../../src/domain/clock.ts';

/**
 * Where a process meets the world: an entry on its way to the journal, durable without the process
 * knowing it, a request before and after it has left, an answer before it is heard, a timer, a
 * hint.
 */
export const STEPS = ['append', 'appended', 'send', 'sent', 'answer', 'timer', 'hint'] as const;
export type Step = (typeof STEPS)[number];

/** The process dies when it takes a step of this kind for the `count`th time. */
export interface Crash {
  step: Step;
  count: number;
}

/** Whether one process lives; everything that connects it to the world asks here. */
export class ProcessLife {
  isAlive = true;
  readonly #onDeath: () => void;
  #crash: Crash | undefined;
  #left = 0;

  constructor(onDeath: () => void) {
    this.#onDeath = onDeath;
  }

  /** Lets it die at a step that is to come. */
  arm(crash: Crash): void {
    this.#crash = crash;
    this.#left = crash.count;
  }

  /** Takes a step; false: the process is dead, perhaps of this. */
  take(step: Step): boolean {
    if (!this.isAlive) return false;
    if (this.#crash?.step !== step || --this.#left > 0) return true;
    this.die();
    return false;
  }

  die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#onDeath();
  }
}

/** What a dead process waits for. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => undefined);
}

/** The clock of one process: its timers end with it. */
export class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #life: ProcessLife;

  constructor(clock: Clock, life: ProcessLife) {
    this.#clock = clock;
    this.#life = life;
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.#clock.setTimeout(() => this.#fire(callback), delayMs);
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    const timer = this.#clock.setInterval(() => {
      if (this.#life.isAlive) this.#fire(callback);
      else timer.cancel();
    }, periodMs);
    return timer;
  }

  #fire(callback: () => void): void {
    if (this.#life.take('timer')) callback();
  }
}
