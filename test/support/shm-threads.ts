import { Worker } from 'node:worker_threads';
import type { TestContext } from 'node:test';

/** What a worker body sends: named events, and at its end one result. */
export type ShmMessage = { event: string } | { result: unknown };

/** A real thread that runs one of the bodies `shm-*.ts` of this folder. */
export class ShmThread<Result> {
  /** Rejects if the thread ends without a result. */
  readonly result: Promise<Result>;
  /** Resolves when the thread has ended, however. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #seen = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  constructor(body: string, data: unknown) {
    this.#worker = new Worker(new URL(`./${body}.js`, import.meta.url), { workerData: data });
    this.exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.result = new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => reject(new Error(`${body} ended without a result`)));
      this.#worker.on('message', (message: ShmMessage) => {
        if ('result' in message) resolve(message.result as Result);
        else this.#notice(message.event);
      });
    });
    // A test that ends the thread on purpose has no use for the result.
    this.result.catch(() => undefined);
  }

  /** Resolves when the thread has sent the event; rejects if it fails or ends before. */
  async event(name: string): Promise<void> {
    if (this.#seen.has(name)) return;
    const sent = new Promise<void>((resolve) => this.#waiting.set(name, resolve));
    await Promise.race([sent, this.result]);
    if (!this.#seen.has(name)) throw new Error(`the thread ended without the event ${name}`);
  }

  #notice(name: string): void {
    this.#seen.add(name);
    this.#waiting.get(name)?.();
  }

  /** Ends the thread where it stands, blocked or not, and waits until it is gone. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
    await this.exited;
  }
}

/** Starts threads that the test `t` cannot leave behind: its end, or failure, terminates them. */
export function threadStarter(
  t: TestContext,
): <Result>(body: string, data: unknown) => ShmThread<Result> {
  const threads: ShmThread<unknown>[] = [];
  t.after(async () => {
    await Promise.all(threads.map((thread) => thread.terminate()));
  });
  return <Result>(body: string, data: unknown) => {
    const thread = new ShmThread<Result>(body, data);
    threads.push(thread);
    return thread;
  };
}
