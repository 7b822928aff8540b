import type { Clock } from '../../src/domain/clock.ts';
import type { Random } from '../../src/feed/sim/random.ts';

/** Where a fault hits a thread: what it was doing stays half done. */
export class Crash extends Error {
  constructor(where: string) {
    super(`crash ${where}`);
  }
}

/** `timer`: what a thread's own clock brings; `message`: what comes from outside. */
export type TaskKind = 'timer' | 'message';

/**
 * A thread or a client process of a run: tasks one after the other; it can be frozen, so that they
 * wait, and it can die, so that they never happen.
 */
export class VirtualThread {
  /** A clock whose timers are tasks of this thread. */
  readonly clock: Clock;
  isAlive = true;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onCrash: (error: unknown) => void;
  #waiting: { kind: TaskKind; task: () => void }[] = [];
  #isFrozen = false;

  constructor(clock: Clock, random: Random, onCrash: (error: unknown) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onCrash = onCrash;
    this.clock = {
      nowUs: () => clock.nowUs(),
      monotonicMs: () => clock.monotonicMs(),
      setTimeout: (callback, delayMs) => {
        let isCancelled = false;
        // Cancelled while the thread is frozen: it is due, but must not happen any more.
        const task = (): void => (isCancelled ? undefined : callback());
        const timer = clock.setTimeout(() => this.run('timer', task), delayMs);
        return {
          cancel: () => {
            isCancelled = true;
            timer.cancel();
          },
          unref: () => undefined,
        };
      },
      setInterval: (callback, periodMs) => {
        let isDue = false;
        const task = (): void => {
          isDue = false;
          callback();
        };
        // A frozen interval runs late once, not once for every period that it missed.
        const due = (): void => {
          if (isDue || !this.isAlive) return;
          isDue = true;
          this.run('timer', task);
        };
        return clock.setInterval(due, periodMs);
      },
    };
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** A task that arrives `delayMs` from now. */
  post(kind: TaskKind, delayMs: number, task: () => void): void {
    this.#clock.setTimeout(() => this.run(kind, task), delayMs);
  }

  /** Now, or when the thread is not frozen any more; never if it is dead. */
  run(kind: TaskKind, task: () => void): void {
    if (!this.isAlive) return;
    if (this.#isFrozen) {
      this.#waiting.push({ kind, task });
      return;
    }
    try {
      task();
    } catch (error) {
      this.#onCrash(error);
    }
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** What has waited happens now: timers or messages first, as it may be after a long task. */
  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    const first: TaskKind = this.#random.uniform() < 0.5 ? 'timer' : 'message';
    for (const { kind, task } of waiting) if (kind === first) this.run(kind, task);
    for (const { kind, task } of waiting) if (kind !== first) this.run(kind, task);
  }

  kill(): void {
    this.isAlive = false;
    this.#waiting = [];
  }
}
