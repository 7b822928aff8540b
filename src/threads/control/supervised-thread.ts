import type { Worker } from 'node:worker_threads';
import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { errorText, type ErrorCode } from '../../domain/error-codes.ts';
import type { Logger } from '../../telemetry/logger.ts';

const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 5_000;
/** A thread that lived this long had started well: its next restart is quick again. */
const HEALTHY_MS = 30_000;

export interface SupervisedThreadOptions<In> {
  name: string;
  clock: Clock;
  logger: Logger;
  /** Makes a new thread. */
  spawn: () => Worker;
  onMessage: (message: In) => void;
  /** The thread has exited unasked; `restarts` counts from 1. Runs before the next one is made. */
  onDeath: (restarts: number) => void;
  /** The first thread has failed before it was ready: an error of the start. */
  onFailedStart: (code: ErrorCode, detail: string) => void;
}

/**
 * A thread that is started again, with growing pauses, whenever it ends unasked. Messages to a
 * thread that is down are dropped: a new one is given the whole state by `onReady`'s owner.
 */
export class SupervisedThread<Out, In extends { type: string }> {
  restarts = 0;
  readonly #options: SupervisedThreadOptions<In>;
  #worker: Worker | undefined;
  #startedMs = 0;
  #delayMs = RESTART_FIRST_MS;
  #timer: TimerHandle | undefined;
  #stopping = false;
  #wasReady = false;
  #exited: Promise<void> = Promise.resolve();

  constructor(options: SupervisedThreadOptions<In>) {
    this.#options = options;
  }

  /** The running thread, for fault tests; undefined while it is down. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  start(): void {
    const { spawn, clock, onMessage, name, logger } = this.#options;
    const worker = spawn();
    this.#worker = worker;
    this.#startedMs = clock.monotonicMs();
    worker.on('message', (message: In) => {
      if (message.type === 'failed') this.#onFailure(message as unknown as Failure);
      else onMessage(message);
    });
    worker.on('error', (error) => {
      logger.error({ err: error, name }, 'thread failed');
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        resolve();
        this.#onExit(worker, code);
      });
    });
  }

  /** The thread works: from now on its death is repaired, not a failed start. */
  markReady(): void {
    this.#wasReady = true;
  }

  post(message: Out): void {
    this.#worker?.postMessage(message);
  }

  /** Asks the thread to end with `message`; ends it after `graceMs` if it does not. */
  async stop(message: Out, graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#timer?.cancel();
    const worker = this.#worker;
    if (worker === undefined) return;
    worker.postMessage(message);
    const timer = this.#options.clock.setTimeout(() => {
      this.#options.logger.warn({ name: this.#options.name }, 'thread did not stop in time');
      void worker.terminate();
    }, graceMs);
    await this.#exited;
    timer.cancel();
  }

  #onFailure({ code, detail }: Failure): void {
    const { logger, name, onFailedStart } = this.#options;
    logger.error({ name, code, detail }, 'thread reports a failure');
    if (!this.#wasReady) onFailedStart(code, detail);
  }

  #onExit(worker: Worker, exitCode: number): void {
    if (this.#worker !== worker || this.#stopping) return;
    const { clock, logger, name, onDeath, onFailedStart } = this.#options;
    this.#worker = undefined;
    if (!this.#wasReady) {
      onFailedStart('THREAD_FAILED', `${name} ended while it was starting`);
      return;
    }
    this.restarts++;
    if (clock.monotonicMs() - this.#startedMs > HEALTHY_MS) this.#delayMs = RESTART_FIRST_MS;
    logger.error({ name, exitCode, delayMs: this.#delayMs }, 'thread ended; restarting it');
    try {
      onDeath(this.restarts);
    } catch (error) {
      logger.error({ name, detail: errorText(error) }, 'cleaning up after a thread failed');
    }
    this.#timer = clock.setTimeout(() => this.start(), this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, RESTART_MAX_MS);
  }
}

interface Failure {
  code: ErrorCode;
  detail: string;
}
