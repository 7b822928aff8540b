import type { Clock } from '../../domain/clock.ts';
import type { FromOrders, OrderCallName, OrderCalls, ToOrders } from '../messages.ts';
import { WaitingCalls } from '../waiting-calls.ts';

/** An answer that takes longer is given up; control does nothing long for one of these. */
const ANSWER_MS = 3_000;

/** What orders asks of control. */
export class ControlLink {
  readonly #post: (message: FromOrders) => void;
  readonly #calls: WaitingCalls<OrderCalls>;

  constructor(post: (message: FromOrders) => void, clock: Clock) {
    this.#post = post;
    this.#calls = new WaitingCalls(clock, ANSWER_MS);
  }

  /** Rejects with the TickerError that control answers, or TIMEOUT. */
  call<Name extends OrderCallName>(
    name: Name,
    args: OrderCalls[Name]['args'],
  ): Promise<OrderCalls[Name]['result']> {
    return this.#calls.call(name, (id) =>
      this.#post({ type: 'call', id, name, args } as FromOrders),
    );
  }

  onAnswer(answer: Extract<ToOrders, { type: 'answer' }>): void {
    this.#calls.onAnswer(answer);
  }
}
