import type { Clock, TimerHandle } from '../../../domain/clock.ts';
import type { CallAdmission, CallPurpose } from '../../../domain/order-broker.ts';
import type { CallBudget } from './request-budgets.ts';

export type Refusal = Extract<CallAdmission, { ok: false }>;

/** A call may be sent now; `end` when it is over, once. */
export type Turn = { ok: true; end: () => void } | Refusal;

export interface CallQueueOptions {
  clock: Clock;
  budget: CallBudget;
  /** Calls under way at which no further one of the purpose is begun. */
  underWay: Readonly<Record<CallPurpose, number>>;
  /** Calls that may wait. */
  length: Readonly<Record<CallPurpose, number>>;
  /** Asked right before a call goes; undefined: it goes, and counts as begun. */
  begin: (kind: CallKind) => Refusal | undefined;
}

/** Cancellations are exits that pass a breaker. */
export interface CallKind {
  purpose: CallPurpose;
  isCancel: boolean;
}

interface WaitingCall {
  kind: CallKind;
  timer: TimerHandle;
  resolve: (turn: Turn) => void;
}

/** Lets calls go as the budget allows, exits before entries; within a purpose the oldest first. */
export class CallQueue {
  readonly #options: CallQueueOptions;
  readonly #waiting: Record<CallPurpose, WaitingCall[]> = { exit: [], entry: [] };
  #underWay = 0;
  #timer: TimerHandle | undefined;

  constructor(options: CallQueueOptions) {
    this.#options = options;
  }

  /** Calls that wait. */
  get length(): number {
    return this.#waiting.exit.length + this.#waiting.entry.length;
  }

  /** What a call would meet that gives up after `maxWaitMs`. */
  admission(purpose: CallPurpose, maxWaitMs: number): CallAdmission {
    const { budget, length } = this.#options;
    const ahead = purpose === 'exit' ? this.#waiting.exit.length : this.length;
    const waitMs = budget.waitMs(purpose, ahead);
    if (waitMs === Infinity) return refusedByBudget('the day is used up', budget.renewsInMs());
    if (waitMs >= maxWaitMs)
      return refusedByBudget(`it would wait ${Math.ceil(waitMs)} ms`, waitMs);
    if (this.#waiting[purpose].length >= length[purpose]) {
      return refusedByBudget(`${length[purpose]} calls wait already`, Math.max(waitMs, 1_000));
    }
    return { ok: true };
  }

  /** Resolves when the call may be sent, or will not be. */
  enter(kind: CallKind, maxWaitMs: number): Promise<Turn> {
    const admission = this.admission(kind.purpose, maxWaitMs);
    if (!admission.ok) return Promise.resolve(admission);
    return new Promise((resolve) => {
      const calls = this.#waiting[kind.purpose];
      const timer = this.#options.clock.setTimeout(() => {
        calls.splice(calls.indexOf(call), 1);
        call.resolve(refusedByBudget(`it has waited ${maxWaitMs} ms`, 1_000));
      }, maxWaitMs);
      const call = { kind, timer, resolve };
      calls.push(call);
      this.#pump();
    });
  }

  /** Ends all that wait. */
  refuseAll(refusal: Refusal): void {
    for (const purpose of ORDER) this.#refuse(purpose, refusal);
  }

  #pump(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const purpose of ORDER) {
      const waitMs = this.#letGo(purpose);
      if (waitMs === null) continue;
      // Entries have less of every budget than exits, so they need not be looked at.
      if (waitMs > 0) this.#timer = this.#options.clock.setTimeout(() => this.#pump(), waitMs);
      return;
    }
  }

  /** Ms until the next of them may go; 0: when a call under way ends; null: none waits. */
  #letGo(purpose: CallPurpose): number | null {
    const { budget, underWay, begin } = this.#options;
    for (;;) {
      const [call] = this.#waiting[purpose];
      if (call === undefined) return null;
      if (this.#underWay >= underWay[purpose]) return 0;
      const waitMs = budget.waitMs(purpose, 0);
      if (waitMs === Infinity) {
        this.#refuse(purpose, refusedByBudget('the day is used up', budget.renewsInMs()));
        return null;
      }
      if (waitMs > 0) return waitMs;
      this.#waiting[purpose].shift();
      call.timer.cancel();
      call.resolve(begin(call.kind) ?? this.#turn());
    }
  }

  #turn(): Turn {
    this.#options.budget.take();
    this.#underWay++;
    return {
      ok: true,
      end: () => {
        this.#underWay--;
        this.#pump();
      },
    };
  }

  #refuse(purpose: CallPurpose, refusal: Refusal): void {
    for (const call of this.#waiting[purpose].splice(0)) {
      call.timer.cancel();
      call.resolve(refusal);
    }
  }
}

const ORDER: readonly CallPurpose[] = ['exit', 'entry'];

function refusedByBudget(why: string, retryAfterMs: number): Refusal {
  const detail = `The budget of broker requests: ${why}.`;
  return { ok: false, code: 'BROKER_BUDGET', detail, retryAfterMs: Math.ceil(retryAfterMs) };
}
