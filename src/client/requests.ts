import { ERRORS, type ErrorCode, TickerError } from '../domain/error-codes.ts';
import type { Clock, TimerHandle } from '../domain/clock.ts';
import type { ServerMessage } from '../wire/messages.ts';

export type Answer = Exclude<Extract<ServerMessage, { id: number }>, { type: 'error' }>;

/** What becomes of a request; exactly one is called, once. */
export interface RequestHandlers {
  answered(answer: Answer): void;
  refused(error: TickerError): void;
  /** The connection ended before the answer came: the service may or may not have acted on it. */
  lost(): void;
}

/** Requests that wait for their answer, by id. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onTimeout: () => void;
  readonly #onChange: () => void;
  readonly #pending = new Map<number, { handlers: RequestHandlers; timer: TimerHandle }>();
  #lastId = 0;

  /**
   * `onTimeout` is called after the request's own `refused`; `onChange` when the first begins to
   * wait and when the last has ended.
   */
  constructor(clock: Clock, timeoutMs: number, onTimeout: () => void, onChange: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
    this.#onChange = onChange;
  }

  /** Whether any answer is still to come. */
  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  /** Id for a message that has no answer. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Id for a request that is being sent. */
  open(handlers: RequestHandlers): number {
    const id = this.nextId();
    const timer = this.#clock.setTimeout(() => {
      this.#close(id);
      handlers.refused(new TickerError('TIMEOUT', `no answer in ${this.#timeoutMs} ms`));
      this.#onTimeout();
    }, this.#timeoutMs);
    this.#pending.set(id, { handlers, timer });
    if (this.#pending.size === 1) this.#onChange();
    return id;
  }

  /** False: nobody waits for this id. */
  answer(answer: Answer): boolean {
    const handlers = this.#close(answer.id);
    handlers?.answered(answer);
    return handlers !== undefined;
  }

  /** False: nobody waits for this id. */
  refuse(id: number, error: TickerError): boolean {
    const handlers = this.#close(id);
    handlers?.refused(error);
    return handlers !== undefined;
  }

  /** The connection ended. */
  loseAll(): void {
    for (const id of [...this.#pending.keys()]) this.#close(id)?.lost();
  }

  #close(id: number): RequestHandlers | undefined {
    const request = this.#pending.get(id);
    if (request === undefined) return undefined;
    request.timer.cancel();
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#onChange();
    return request.handlers;
  }
}

/** The service's error as ours. A code that this version does not know stays in the text. */
export function serviceError(code: string, detail: string): TickerError {
  if (Object.hasOwn(ERRORS, code)) return new TickerError(code as ErrorCode, detail);
  return new TickerError('INTERNAL', `${code}: ${detail}`);
}
