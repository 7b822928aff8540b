import Type from 'typebox';
import { istMidnightMs } from '../../domain/calendar.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { InstrumentSearch } from '../../domain/ports.ts';
import { defineRoute, jsonText, type Route } from '../route.ts';

/** Answers about instruments, as JSON text: long ones are made on another thread. */
export interface InstrumentQueries {
  /** `{"instruments":[...],"total","limit","offset"}` */
  search(search: InstrumentSearch): Promise<string>;
  /** `{"underlying","expiries":["yyyy-mm-dd",...]}`; rejects with UNKNOWN_UNDERLYING. */
  expiries(underlying: string): Promise<string>;
  /** One instrument by token or EXCHANGE:SYMBOL; rejects with UNKNOWN_INSTRUMENT. */
  instrument(id: string): Promise<string>;
}

export const SEARCH_LIMIT_MAX = 1000;
const SEARCH_LIMIT_DEFAULT = 100;

const DAY_PATTERN = '^\\d{4}-\\d{2}-\\d{2}$';

const INSTRUMENT = Type.Object({
  instrument_token: Type.Integer({ description: 'Reused by the broker after expiry.' }),
  symbol: Type.String({ description: 'EXCHANGE:TRADINGSYMBOL' }),
  exchange: Type.String(),
  tradingsymbol: Type.String(),
  name: Type.String({ description: 'Underlying of derivatives, company name of shares.' }),
  type: Type.Enum(['EQ', 'FUT', 'CE', 'PE', 'INDEX']),
  segment: Type.String(),
  expiry: Type.Union([Type.String({ format: 'date' }), Type.Null()], {
    description: 'IST day; null unless a derivative.',
  }),
  strike: Type.Union([Type.Number(), Type.Null()], {
    description: 'Rupees; null unless an option.',
  }),
  tick_size: Type.Number({ description: 'Rupees.' }),
  lot_size: Type.Integer(),
});

const SEARCH_QUERY = Type.Object(
  {
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'Matches symbol or name: exact first, then at the start, then anywhere.',
      }),
    ),
    exchange: Type.Optional(Type.String({ minLength: 1, maxLength: 16, description: 'NSE, NFO.' })),
    segment: Type.Optional(
      Type.String({ minLength: 1, maxLength: 16, description: 'NSE, NFO-OPT, INDICES.' }),
    ),
    underlying: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'NIFTY, RELIANCE.' }),
    ),
    expiry: Type.Optional(Type.String({ pattern: DAY_PATTERN, description: 'IST day.' })),
    type: Type.Optional(Type.Enum(['EQ', 'FUT', 'CE', 'PE', 'INDEX'])),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: SEARCH_LIMIT_MAX, default: SEARCH_LIMIT_DEFAULT }),
    ),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000, default: 0 })),
  },
  { additionalProperties: false },
);

function requireDay(expiry: string | undefined): void {
  if (expiry === undefined) return;
  try {
    istMidnightMs(expiry);
  } catch (error) {
    throw new TickerError('INVALID_REQUEST', `query expiry is not a date: ${expiry}`, {
      cause: error,
    });
  }
}

function searchRoute(queries: InstrumentQueries): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/instruments',
    operationId: 'searchInstruments',
    summary: 'Instruments that match all given conditions.',
    tag: 'instruments',
    access: 'instruments:read',
    query: SEARCH_QUERY,
    responses: {
      200: {
        description: 'A page of matches.',
        schema: Type.Object({
          instruments: Type.Array(INSTRUMENT),
          total: Type.Integer({ description: 'Matches on all pages.' }),
          limit: Type.Integer(),
          offset: Type.Integer(),
        }),
      },
    },
    errors: ['NOT_READY', 'TIMEOUT'],
    handler: async ({ query }) => {
      requireDay(query.expiry);
      const { limit = SEARCH_LIMIT_DEFAULT, offset = 0 } = query;
      return jsonText(await queries.search({ ...query, limit, offset }));
    },
  });
}

/** /v1/instruments, /v1/instruments/{id}, /v1/expiries */
export function instrumentRoutes(queries: InstrumentQueries): Route[] {
  return [
    searchRoute(queries),
    defineRoute({
      method: 'GET',
      path: '/v1/instruments/{id}',
      operationId: 'getInstrument',
      summary: 'One instrument.',
      tag: 'instruments',
      access: 'instruments:read',
      params: Type.Object({
        id: Type.String({
          maxLength: 96,
          description: 'Token, or EXCHANGE:TRADINGSYMBOL (URL-encoded).',
        }),
      }),
      responses: { 200: { description: 'The instrument.', schema: INSTRUMENT } },
      errors: ['UNKNOWN_INSTRUMENT', 'NOT_READY', 'TIMEOUT'],
      handler: async ({ params }) => jsonText(await queries.instrument(params.id)),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/expiries',
      operationId: 'listExpiries',
      summary: 'Expiries of an underlying that have contracts, nearest first.',
      tag: 'instruments',
      access: 'instruments:read',
      query: Type.Object(
        {
          underlying: Type.String({ minLength: 1, maxLength: 64, description: 'NIFTY, RELIANCE.' }),
        },
        { additionalProperties: false },
      ),
      responses: {
        200: {
          description: 'The expiries.',
          schema: Type.Object({
            underlying: Type.String(),
            expiries: Type.Array(Type.String({ format: 'date' })),
          }),
        },
      },
      errors: ['UNKNOWN_UNDERLYING', 'NOT_READY', 'TIMEOUT'],
      handler: async ({ query }) => jsonText(await queries.expiries(query.underlying)),
    }),
  ];
}
