import { isIP } from 'node:net';
import { Agent } from 'undici';
import type { Clock } from '../../../domain/clock.ts';
import { TickerError } from '../../../domain/error-codes.ts';
import { KITE_VERSION_HEADER } from '../protocol.ts';
import { restRoot, type RestRoot } from '../rest-root.ts';
import { quotable } from '../scrub.ts';
import type {
  OrderTransport,
  TransportFailure,
  TransportRequest,
  TransportResult,
} from './order-transport.ts';
import { WireExchange } from './wire-exchange.ts';

export interface UndiciOrderTransportOptions {
  /** `https://api.kite.trade`, or whatever speaks its protocol. */
  restUrl: string;
  apiKey: string;
  accessToken: string;
  clock: Clock;
  /** IP address to call from: the one that the account has registered. Default: the system's. */
  localAddress?: string;
  /** Refuses the answers of a peer that says it is a simulator. Default false. */
  refuseSimulator?: boolean;
}

/**
 * More than are ever under way at once, so that an answer that does not come holds up nobody. What
 * may be under way is the queue's to decide.
 */
const CONNECTIONS = 32;
/**
 * Idle connections are closed before a gateway does it: a request written to one that is being
 * closed has an unknown outcome.
 */
const KEEP_ALIVE_MS = 4_000;

/**
 * Order requests over undici: each is written once, on a connection of its own for as long as it
 * takes. There is no retry, no redirect and no pipelining.
 */
export class UndiciOrderTransport implements OrderTransport {
  readonly #options: UndiciOrderTransportOptions;
  readonly #root: RestRoot;
  readonly #agent: Agent;
  #accessToken: string;
  #isPeerRefused = false;
  #isSimulated: boolean | undefined;

  /** Throws TickerError CONFIG_INVALID if `restUrl` is not an HTTP URL, or the address is none. */
  constructor(options: UndiciOrderTransportOptions) {
    this.#options = options;
    this.#root = restRoot(options.restUrl);
    this.#accessToken = options.accessToken;
    const { localAddress } = options;
    if (localAddress !== undefined && isIP(localAddress) === 0) {
      throw new TickerError(
        'CONFIG_INVALID',
        'the address to call the broker from is no IP address',
      );
    }
    this.#agent = new Agent({
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // The deadline of a call is on the clock that was passed in.
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(localAddress !== undefined && { localAddress }),
    });
  }

  /** Whether the peer said that it is a simulator; undefined before its first answer. */
  get simulated(): boolean | undefined {
    return this.#isSimulated;
  }

  async send(request: TransportRequest): Promise<TransportResult> {
    if (this.#isPeerRefused) return this.#refusedPeer(false);
    const { origin, prefix } = this.#root;
    const { clock, apiKey, refuseSimulator = false } = this.#options;
    const exchange = new WireExchange(clock, request.timeoutMs);
    const { contentType, body } = request;
    this.#agent.dispatch(
      {
        origin,
        path: prefix + request.path,
        method: request.method,
        body,
        idempotent: false,
        headers: {
          ...KITE_VERSION_HEADER,
          authorization: `token ${apiKey}:${this.#accessToken}`,
          'accept-encoding': 'gzip',
          ...(contentType !== null && { 'content-type': contentType }),
        },
      },
      exchange,
    );
    const { result, isSimulator } = await exchange.end;
    if (result.kind === 'answer') this.#isSimulated = isSimulator;
    if (isSimulator && refuseSimulator) {
      this.#isPeerRefused = true;
      return this.#refusedPeer(true);
    }
    return result.kind === 'failed' ? this.#quotable(result) : result;
  }

  setAccessToken(accessToken: string): void {
    this.#accessToken = accessToken;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #refusedPeer(bytesWritten: boolean): TransportFailure {
    const reason = `${this.#root.host}: the peer says that it is a simulator`;
    return { kind: 'failed', bytesWritten, reason, isSimulatorRefused: true };
  }

  #quotable(failure: TransportFailure): TransportFailure {
    const secrets = [this.#accessToken, this.#options.apiKey];
    return { ...failure, reason: quotable(`${this.#root.host}: ${failure.reason}`, secrets) };
  }
}
