import type { Clock } from '../../../domain/clock.ts';
import { TickerError } from '../../../domain/error-codes.ts';
import { refusalCode } from '../refusal.ts';
import { ShapeError } from '../rest-answers.ts';
import { Breaker } from './breaker.ts';
import { refusalKind } from './broker-refusal.ts';
import type { BrokerSession } from './broker-session.ts';
import { CallQueue, type Refusal } from './call-queue.ts';
import { describeError, parseObject, readErrorAnswer } from './classify.ts';
import type { OrderTransport, TransportAnswer, TransportRequest } from './order-transport.ts';
import { ReadFlights } from './read-flights.ts';
import { ReadBudget } from './request-budgets.ts';

export interface ReadLaneOptions {
  clock: Clock;
  transport: OrderTransport;
  session: BrokerSession;
  perSecond: number;
  /** Longest wait for the budget. */
  maxWaitMs: number;
  timeoutMs: number;
  onSessionEnd: (sessionNumber: number) => void;
}

export type ReadRequest = Omit<TransportRequest, 'timeoutMs'>;

const UNDER_WAY = 4;
const WAITING = 64;
/** Short: what was read settles what is in doubt, and a read changes nothing. */
const BREAKER = { failures: 5, openMs: 5_000 };

/**
 * Reads of one account under one budget. Rejects with TickerErrors BROKER_SESSION,
 * BROKER_BUDGET (429 as well), BROKER_BREAKER_OPEN, BROKER_REFUSED, BROKER_UNAVAILABLE,
 * BROKER_UNREACHABLE, BROKER_ANSWER, SIMULATOR_REFUSED.
 */
export class ReadLane {
  readonly #options: ReadLaneOptions;
  readonly #budget: ReadBudget;
  readonly #breaker: Breaker;
  readonly #queue: CallQueue;
  readonly #flights = new ReadFlights();
  #closed: Refusal | undefined;

  constructor(options: ReadLaneOptions) {
    const { clock, perSecond } = options;
    this.#options = options;
    this.#budget = new ReadBudget(clock, perSecond);
    this.#breaker = new Breaker(clock, BREAKER);
    this.#queue = new CallQueue({
      clock,
      budget: this.#budget,
      underWay: { entry: UNDER_WAY, exit: UNDER_WAY },
      length: { entry: WAITING, exit: WAITING },
      begin: () => this.#begin(),
    });
  }

  /** `readData` throws ShapeError for what is not understood. */
  read<Result>(request: ReadRequest, readData: (data: unknown) => Result): Promise<Result> {
    const key = `${request.method} ${request.path} ${request.body ?? ''}`;
    return this.#flights.share(key, () => this.#send(request, readData));
  }

  refuseAll(refusal: Refusal): void {
    this.#queue.refuseAll(refusal);
  }

  /** Nothing is begun any more. */
  close(refusal: Refusal): void {
    this.#closed = refusal;
    this.#queue.refuseAll(refusal);
  }

  async #send<Result>(request: ReadRequest, readData: (data: unknown) => Result): Promise<Result> {
    const { transport, session, timeoutMs, maxWaitMs } = this.#options;
    const turn = await this.#queue.enter({ purpose: 'entry', isCancel: false }, maxWaitMs);
    if (!turn.ok) throw new TickerError(turn.code, turn.detail);
    const sessionNumber = session.number;
    try {
      const result = await transport.send({ ...request, timeoutMs });
      if (result.kind === 'failed') {
        const code = result.isSimulatorRefused ? 'SIMULATOR_REFUSED' : 'BROKER_UNREACHABLE';
        throw new TickerError(code, result.reason);
      }
      const data = this.#dataOf(result, sessionNumber);
      const read = readData(data);
      this.#breaker.succeed();
      return read;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      turn.end();
    }
  }

  #begin(): Refusal | undefined {
    const refusal = this.#closed ?? this.#options.session.refusal();
    if (refusal !== undefined) return refusal;
    const waitMs = this.#breaker.waitMs();
    if (waitMs > 0) {
      const detail = 'Reads from the broker failed several times in a row.';
      return { ok: false, code: 'BROKER_BREAKER_OPEN', detail, retryAfterMs: waitMs };
    }
    this.#breaker.begin();
    return undefined;
  }

  /** `data` of a successful answer; throws a TickerError for any other. */
  #dataOf(answer: TransportAnswer, sessionNumber: number): unknown {
    const { session, onSessionEnd } = this.#options;
    if (answer.status === 200) {
      const envelope = parseObject(answer.body);
      if (envelope?.['status'] === 'success') return envelope['data'];
      throw new ShapeError('not the JSON of a successful answer');
    }
    const error = readErrorAnswer(answer);
    const text = session.quotable(describeError(error));
    const kind = refusalKind(error);
    if (kind === 'session') {
      onSessionEnd(sessionNumber);
      throw new TickerError('BROKER_SESSION', text);
    }
    if (answer.status === 429) {
      this.#budget.noteThrottled(answer.retryAfterS);
      throw new TickerError('BROKER_BUDGET', text);
    }
    throw new TickerError(refusalCode(answer.status), text);
  }

  /** Counts it for the breaker, and makes a TickerError of it. */
  #failure(error: unknown): unknown {
    const failure =
      error instanceof ShapeError ? new TickerError('BROKER_ANSWER', error.message) : error;
    const code = failure instanceof TickerError ? failure.code : null;
    if (code === 'BROKER_REFUSED') this.#breaker.succeed();
    else if (code === 'BROKER_SESSION' || code === 'BROKER_BUDGET') this.#breaker.pass();
    else this.#breaker.fail();
    return failure;
  }
}
