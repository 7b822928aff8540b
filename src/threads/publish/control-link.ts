import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { NamedInstrument } from '../../domain/instrument.ts';
import type {
  ChainKey,
  ChainResolution,
  InstrumentDirectory,
  Resolution,
  UpstreamDemand,
  UpstreamMode,
} from '../../domain/ports.ts';
import type { CallName, ControlCalls, FromPublish, ToPublish } from '../messages.ts';

/**
 * An answer that takes longer is given up; the first price of an underlying may take two seconds.
 */
const ANSWER_MS = 10_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: TickerError): void;
  timer: TimerHandle;
}

/** Publish's side of its conversation with control: questions, demand, chains followed. */
export class ControlLink implements InstrumentDirectory, UpstreamDemand {
  readonly #post: (message: FromPublish) => void;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  readonly #demand = new Map<number, UpstreamMode>();
  #nextId = 1;

  constructor(post: (message: FromPublish) => void, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  /** Rejects with the TickerError that control answers, or TIMEOUT. */
  call<Name extends CallName>(
    name: Name,
    args: ControlCalls[Name]['args'],
  ): Promise<ControlCalls[Name]['result']> {
    const id = this.#nextId++;
    // What was demanded before must be known to control before it answers.
    this.#flushDemand();
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        this.#waiting.delete(id);
        reject(new TickerError('TIMEOUT', `control did not answer ${name} in ${ANSWER_MS} ms`));
      }, ANSWER_MS);
      this.#waiting.set(id, {
        resolve: (result) => resolve(result as ControlCalls[Name]['result']),
        reject,
        timer,
      });
      this.#post({ type: 'call', id, name, args } as FromPublish);
    });
  }

  onAnswer(answer: Extract<ToPublish, { type: 'answer' }>): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    waiting.timer.cancel();
    if (answer.ok) waiting.resolve(answer.result);
    else waiting.reject(new TickerError(answer.code, answer.detail));
  }

  resolveInstruments(requests: (string | number)[]): Promise<Resolution<string | number>[]> {
    return this.call('resolveInstruments', requests);
  }

  resolveChain(request: ControlCalls['resolveChain']['args']): Promise<ChainResolution> {
    return this.call('resolveChain', request);
  }

  describeInstruments(tokens: number[]): Promise<(NamedInstrument | null)[]> {
    return this.call('describeInstruments', tokens);
  }

  /** Changes of one turn leave together. */
  setDemand(row: number, mode: UpstreamMode): void {
    if (this.#demand.size === 0) queueMicrotask(() => this.#flushDemand());
    this.#demand.set(row, mode);
  }

  follow(chain: ChainKey): void {
    this.#post({ type: 'follow', chain });
  }

  unfollow(chain: ChainKey): void {
    this.#post({ type: 'unfollow', chain });
  }

  #flushDemand(): void {
    if (this.#demand.size === 0) return;
    const changes = [...this.#demand].map(([row, mode]) => ({ row, mode }));
    this.#demand.clear();
    this.#post({ type: 'demand', changes });
  }
}
