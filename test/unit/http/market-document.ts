import { marketDocument, type MarketRoutesOptions } from '../../../src/http/market-routes.ts';
import type { OpenApiDocument } from '../../../src/http/openapi.ts';

function neverCalled(): never {
  throw new Error('a handler was called to describe it');
}

export function marketOptions(production: boolean): MarketRoutesOptions {
  return {
    version: '1.2.3',
    production,
    metricsContentType: 'text/plain',
    status: {
      live: neverCalled,
      ready: neverCalled,
      started: neverCalled,
      version: neverCalled,
      metrics: neverCalled,
    },
    instruments: { search: neverCalled, expiries: neverCalled, instrument: neverCalled },
  };
}

export function marketDocumentFor(production: boolean): OpenApiDocument {
  return marketDocument(marketOptions(production));
}
