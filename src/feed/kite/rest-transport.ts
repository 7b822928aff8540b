import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Agent, errors, request, type Dispatcher } from 'undici';
import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import { KITE_VERSION_HEADER, SIMULATOR_HEADER } from './protocol.ts';
import { restRoot } from './rest-root.ts';
import { quotable } from './scrub.ts';

export interface RestTransportOptions {
  /** `https://api.kite.trade`, or whatever speaks its protocol. */
  restUrl: string;
  apiKey: string;
  accessToken: string;
  clock: Clock;
  /** Refuses the answers of a peer that says it is a simulator. Default false. */
  refuseSimulator?: boolean;
}

export interface RestAnswer {
  status: number;
  /**
   * Decompressed; to be iterated, which ends the call. Fails with a TickerError if it is late,
   * broken or too large.
   */
  body: AsyncGenerator<Uint8Array, void, undefined>;
}

/** What one call may take, from the first byte sent to the last byte read. */
export interface CallLimits {
  timeoutMs: number;
  /** Of the decompressed body. */
  sizeBytes: number;
}

/** The broker holds no more connections than this of one client. */
const CONNECTIONS = 4;

/**
 * GET requests to the broker: headers, deadline on the injected clock, size limit, decompression,
 * and errors with codes. Never a retry, never a redirect, and never a credential in an error.
 */
export class RestTransport {
  readonly #options: RestTransportOptions;
  readonly #root: string;
  readonly #host: string;
  readonly #agent = new Agent({ connections: CONNECTIONS, headersTimeout: 0, bodyTimeout: 0 });
  #accessToken: string;
  #simulated: boolean | undefined;

  /** Throws TickerError CONFIG_INVALID if `restUrl` is not an HTTP URL. */
  constructor(options: RestTransportOptions) {
    const { origin, prefix, host } = restRoot(options.restUrl);
    this.#options = options;
    this.#accessToken = options.accessToken;
    this.#host = host;
    this.#root = origin + prefix;
  }

  /** Whether the peer said that it is a simulator; undefined before its first answer. */
  get simulated(): boolean | undefined {
    return this.#simulated;
  }

  /** The token for the next calls. */
  setAccessToken(accessToken: string): void {
    this.#accessToken = accessToken;
  }

  /** Ends all connections; calls under way fail. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Resolves with the answer's head, whatever its status. `path` includes the query. */
  async get(path: string, limits: CallLimits): Promise<RestAnswer> {
    const deadline = this.#startDeadline(limits.timeoutMs);
    let response: Dispatcher.ResponseData;
    try {
      response = await request(this.#root + path, {
        dispatcher: this.#agent,
        signal: deadline.signal,
        headers: {
          ...KITE_VERSION_HEADER,
          authorization: `token ${this.#options.apiKey}:${this.#accessToken}`,
          'accept-encoding': 'gzip',
        },
      });
    } catch (error) {
      deadline.end();
      throw this.#failure(error, 'BROKER_UNREACHABLE');
    }
    const { body, headers, statusCode } = response;
    this.#simulated = headers[SIMULATOR_HEADER] !== undefined;
    if (this.#simulated && this.#options.refuseSimulator === true) {
      deadline.end();
      // The body ends unread, which it takes for an error; there is nobody to tell it to.
      body.on('error', () => undefined).destroy();
      throw this.error('SIMULATOR_REFUSED', 'the peer says that it is a simulator');
    }
    const isGzip = headers['content-encoding'] === 'gzip';
    const source = isGzip ? gunzipped(body) : body;
    return { status: statusCode, body: this.#limited(source, limits.sizeBytes, deadline) };
  }

  /** A TickerError that names the host and shows no credential. */
  error(code: TickerError['code'], text: string): TickerError {
    const secrets = [this.#accessToken, this.#options.apiKey];
    return new TickerError(code, `${this.#host}: ${quotable(text, secrets)}`);
  }

  async *#limited(
    source: Readable,
    sizeBytes: number,
    deadline: Deadline,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let received = 0;
    try {
      for await (const chunk of source as AsyncIterable<Uint8Array>) {
        received += chunk.length;
        if (received > sizeBytes) {
          throw this.error('BROKER_ANSWER', `the answer is larger than ${sizeBytes} bytes`);
        }
        yield chunk;
      }
    } catch (error) {
      throw this.#failure(error, 'BROKER_ANSWER', 'the answer is incomplete: ');
    } finally {
      deadline.end();
    }
  }

  #startDeadline(timeoutMs: number): Deadline {
    const controller = new AbortController();
    const timer: TimerHandle = this.#options.clock.setTimeout(() => {
      const text = `no complete answer within ${timeoutMs} ms`;
      controller.abort(this.error('BROKER_UNREACHABLE', text));
    }, timeoutMs);
    return { signal: controller.signal, end: () => timer.cancel() };
  }

  #failure(error: unknown, code: TickerError['code'], prefix = ''): TickerError {
    if (error instanceof TickerError) return error;
    const { message = '', code: cause = '' } = error as { message?: string; code?: string };
    const isProtocolError = error instanceof errors.HTTPParserError;
    return this.error(isProtocolError ? 'BROKER_ANSWER' : code, prefix + (message || cause));
  }
}

interface Deadline {
  readonly signal: AbortSignal;
  /** The call is over: the deadline no longer counts. */
  end(): void;
}

function gunzipped(body: Readable): Readable {
  const gunzip = createGunzip();
  // The error of either side comes out of the end that is read.
  pipeline(body, gunzip, () => undefined);
  return gunzip;
}
