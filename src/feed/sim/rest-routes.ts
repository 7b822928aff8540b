import type { Clock } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { SimAccounts } from './accounts.ts';
import { parseFaultScript } from './fault-script.ts';
import type { SimulatorFault } from './fault-script.ts';
import { InstrumentDump } from './instrument-dump.ts';
import type { Ledger } from './ledger.ts';
import type { Market } from './market.ts';
import type { OrderSide } from './orders/order-side.ts';
import { MAX_QUOTE_KEYS, quoteData } from './rest-quotes.ts';
import type { QuoteKind } from './rest-quotes.ts';
import { failure, get, json, success } from './rest-route.ts';
import type { RestAnswer, RestRequest, RestRoute } from './rest-route.ts';
import { sessionRoutes } from './rest-session.ts';

export interface RestSources {
  clock: Clock;
  market: Market;
  accounts: SimAccounts;
  ledger: () => Ledger;
  orders: OrderSide;
  schedule: (script: readonly SimulatorFault[]) => void;
}

/** The broker's routes, and those under /sim that control and question the simulator. */
export function restRoutes(sources: RestSources): RestRoute[] {
  return [
    ...marketRoutes(sources),
    ...sessionRoutes(sources.clock, sources.accounts),
    ...sources.orders.routes(),
    ...simulatorRoutes(sources),
  ];
}

function marketRoutes({ market }: RestSources): RestRoute[] {
  const dump = new InstrumentDump(market);
  const instruments = async (
    request: RestRequest,
    exchange: string | null,
  ): Promise<RestAnswer> => {
    // The official client takes this exact type, without a charset, for a table.
    const headers: Record<string, string> = { 'Content-Type': 'text/csv' };
    if (!request.acceptsGzip) return { status: 200, headers, body: dump.csv(exchange) };
    headers['Content-Encoding'] = 'gzip';
    return { status: 200, headers, body: await dump.gzipped(exchange) };
  };
  const quotes = (request: RestRequest, kind: QuoteKind): RestAnswer => {
    const keys = request.query.getAll('i');
    if (keys.length === 0) return failure(400, 'InputException', 'Missing parameter `i`.');
    if (keys.length > MAX_QUOTE_KEYS[kind]) {
      const message = `At most ${MAX_QUOTE_KEYS[kind]} instruments can be requested at once.`;
      return failure(400, 'InputException', message);
    }
    return success(quoteData(market, kind, keys));
  };
  const open = { isPublic: true };
  return [
    get(/^\/instruments$/, (request) => instruments(request, null), open),
    get(
      /^\/instruments\/([A-Z]+)$/,
      (request, match) => instruments(request, match[1] ?? ''),
      open,
    ),
    get(/^\/quote$/, (request) => quotes(request, 'quote')),
    get(/^\/quote\/ohlc$/, (request) => quotes(request, 'ohlc')),
    get(/^\/quote\/ltp$/, (request) => quotes(request, 'ltp')),
  ];
}

function simulatorRoutes({ ledger, orders, schedule }: RestSources): RestRoute[] {
  return [
    get(/^\/sim\/ledger$/, () => json(200, ledger()), { isPublic: true }),
    get(/^\/sim\/orders-ledger$/, () => json(200, orders.ledger()), { isPublic: true }),
    {
      method: 'POST',
      path: /^\/sim\/faults$/,
      isPublic: true,
      handle: ({ body }) => {
        try {
          const script = parseFaultScript(body);
          schedule(script);
          return success({ scheduled: script.length });
        } catch (error) {
          if (error instanceof TickerError) return failure(400, 'InputException', error.detail);
          throw error;
        }
      },
    },
  ];
}
