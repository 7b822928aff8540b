import { asyncApiDocument, type StreamLimits } from './asyncapi/document.ts';
import { docsRoutes } from './docs-page.ts';
import {
  openApiDocument,
  type OpenApiDocument,
  type OpenApiInfo,
  openApiRoute,
} from './openapi.ts';
import type { Route } from './route.ts';
import { instrumentRoutes, type InstrumentQueries } from './routes/instruments.ts';
import { liquidityRoutes, type LiquidityQueries } from './routes/liquidity.ts';
import { systemRoutes, type SystemRoutesOptions } from './routes/system.ts';
import { staticContent, staticFileRoutes, staticRoute } from './static-files.ts';

export interface MarketRoutesOptions extends SystemRoutesOptions {
  instruments: InstrumentQueries;
  liquidity: LiquidityQueries;
  /** Of `/ws/ticks`. */
  stream: StreamLimits;
  /** Version of the service. */
  version: string;
  /** Folder of the pages; left out: there are none. */
  consoleDirectory?: string;
}

function openApiInfo(version: string): OpenApiInfo {
  return {
    title: 'Ticker service',
    version,
    description:
      'Market data with Greeks from Zerodha Kite Connect. Ticks come by the WebSocket /ws/ticks ' +
      '(subprotocols ticker.v1.fbs and ticker.v1.json; described by /asyncapi.json); this is the ' +
      'HTTP side of the same port.',
  };
}

function describedRoutes(options: MarketRoutesOptions): Route[] {
  return [
    ...systemRoutes(options),
    ...instrumentRoutes(options.instruments),
    ...liquidityRoutes(options.liquidity),
  ];
}

/** The OpenAPI document of the market port. */
export function marketDocument(options: MarketRoutesOptions): OpenApiDocument {
  return openApiDocument(describedRoutes(options), openApiInfo(options.version));
}

function asyncApiRoute({ version, stream }: MarketRoutesOptions): Route {
  const text = JSON.stringify(asyncApiDocument(version, stream));
  const content = staticContent('application/json', text);
  return staticRoute('/asyncapi.json', content, 'AsyncAPI 3.1 of /ws/ticks.');
}

/** Every HTTP route of the market port. Throws TickerError CONFIG_FILE if the pages are missing. */
export function marketRoutes(options: MarketRoutesOptions): Route[] {
  const document = marketDocument(options);
  return [
    ...describedRoutes(options),
    openApiRoute(document),
    asyncApiRoute(options),
    ...docsRoutes(document),
    ...(options.consoleDirectory === undefined ? [] : staticFileRoutes(options.consoleDirectory)),
  ];
}
