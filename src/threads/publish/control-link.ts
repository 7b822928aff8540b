import type { Clock } from '../../domain/clock.ts';
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
import { WaitingCalls } from '../waiting-calls.ts';

/**
 * An answer that takes longer is given up; the first price of an underlying may take two seconds.
 */
const ANSWER_MS = 10_000;

/** Publish's side of its conversation with control: questions, demand, chains followed. */
export class ControlLink implements InstrumentDirectory, UpstreamDemand {
  readonly #post: (message: FromPublish) => void;
  readonly #calls: WaitingCalls<ControlCalls>;
  readonly #demand = new Map<number, UpstreamMode>();

  constructor(post: (message: FromPublish) => void, clock: Clock) {
    this.#post = post;
    this.#calls = new WaitingCalls(clock, ANSWER_MS);
  }

  /** Rejects with the TickerError that control answers, or TIMEOUT. */
  call<Name extends CallName>(
    name: Name,
    args: ControlCalls[Name]['args'],
  ): Promise<ControlCalls[Name]['result']> {
    // What was demanded before must be known to control before it answers.
    this.#flushDemand();
    return this.#calls.call(name, (id) =>
      this.#post({ type: 'call', id, name, args } as FromPublish),
    );
  }

  onAnswer(answer: Extract<ToPublish, { type: 'answer' }>): void {
    this.#calls.onAnswer(answer);
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
