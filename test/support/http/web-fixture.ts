import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { Gatekeeper } from '../../../src/access/gatekeeper.ts';
import { configuredKey, KeyTable } from '../../../src/access/key-table.ts';
import { LockOut } from '../../../src/access/lock-out.ts';
import { createSystemClock, type Clock } from '../../../src/domain/clock.ts';
import { type KeyRecord, SCOPES } from '../../../src/domain/access.ts';
import { createApp, listenExclusive } from '../../../src/http/native.ts';
import type { Route } from '../../../src/http/route.ts';
import { mountHttp } from '../../../src/http/server.ts';
import { createWebContext, type WebContext } from '../../../src/http/web-context.ts';
import { mountWebSocket, type WebSocketOptions } from '../../../src/http/web-socket.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

/** Holds every scope. */
export const FULL_KEY = 'full-key-0123456789-abcdefghijkl';
/** Holds `ticks:read` and nothing else. */
export const TICKS_KEY = 'ticks-key-0123456789-abcdefghijk';

export function authorization(key: string): Record<string, string> {
  return { Authorization: `Bearer ${key}` };
}

export interface WebFixtureOptions {
  routes?: readonly Route[];
  webSocket?: WebSocketOptions;
  corsOrigins?: readonly string[];
  trustedProxies?: readonly string[];
  production?: boolean;
  clock?: Clock;
  /** Beside the two above. */
  keys?: readonly KeyRecord[];
}

export interface WebFixture {
  port: number;
  /** http://127.0.0.1:port */
  url: string;
  /** What was logged from level info on. */
  logs: Record<string, unknown>[];
  /** Statuses of the answers in the order in which they were sent. */
  statuses: number[];
  web: WebContext;
}

/** A server on a free port that ends with the test. */
export async function startWeb(
  t: TestContext,
  options: WebFixtureOptions = {},
): Promise<WebFixture> {
  const logs: Record<string, unknown>[] = [];
  const statuses: number[] = [];
  const clock = options.clock ?? createSystemClock();
  const web = createWebContext({
    gate: new Gatekeeper({
      keys: new KeyTable(clock, [
        configuredKey('full', FULL_KEY, SCOPES),
        configuredKey('ticks', TICKS_KEY, ['ticks:read']),
        ...(options.keys ?? []),
      ]),
      lockOut: new LockOut(clock),
      clock,
    }),
    corsOrigins: options.corsOrigins ?? [],
    trustedProxies: options.trustedProxies ?? [],
    production: options.production ?? false,
    clock,
    logger: createLogger({
      level: 'info',
      thread: 'test',
      clock,
      sink: { write: (line) => void logs.push(JSON.parse(line) as Record<string, unknown>) },
    }),
    onAnswer: (status) => void statuses.push(status),
  });
  const app = createApp();
  t.after(() => app.close());
  if (options.webSocket) mountWebSocket(app, web, options.webSocket);
  mountHttp(app, web, options.routes ?? []);
  const { port } = await listenExclusive(app, '127.0.0.1', 0);
  return { port, url: `http://127.0.0.1:${port}`, logs, statuses, web };
}

/**
 * Sends `parts` one after the other over a bare connection and gives all that comes back until the
 * server closes it, or until `enough` is satisfied.
 */
export async function rawExchange(
  port: number,
  parts: readonly (string | Buffer)[],
  enough: (received: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let received = '';
  // A server that refuses the rest of a request may reset the connection after its answer.
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    if (enough(received)) socket.destroy();
  });
  const closed = once(socket, 'close');
  for (const part of parts) {
    if (socket.destroyed) break;
    await new Promise<void>((resolve) => {
      socket.write(part, () => resolve());
    });
    // Gives the part a packet of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  return received;
}

/** Satisfied by an answer whose body has the length that its headers announce. */
export function isWholeAnswer(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  if (headEnd < 0) return false;
  return length === undefined || received.length >= headEnd + 4 + Number(length);
}
