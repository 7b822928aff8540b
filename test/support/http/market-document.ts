import { marketDocument } from '../../../src/http/market-routes.ts';
import type { OpenApiDocument } from '../../../src/http/openapi.ts';

/** Stands for the ports behind the routes: describing a route calls none of them. */
function neverCalled(): never {
  throw new Error('a handler was called to describe it');
}

/** The OpenAPI document of the market port, without a service behind it. */
export function marketDocumentFor(production: boolean, version = '1.2.3'): OpenApiDocument {
  return marketDocument({
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
    liquidity: { liquidity: neverCalled },
    instruments: { search: neverCalled, expiries: neverCalled, instrument: neverCalled },
  });
}
