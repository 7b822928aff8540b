import type { Clock, TimerHandle } from '../domain/clock.ts';
import { TickerError, type ErrorCode } from '../domain/error-codes.ts';

/** What control answers to one call. */
type Answer =
  | { id: number; ok: true; result: unknown }
  | { id: number; ok: false; code: ErrorCode; detail: string };

interface Waiting {
  resolve(result: unknown): void;
  reject(error: TickerError): void;
  timer: TimerHandle;
}

type CallTable<Calls> = Record<keyof Calls, { args: unknown; result: unknown }>;

/** A thread's calls that wait for an answer of control. An answer that takes longer is given up. */
export class WaitingCalls<Calls extends CallTable<Calls>> {
  readonly #clock: Clock;
  readonly #answerMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(clock: Clock, answerMs: number) {
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /**
   * `send` sends the call under the id it is given. Rejects with the TickerError that control
   * answers, or TIMEOUT.
   */
  call<Name extends keyof Calls & string>(
    name: Name,
    send: (id: number) => void,
  ): Promise<Calls[Name]['result']> {
    const id = this.#nextId++;
    const answerMs = this.#answerMs;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        this.#waiting.delete(id);
        reject(new TickerError('TIMEOUT', `control did not answer ${name} in ${answerMs} ms`));
      }, answerMs);
      this.#waiting.set(id, { resolve, reject, timer });
      send(id);
    });
  }

  /** An answer that nobody waits for any more is no matter. */
  onAnswer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    waiting.timer.cancel();
    if (answer.ok) waiting.resolve(answer.result);
    else waiting.reject(new TickerError(answer.code, answer.detail));
  }
}
