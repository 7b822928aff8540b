import type { TestContext } from 'node:test';
import { configuredKey } from '../../../src/access/key-table.ts';
import { type Clock, createSystemClock } from '../../../src/domain/clock.ts';
import type { OpenApiDocument } from '../../../src/http/openapi.ts';
import { ordersDocument, ordersRoutes } from '../../../src/http/orders-routes.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { FakeOrderService } from './fake-order-service.ts';
import { authorization, FULL_KEY, startWeb, type WebFixture } from './web-fixture.ts';

/** Holds `orders:read` and nothing else. */
export const READ_KEY = 'read-key-0123456789-abcdefghijkl';
/** Holds `orders:read` and `orders:write`. */
export const WRITE_KEY = 'write-key-0123456789-abcdefghijk';

export interface OrdersPort extends WebFixture {
  service: FakeOrderService;
  /** What the routes logged. */
  routeLogs: Record<string, unknown>[];
  /** Sends a request; `body` as JSON. */
  send: (method: string, path: string, options?: SendOptions) => Promise<OrdersAnswer>;
}

export interface SendOptions {
  body?: unknown;
  key?: string;
  /** `Idempotency-Key`; null: none. */
  idempotencyKey?: string | null;
}

export interface OrdersAnswer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

/** The orders port over a fake service. `clock`: of the deadline of order writes. */
export async function startOrdersPort(
  t: TestContext,
  options: { clock?: Clock; production?: boolean } = {},
): Promise<OrdersPort> {
  const service = new FakeOrderService();
  const routeLogs: Record<string, unknown>[] = [];
  const { clock = createSystemClock(), production = false } = options;
  const sink = {
    write: (line: string) => void routeLogs.push(JSON.parse(line) as Record<string, unknown>),
  };
  const routes = ordersRoutes({
    service,
    clock,
    logger: createLogger({ level: 'info', thread: 'test', clock, sink }),
    version: '1.2.3',
    production,
    metricsContentType: 'text/plain',
    status: {
      live: () => true,
      started: () => true,
      ready: () => ({ checks: { SIM001: { ok: true, required: true } } }),
      version: () => ({ name: 'ticker-service', version: '1.2.3' }),
      metrics: async () => 'ticker_orders 1\n',
    },
  });
  const keys = [
    configuredKey('read', READ_KEY, ['orders:read']),
    configuredKey('write', WRITE_KEY, ['orders:read', 'orders:write']),
  ];
  const web = await startWeb(t, { routes, keys, production });
  return {
    ...web,
    service,
    routeLogs,
    async send(method, path, { body, key = FULL_KEY, idempotencyKey = 'k1' } = {}) {
      const response = await fetch(web.url + path, {
        method,
        headers: {
          ...authorization(key),
          ...(idempotencyKey !== null && { 'Idempotency-Key': idempotencyKey }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const json = (await response.json()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, json };
    },
  };
}

function neverCalled(): never {
  throw new Error('a handler was called to describe it');
}

/** The OpenAPI document of the orders port, without a service behind it. */
export function ordersDocumentFor(production: boolean, version = '1.2.3'): OpenApiDocument {
  const clock = createSystemClock();
  return ordersDocument({
    service: new FakeOrderService(),
    clock,
    logger: createLogger({ level: 'silent', thread: 'documents', clock }),
    version,
    production,
    metricsContentType: 'text/plain',
    status: {
      live: neverCalled,
      ready: neverCalled,
      started: neverCalled,
      version: neverCalled,
      metrics: neverCalled,
    },
  });
}
