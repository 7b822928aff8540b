import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from '../../at-end.ts';

const ROUTES: readonly (readonly [method: string, path: RegExp, file: string])[] = [
  ['GET', /^\/orders$/, 'orders.json'],
  ['GET', /^\/orders\/\d+$/, 'order_info.json'],
  ['GET', /^\/orders\/\d+\/trades$/, 'order_trades.json'],
  ['POST', /^\/orders\//, 'order_response.json'],
  ['PUT', /^\/orders\//, 'order_modify.json'],
  ['DELETE', /^\/orders\//, 'order_cancel.json'],
  ['GET', /^\/trades$/, 'trades.json'],
  ['GET', /^\/portfolio\/positions$/, 'positions.json'],
  ['GET', /^\/user\/margins$/, 'margins.json'],
  ['GET', /^\/user\/margins\/equity$/, 'margins_equity.json'],
  ['POST', /^\/margins\/orders$/, 'order_margins.json'],
  ['POST', /^\/margins\/basket$/, 'basket_margins.json'],
  ['GET', /^\/quote\/ohlc$/, 'ohlc.json'],
  ['GET', /^\/quote\/ltp$/, 'ltp.json'],
  ['GET', /^\/quote$/, 'quote.json'],
];

/** A server that answers with the broker's own samples; returns its URL. Ends with the test. */
export async function serveBrokerSamples(t: TestContext, folder: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const route = ROUTES.find(([method, pattern]) => {
      return method === request.method && pattern.test(path);
    });
    request.resume();
    response.setHeader('Content-Type', 'application/json');
    response.statusCode = route === undefined ? 404 : 200;
    response.end(route === undefined ? '{}' : readFileSync(join(folder, route[2])));
  });
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
