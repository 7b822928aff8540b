import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { FromOrders, OrderCallName, OrderCalls, ToOrders } from '../messages.ts';

/** An answer that takes longer is given up; control does nothing long for one of these. */
const ANSWER_MS = 3_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: TickerError): void;
  timer: TimerHandle;
}

/** What orders asks of control. */
export class ControlLink {
  readonly #post: (message: FromOrders) => void;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(post: (message: FromOrders) => void, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  /** Rejects with the TickerError that control answers, or TIMEOUT. */
  call<Name extends OrderCallName>(
    name: Name,
    args: OrderCalls[Name]['args'],
  ): Promise<OrderCalls[Name]['result']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        this.#waiting.delete(id);
        reject(new TickerError('TIMEOUT', `control did not answer ${name} in ${ANSWER_MS} ms`));
      }, ANSWER_MS);
      this.#waiting.set(id, {
        resolve: (result) => resolve(result as OrderCalls[Name]['result']),
        reject,
        timer,
      });
      this.#post({ type: 'call', id, name, args } as FromOrders);
    });
  }

  onAnswer(answer: Extract<ToOrders, { type: 'answer' }>): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    waiting.timer.cancel();
    if (answer.ok) waiting.resolve(answer.result);
    else waiting.reject(new TickerError(answer.code, answer.detail));
  }
}
