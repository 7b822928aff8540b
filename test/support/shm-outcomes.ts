import { parentPort } from 'node:worker_threads';
import type { ShmMessage } from './shm-threads.ts';

/** Counts what a thread observed, by name. */
export class Outcomes<Name extends string> {
  readonly counts: Record<Name, number>;
  readonly #wanted: readonly [Name, number][];
  readonly #forbidden: readonly Name[];
  #complete = false;

  /**
   * `names`: all that can be observed, allowed or not. `wanted`: how often each must be, at least.
   * `forbidden`: those after which there is nothing to wait for.
   */
  constructor(
    names: readonly Name[],
    wanted: Partial<Record<Name, number>>,
    forbidden: readonly Name[] = [],
  ) {
    this.#forbidden = forbidden;
    this.counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
    this.#wanted = Object.entries(wanted) as [Name, number][];
  }

  count(name: Name): void {
    this.counts[name]++;
  }

  /** Sends the event `complete` once: all that is wanted was observed, or something forbidden. */
  reportWhenComplete(): void {
    if (this.#complete) return;
    const failed = this.#forbidden.some((name) => this.counts[name] > 0);
    if (!failed && this.#wanted.some(([name, least]) => this.counts[name] < least)) return;
    this.#complete = true;
    sendEvent('complete');
  }
}

function send(message: ShmMessage): void {
  parentPort!.postMessage(message);
}

/** To the test: something has happened in this thread. */
export function sendEvent(event: string): void {
  send({ event });
}

/** To the test: this thread's result. Its last act. */
export function sendResult(result: unknown): void {
  send({ result });
}
