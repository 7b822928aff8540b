import { createSystemClock, type Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { WebSocketConstructor } from './socket.ts';

export interface TickerClientOptions {
  /** `ws://host:8080/ws/ticks` */
  url: string;
  /** API key. */
  token: string;
  /** The browser's, Node's (22 and later) or the one that `createNodeClient` brings. */
  WebSocket: WebSocketConstructor;
  /** Left out: binary. */
  format?: 'binary' | 'json';
  clock?: Clock;
  /** 0 <= value < 1, for the jitter of reconnects. */
  random?: () => number;
  /** Bounds of the first and of any delay before a reconnect, ms. Left out: 1000 and 30000. */
  reconnect?: { firstDelayMs: number; maxDelayMs: number };
  /** Time for an answer, ms; without one the connection is given up. Left out: 10000. */
  requestTimeoutMs?: number;
  /** Time from the start of a connection to `hello`, ms. Left out: 10000. */
  helloTimeoutMs?: number;
  /** Silence tolerated beyond the service's heartbeat period, ms. Left out: 5000. */
  heartbeatSlackMs?: number;
  /**
   * What may wait here while the application takes nothing and the platform reads on, bytes; beyond
   * it only the newest tick of every instrument is kept. Left out: 4 MiB.
   */
  maxWaitingBytes?: number;
}

/** What a subprotocol name may consist of (RFC 9110, token). */
const PROTOCOL_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function secureRandom(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}

/** The options with every default. Throws TickerError UNAUTHENTICATED for what cannot be a key. */
export function completeOptions(options: TickerClientOptions): Required<TickerClientOptions> {
  if (!PROTOCOL_TOKEN.test(options.token)) {
    throw new TickerError('UNAUTHENTICATED', 'the key has characters that no key has');
  }
  return {
    url: options.url,
    token: options.token,
    WebSocket: options.WebSocket,
    format: options.format ?? 'binary',
    clock: options.clock ?? createSystemClock(),
    random: options.random ?? secureRandom,
    reconnect: options.reconnect ?? { firstDelayMs: 1000, maxDelayMs: 30_000 },
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    helloTimeoutMs: options.helloTimeoutMs ?? 10_000,
    heartbeatSlackMs: options.heartbeatSlackMs ?? 5000,
    maxWaitingBytes: options.maxWaitingBytes ?? 4 * 1024 * 1024,
  };
}
