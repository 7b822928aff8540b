import type { Clock } from '../../../src/domain/clock.ts';
import type {
  OrderTransport,
  TransportRequest,
  TransportResult,
} from '../../../src/feed/kite/orders/order-transport.ts';
import type { Random } from '../../../src/feed/sim/random.ts';
import { performCall } from '../../../src/feed/sim/rest-calls.ts';
import type { RestAnswer } from '../../../src/feed/sim/rest-route.ts';
import type { SimulatedBroker } from '../../../src/feed/sim/simulated-broker.ts';
import { never, type ProcessLife } from './process-life.ts';

/** What a network does to one call. */
export type WireFault = 'refuse' | 'lose-request' | 'lose-answer' | 'reset' | 'slow';

/** A stretch of time in which calls of an account fare badly. */
export interface WireTrouble {
  fromMs: number;
  toMs: number;
  /** Null: of all accounts. */
  account: string | null;
  fault: WireFault;
  /** Of the calls. */
  share: number;
}

/** One request that left a process. */
export interface SentRequest {
  /** Monotonic, ms of the run. */
  atMs: number;
  /** Which of the processes, from 1. */
  process: number;
  account: string;
  method: string;
  path: string;
  parameters: URLSearchParams;
  /** Null: no complete answer was heard. */
  heard: { status: number; body: string; atMs: number } | null;
}

export interface WireOptions {
  clock: Clock;
  broker: SimulatedBroker;
  random: Random;
  life: ProcessLife;
  process: number;
  account: string;
  troubles: readonly WireTrouble[];
  log: SentRequest[];
  /** As a placement leaves; what must be durable by now can be looked at. */
  onPlacing: (request: SentRequest) => void;
}

const SHORTEST_WAY_MS = 1;
const LONGEST_WAY_MS = 25;
const SLOW_WAY_MS = 6000;
const ADDRESS = '127.0.0.1';

/** The wire of one process to the simulator's routes, in virtual time and without sockets. */
export class VirtualOrderTransport implements OrderTransport {
  readonly #options: WireOptions;
  readonly #connection = {};
  readonly #apiKey: string;
  #accessToken: string;

  constructor(options: WireOptions) {
    this.#options = options;
    const { apiKey, accessToken } = options.broker.accounts.get(options.account);
    this.#apiKey = apiKey;
    this.#accessToken = accessToken ?? '';
  }

  send(request: TransportRequest): Promise<TransportResult> {
    const { clock, life, log, account, process, onPlacing } = this.#options;
    if (!life.take('send')) return never();
    const [path = '', query = ''] = request.path.split('?', 2);
    const isForm = request.contentType?.includes('json') !== true;
    const sent: SentRequest = {
      atMs: clock.monotonicMs(),
      process,
      account,
      method: request.method,
      path,
      parameters: new URLSearchParams(isForm ? (request.body ?? query) : query),
      heard: null,
    };
    log.push(sent);
    if (request.method === 'POST' && path.startsWith('/orders/')) onPlacing(sent);
    return new Promise((resolve) => this.#carry(request, path, query, sent, resolve));
  }

  setAccessToken(accessToken: string): void {
    this.#accessToken = accessToken;
  }

  async close(): Promise<void> {
    // There is no socket.
  }

  #carry(
    request: TransportRequest,
    path: string,
    query: string,
    sent: SentRequest,
    resolve: (result: TransportResult) => void,
  ): void {
    const { clock, broker, life } = this.#options;
    let isOver = false;
    const end = (result: TransportResult): void => {
      if (isOver) return;
      isOver = true;
      deadline.cancel();
      if (!life.take('answer')) return;
      if (result.kind === 'answer') {
        sent.heard = { status: result.status, body: result.body, atMs: clock.monotonicMs() };
      }
      resolve(result);
    };
    const deadline = clock.setTimeout(
      () => end(failed(true, `no answer within ${request.timeoutMs} ms`)),
      request.timeoutMs,
    );
    const fault = this.#fault();
    if (fault === 'refuse') {
      clock.setTimeout(() => end(failed(false, 'connection refused')), this.#wayMs());
      return;
    }
    if (fault === 'reset') clock.setTimeout(() => end(failed(true, 'reset')), this.#wayMs());
    if (fault === 'lose-request') return;
    const toMs = fault === 'slow' ? this.#slowMs() : this.#wayMs();
    const call = {
      method: request.method,
      path,
      query,
      authorization: `token ${this.#apiKey}:${this.#accessToken}`,
      acceptsGzip: false,
      address: ADDRESS,
      connection: this.#connection,
    };
    // What has left arrives, whether or not the process lives to see it.
    clock.setTimeout(() => {
      void performCall(broker.rest, call, request.body ?? '', (answer) => {
        const result = resultOf(answer);
        if (result === undefined || fault === 'lose-answer') return;
        const fromMs = fault === 'slow' ? this.#slowMs() : this.#wayMs();
        clock.setTimeout(() => end(result), fromMs);
      });
    }, toMs);
    life.take('sent');
  }

  #fault(): WireFault | undefined {
    const { clock, random, account, troubles } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const trouble of troubles) {
      const isMeant = trouble.account === null || trouble.account === account;
      const isNow = nowMs >= trouble.fromMs && nowMs < trouble.toMs;
      if (isMeant && isNow && random.uniform() < trouble.share) return trouble.fault;
    }
    return undefined;
  }

  #wayMs(): number {
    return this.#options.random.integer(SHORTEST_WAY_MS, LONGEST_WAY_MS);
  }

  #slowMs(): number {
    return this.#options.random.integer(LONGEST_WAY_MS, SLOW_WAY_MS);
  }
}

/** What of an answer reaches the client; undefined: nothing, ever. */
function resultOf(answer: RestAnswer): TransportResult | undefined {
  if (answer.delivery === 'never') return undefined;
  if (answer.delivery === 'reset') return failed(true, 'reset before the answer');
  if (answer.delivery === 'reset_in_body') return failed(true, 'reset within the answer');
  const retryAfter = answer.headers['Retry-After'];
  return {
    kind: 'answer',
    status: answer.status,
    contentType: answer.headers['Content-Type'] ?? null,
    body: answer.body.toString(),
    ...(retryAfter !== undefined && { retryAfterS: Number(retryAfter) }),
  };
}

function failed(bytesWritten: boolean, reason: string): TransportResult {
  return { kind: 'failed', bytesWritten, reason };
}
