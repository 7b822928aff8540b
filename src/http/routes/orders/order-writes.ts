import type { Clock, TimerHandle } from '../../../domain/clock.ts';
import { TickerError } from '../../../domain/error-codes.ts';
import type { OrderService, Replayable, WriteCall } from '../../../domain/order-service.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { httpStatusOf } from '../../problem.ts';
import type { Answer, Method, RouteRequest } from '../../route.ts';
import { plainCall } from './caller.ts';
import { idempotencyKey, requestFingerprint } from './idempotency-key.ts';
import { writeAnswer } from './write-answer.ts';

/** Longer than a call of the broker may take, shorter than the server gives any handler. */
const WRITE_DEADLINE_MS = 9_000;

export interface OrderWritesOptions {
  service: OrderService;
  clock: Clock;
  logger: Logger;
}

/** What is asked for: the fingerprint of an idempotency key is made of it. */
export interface WriteSubject {
  method: Method;
  path: string;
  body?: unknown;
}

type WriteRequest = Pick<
  RouteRequest<unknown, unknown, unknown>,
  'principal' | 'clientAddress' | 'requestId' | 'header'
>;

/**
 * Answers order writes in time. One that takes too long, or fails in a way nobody thought of, is
 * given up: as unknown (202) if it may have reached the broker, as failed only if it never will.
 */
export class OrderWrites {
  readonly #options: OrderWritesOptions;

  constructor(options: OrderWritesOptions) {
    this.#options = options;
  }

  async answer(
    request: WriteRequest,
    { method, path, body }: WriteSubject,
    act: (call: WriteCall) => Promise<Replayable>,
  ): Promise<Answer> {
    const call: WriteCall = {
      ...plainCall(request),
      idempotencyKey: idempotencyKey(request.header('idempotency-key')),
      fingerprint: requestFingerprint(method, path, body),
    };
    try {
      return writeAnswer(await this.#inTime(call, act(call)));
    } catch (error) {
      if (!invitesRetry(error)) throw error;
      const kept = this.#options.service.giveUp(call);
      if (kept === undefined) throw error;
      this.#log(call, error, 'an order write was given up; what became of it is not known');
      return writeAnswer({ answer: kept, replayed: false });
    }
  }

  /** Rejects with TIMEOUT if `work` takes too long; what comes of it then is logged. */
  async #inTime(call: WriteCall, work: Promise<Replayable>): Promise<Replayable> {
    let isLate = false;
    let timer: TimerHandle | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = this.#options.clock.setTimeout(() => {
        isLate = true;
        const detail = 'It took too long and was given up; nothing was kept or sent.';
        reject(new TickerError('TIMEOUT', detail));
      }, WRITE_DEADLINE_MS);
    });
    const noted = work.catch((error: unknown) => {
      if (isLate) this.#log(call, error, 'an order write failed after it was answered');
      throw error;
    });
    try {
      return await Promise.race([noted, deadline]);
    } finally {
      timer?.cancel();
    }
  }

  #log({ requestId }: WriteCall, error: unknown, message: string): void {
    this.#options.logger.error({ err: error, requestId }, message);
  }
}

/** Whether the caller would be told that the same request may succeed later. */
function invitesRetry(error: unknown): boolean {
  return !(error instanceof TickerError) || (httpStatusOf(error.code) ?? 500) >= 500;
}
