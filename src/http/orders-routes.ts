import type { Clock } from '../domain/clock.ts';
import type { OrderService } from '../domain/order-service.ts';
import type { Logger } from '../telemetry/logger.ts';
import { docsRoutes, type DocsHead } from './docs-page.ts';
import { openApiDocument, openApiRoute, type OpenApiDocument } from './openapi.ts';
import type { Route } from './route.ts';
import { marginRoutes } from './routes/orders/margin-routes.ts';
import { CHANGED_ORDER, OPERATION, ORDER, RISK, TRADE } from './routes/orders/order-schema.ts';
import { orderReadRoutes } from './routes/orders/read-routes.ts';
import { reconciliationRoutes } from './routes/orders/reconciliation-routes.ts';
import { riskLimitRoutes } from './routes/orders/risk-limit-routes.ts';
import { tradingStateRoutes } from './routes/orders/trading-state-routes.ts';
import { orderWriteRoutes } from './routes/orders/write-routes.ts';
import { systemRoutes, type SystemRoutesOptions } from './routes/system.ts';

export interface OrdersRoutesOptions extends SystemRoutesOptions {
  service: OrderService;
  clock: Clock;
  logger: Logger;
  /** Version of the service. */
  version: string;
}

const DESCRIPTION =
  'Orders by Zerodha Kite Connect. An order is journaled before it is sent, and sent at most ' +
  'once; an outcome that is not known is answered with 202 and looked for until it is.';

const DOCS_HEAD: DocsHead = {
  example: "curl -H 'Authorization: Bearer KEY' http://HOST/v1/orders?open=true",
  links: ['<a href="/openapi.json">OpenAPI document</a>', '<a href="/docs/errors">Error codes</a>'],
};

/** Said once in the document, wherever they are used. */
const NAMED_SCHEMAS = {
  Order: ORDER,
  ChangedOrder: CHANGED_ORDER,
  Operation: OPERATION,
  Trade: TRADE,
  RiskDecision: RISK,
};

function describedRoutes(options: OrdersRoutesOptions): Route[] {
  const { service } = options;
  return [
    ...systemRoutes(options),
    ...orderWriteRoutes(options),
    ...orderReadRoutes(service),
    ...marginRoutes(service),
    ...reconciliationRoutes(service),
    ...tradingStateRoutes(service),
    ...riskLimitRoutes(service),
  ];
}

/** The OpenAPI document of the orders port. */
export function ordersDocument(options: OrdersRoutesOptions): OpenApiDocument {
  const info = {
    title: 'Ticker service: orders',
    version: options.version,
    description: DESCRIPTION,
  };
  return openApiDocument(describedRoutes(options), info, NAMED_SCHEMAS);
}

/** Every HTTP route of the orders port. */
export function ordersRoutes(options: OrdersRoutesOptions): Route[] {
  const document = ordersDocument(options);
  return [...describedRoutes(options), openApiRoute(document), ...docsRoutes(document, DOCS_HEAD)];
}
