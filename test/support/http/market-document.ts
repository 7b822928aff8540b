import { loadConfig } from '../../../src/config/config.ts';
import { marketDocument } from '../../../src/http/market-routes.ts';
import { type AsyncApiDocument, asyncApiDocument } from '../../../src/http/asyncapi/document.ts';
import type { OpenApiDocument } from '../../../src/http/openapi.ts';
import { streamLimits } from '../../../src/threads/publish/stream-limits.ts';

/** Stands for the ports behind the routes: describing a route calls none of them. */
function neverCalled(): never {
  throw new Error('a handler was called to describe it');
}

/** The AsyncAPI document of a service that was configured by nobody. */
export function streamDocument(version = '1.2.3'): AsyncApiDocument {
  return asyncApiDocument(version, streamLimits(loadConfig({}).clientBufferBytes));
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
    stream: streamLimits(0),
    instruments: { search: neverCalled, expiries: neverCalled, instrument: neverCalled },
  });
}
