import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { ErrorCode } from '../../../../src/domain/error-codes.ts';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { KiteRest, type KiteRestOptions } from '../../../../src/feed/kite/rest.ts';
import { CountingClock } from './counting-clock.ts';
import { Watch } from './watch.ts';

export interface RestRig {
  rest: KiteRest;
  clock: CountingClock;
  requests: IncomingMessage[];
  watch: Watch;
  /** Requests whose connection the client has ended before the answer was complete. */
  aborted: number;
  stopServer: () => void;
}

/** A REST client before a server that answers as `respond` says; both end with the test. */
export async function restRig(
  t: TestContext,
  respond: RequestListener,
  options: Partial<KiteRestOptions> = {},
): Promise<RestRig> {
  const watch = new Watch();
  const server = createServer((request, response) => {
    rig.requests.push(request);
    response.on('close', () => {
      if (!response.writableFinished) rig.aborted++;
      watch.notify();
    });
    respond(request, response);
    watch.notify();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clock = new CountingClock();
  const stopServer = (): void => {
    server.close();
    server.closeAllConnections();
  };
  t.after(stopServer);
  const rest = new KiteRest({
    restUrl: `http://127.0.0.1:${port}`,
    apiKey: 'key-1',
    accessToken: 'token-1',
    clock,
    ...options,
  });
  t.after(() => rest.close());
  const rig: RestRig = { rest, clock, requests: [], watch, aborted: 0, stopServer };
  return rig;
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

export function brokerFailure(type: string, message: string): object {
  return { status: 'error', message, data: null, error_type: type };
}

/** For `assert.rejects`: a TickerError with this code and a detail that matches. */
export function tickerError(code: ErrorCode, detail = /./): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof TickerError)) throw error;
    if (error.code !== code || !detail.test(error.detail)) throw error;
    return true;
  };
}
