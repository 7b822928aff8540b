import type { Clock } from '../../../domain/clock.ts';
import { ERRORS, errorText } from '../../../domain/error-codes.ts';
import type {
  BrokerAccountState,
  CallAdmission,
  CallOutcome,
  LastWord,
  WireEvidence,
} from '../../../domain/order-broker.ts';
import { Breaker } from './breaker.ts';
import type { BrokerSession } from './broker-session.ts';
import { CallQueue, type CallKind, type Refusal } from './call-queue.ts';
import type { Verdict } from './classify.ts';
import type { OrderTransport, TransportRequest, TransportResult } from './order-transport.ts';
import { OrderBudget } from './request-budgets.ts';

export interface OrderLaneOptions {
  clock: Clock;
  transport: OrderTransport;
  session: BrokerSession;
  timeoutMs: number;
  onSessionEnd: (sessionNumber: number) => void;
}

export interface OrderLaneCall extends Omit<TransportRequest, 'timeoutMs'> {
  kind: CallKind;
  /** For the budget. */
  maxWaitMs: number;
  lastWord?: LastWord;
}

/** A broker that does not answer holds up so many entries, and still takes exits. */
const UNDER_WAY = { entry: 16, exit: 24 };
const WAITING = { entry: 100, exit: 5_000 };
const BREAKER = { failures: 5, openMs: 60_000 };

/** The calls of one account that change something: each is sent once or not at all. */
export class OrderLane {
  readonly budget: OrderBudget;
  readonly #options: OrderLaneOptions;
  readonly #breaker: Breaker;
  readonly #queue: CallQueue;
  #closed: Refusal | undefined;

  constructor(options: OrderLaneOptions) {
    const { clock } = options;
    this.#options = options;
    this.budget = new OrderBudget(clock);
    this.#breaker = new Breaker(clock, BREAKER);
    this.#queue = new CallQueue({
      clock,
      budget: this.budget,
      underWay: UNDER_WAY,
      length: WAITING,
      begin: (kind) => this.#begin(kind),
    });
  }

  state(): Omit<BrokerAccountState, 'hasSession'> {
    return {
      breaker: this.#breaker.state,
      dayBudgetLeft: this.budget.dayLeft,
      queued: this.#queue.length,
    };
  }

  admission(kind: CallKind, maxWaitMs: number): CallAdmission {
    return this.#refusal(kind) ?? this.#queue.admission(kind.purpose, maxWaitMs);
  }

  /** Never rejects. */
  async call<Result>(
    call: OrderLaneCall,
    classify: (result: TransportResult) => Verdict<Result>,
  ): Promise<CallOutcome<Result>> {
    const { clock, session, timeoutMs } = this.#options;
    const { kind, maxWaitMs, lastWord, ...request } = call;
    const turn = await this.#enter(kind, maxWaitMs);
    if (!turn.ok)
      return { kind: 'not-sent', code: turn.code, message: turn.detail, evidence: null };
    const code = lastWord?.();
    if (code !== undefined) {
      this.#breaker.pass();
      turn.end();
      return { kind: 'not-sent', code, message: ERRORS[code].detail, evidence: null };
    }
    const sessionNumber = session.number;
    const sentUs = Math.floor(clock.nowUs());
    const result = await this.#send({ ...request, timeoutMs });
    const verdict = classify(result);
    this.#note(verdict, result, sessionNumber);
    turn.end();
    const evidence: WireEvidence = {
      method: request.method,
      path: request.path,
      requestBody: request.body,
      status: result.kind === 'answer' ? result.status : null,
      responseBody: result.kind === 'answer' ? session.evidence(result.body) : null,
      sentUs,
      answeredUs: Math.floor(clock.nowUs()),
    };
    return this.#outcome(verdict, evidence, result);
  }

  refuseAll(refusal: Refusal): void {
    this.#queue.refuseAll(refusal);
  }

  /** Nothing is begun any more. */
  close(refusal: Refusal): void {
    this.#closed = refusal;
    this.#queue.refuseAll(refusal);
  }

  async #enter(kind: CallKind, maxWaitMs: number): ReturnType<CallQueue['enter']> {
    return this.#refusal(kind) ?? this.#queue.enter(kind, maxWaitMs);
  }

  /** A transport that breaks its promise has perhaps sent it. */
  async #send(request: TransportRequest): Promise<TransportResult> {
    try {
      return await this.#options.transport.send(request);
    } catch (error) {
      return { kind: 'failed', bytesWritten: true, reason: errorText(error) };
    }
  }

  #refusal({ isCancel }: CallKind): Refusal | undefined {
    const refusal = this.#closed ?? this.#options.session.refusal();
    if (refusal !== undefined || isCancel) return refusal;
    const waitMs = this.#breaker.waitMs();
    if (waitMs === 0) return undefined;
    const detail = `Order requests have failed ${BREAKER.failures} times in a row.`;
    return { ok: false, code: 'BROKER_BREAKER_OPEN', detail, retryAfterMs: Math.ceil(waitMs) };
  }

  #begin(kind: CallKind): Refusal | undefined {
    const refusal = this.#refusal(kind);
    if (refusal === undefined) this.#breaker.begin();
    return refusal;
  }

  /** What the outcome says of the broker's health, its limiter and the session. */
  #note(verdict: Verdict<unknown>, result: TransportResult, sessionNumber: number): void {
    if (verdict.kind === 'unknown' || verdict.kind === 'not-sent') {
      this.#breaker.fail();
      return;
    }
    const isRefused = verdict.kind === 'rejected';
    if (isRefused && verdict.code === 'BROKER_SESSION') {
      this.#breaker.pass();
      this.#options.onSessionEnd(sessionNumber);
    } else if (isRefused && (verdict.isThrottled || verdict.isDayFull)) {
      this.#breaker.pass();
      const retryAfterS = result.kind === 'answer' ? result.retryAfterS : undefined;
      this.budget.noteThrottled(retryAfterS, verdict.isDayFull);
    } else {
      this.#breaker.succeed();
      this.budget.noteAnswer();
    }
  }

  #outcome<Result>(
    verdict: Verdict<Result>,
    evidence: WireEvidence,
    result: TransportResult,
  ): CallOutcome<Result> {
    if (verdict.kind === 'accepted') return { ...verdict, evidence };
    const message = this.#options.session.quotable(verdict.message);
    if (verdict.kind !== 'rejected') return { ...verdict, message, evidence };
    const { kind, code, isThrottled } = verdict;
    const retryAfterS = (result.kind === 'answer' ? result.retryAfterS : undefined) ?? 1;
    const retryAfterMs = isThrottled ? retryAfterS * 1000 : null;
    return { kind, code, message, isThrottled, retryAfterMs, evidence };
  }
}
