import type { Clock } from '../../../domain/clock.ts';

/** Requests kept for the ledger. */
const MAX_LOG = 100_000;
/** Routes whose requests the ledger tells; the others carry secrets or are not the broker's. */
const LOGGED = /^\/(?:orders|trades|portfolio|margins|quote|user)(?:\/|$)/;

/** One request as the simulator saw it, and what it really did. Times are epoch microseconds. */
export interface LoggedRequest {
  id: number;
  time_us: number;
  /** Of the API key that was sent, whether or not the session is good. */
  account: string | null;
  address: string;
  /** Rises with each TCP connection. */
  connection: number;
  method: string;
  path: string;
  parameters: Record<string, string>;
  tag: string | null;
  /** It placed, changed or cancelled an order, whatever the client was told. */
  accepted: boolean;
  order_ids: string[];
  /** Name of the fault that shaped the answer. */
  fault: string | null;
  status: number | null;
  /** pending, answered, never, reset, reset_in_body. */
  delivery: string;
  answered_us: number | null;
}

export type RequestHead = Pick<
  LoggedRequest,
  'account' | 'address' | 'connection' | 'method' | 'path'
>;

/** Every request to the broker's routes, in the order in which they came. */
export class RequestLog {
  readonly #clock: Clock;
  readonly #requests: LoggedRequest[] = [];
  readonly #connections = new WeakMap<object, number>();
  #lastId = 0;
  #lastConnection = 0;
  /** Older ones that are not kept any more. */
  dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  connectionNumber(socket: object): number {
    let number = this.#connections.get(socket);
    if (number === undefined) {
      number = ++this.#lastConnection;
      this.#connections.set(socket, number);
    }
    return number;
  }

  /** Begins the record of a request, or returns null for a route that is not recorded. */
  begin(head: RequestHead, query: string, form: string): LoggedRequest | null {
    if (!LOGGED.test(head.path)) return null;
    const isForm = form !== '' && !/^\s*[[{]/.test(form);
    const parameters = Object.fromEntries(new URLSearchParams(isForm ? form : query));
    const request: LoggedRequest = {
      ...head,
      id: ++this.#lastId,
      time_us: this.#clock.nowUs(),
      parameters,
      tag: parameters['tag'] ?? null,
      accepted: false,
      order_ids: [],
      fault: null,
      status: null,
      delivery: 'pending',
      answered_us: null,
    };
    this.#requests.push(request);
    if (this.#requests.length > MAX_LOG) {
      this.#requests.shift();
      this.dropped++;
    }
    return request;
  }

  end(request: LoggedRequest, status: number | null, delivery: string): void {
    request.status = status;
    request.delivery = delivery;
    request.answered_us = this.#clock.nowUs();
  }
}
