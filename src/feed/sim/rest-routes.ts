import { IST_OFFSET_MS } from '../../domain/calendar.ts';
import type { Clock } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { SimAccount, SimAccounts } from './accounts.ts';
import { parseFaultScript } from './fault-script.ts';
import type { SimulatorFault } from './fault-script.ts';
import { InstrumentDump } from './instrument-dump.ts';
import type { Ledger } from './ledger.ts';
import type { Market } from './market.ts';
import { MAX_QUOTE_KEYS, quoteData } from './rest-quotes.ts';
import type { QuoteKind } from './rest-quotes.ts';

/** What a route needs of its request. */
export interface RestRequest {
  path: string;
  query: URLSearchParams;
  /** Body as text; empty unless POST. */
  body: string;
  acceptsGzip: boolean;
  /** Account of the session in the Authorization header; null on public routes. */
  account: SimAccount | null;
}

export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export interface RestRoute {
  method: 'GET' | 'POST' | 'DELETE';
  path: RegExp;
  isPublic: boolean;
  handle(request: RestRequest, match: RegExpExecArray): RestAnswer | Promise<RestAnswer>;
}

export interface RestSources {
  clock: Clock;
  market: Market;
  accounts: SimAccounts;
  ledger: () => Ledger;
  schedule: (script: readonly SimulatorFault[]) => void;
}

export function success(data: unknown): RestAnswer {
  return json(200, { status: 'success', data });
}

/** The broker's error envelope. */
export function failure(status: number, errorType: string, message: string): RestAnswer {
  return json(status, { status: 'error', message, data: null, error_type: errorType });
}

function json(status: number, value: unknown): RestAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  };
}

function get(
  path: RegExp,
  handle: RestRoute['handle'],
  { isPublic = false }: { isPublic?: boolean } = {},
): RestRoute {
  return { method: 'GET', path, isPublic, handle };
}

/** The broker's routes, and those under /sim that control and question the simulator. */
export function restRoutes(sources: RestSources): RestRoute[] {
  return [...marketRoutes(sources), ...sessionRoutes(sources), ...simulatorRoutes(sources)];
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

function sessionRoutes({ clock, accounts }: RestSources): RestRoute[] {
  return [
    get(/^\/connect\/login$/, ({ query }) => login(accounts, query), { isPublic: true }),
    get(
      /^\/connect\/finish$/,
      ({ query }) => success({ request_token: query.get('request_token') }),
      { isPublic: true },
    ),
    {
      method: 'POST',
      path: /^\/session\/token$/,
      isPublic: true,
      handle: ({ body }) => startSession(clock, accounts, new URLSearchParams(body)),
    },
    {
      method: 'DELETE',
      path: /^\/session\/token$/,
      isPublic: true,
      handle: ({ query }) => endSession(accounts, query),
    },
    get(/^\/user\/profile$/, ({ account }) => success(profile(account))),
    get(/^\/user\/margins$/, () => success({ equity: margin(), commodity: margin() })),
    get(/^\/user\/margins\/(?:equity|commodity)$/, () => success(margin())),
  ];
}

/** The user's login in a browser, without a user: redirects at once with a request token. */
function login(accounts: SimAccounts, query: URLSearchParams): RestAnswer {
  const account = accounts.byApiKey(query.get('api_key') ?? '');
  if (account === undefined) return failure(400, 'InputException', 'Invalid `api_key`.');
  const parameters = new URLSearchParams(query.get('redirect_params') ?? '');
  parameters.set('action', 'login');
  parameters.set('status', 'success');
  parameters.set('request_token', accounts.login(account));
  return {
    status: 302,
    headers: { Location: `/connect/finish?${parameters.toString()}` },
    body: '',
  };
}

function startSession(clock: Clock, accounts: SimAccounts, form: URLSearchParams): RestAnswer {
  const outcome = accounts.startSession(
    form.get('api_key') ?? '',
    form.get('request_token') ?? '',
    form.get('checksum') ?? '',
  );
  if (outcome === 'checksum') return failure(403, 'TokenException', 'Invalid `checksum`.');
  if (outcome === 'request_token') {
    return failure(403, 'TokenException', 'Token is invalid or has expired.');
  }
  const ist = new Date(clock.nowUs() / 1000 + IST_OFFSET_MS).toISOString();
  return success({
    ...profile(outcome),
    api_key: outcome.apiKey,
    access_token: outcome.accessToken,
    public_token: `${outcome.id}-public`,
    enctoken: '',
    refresh_token: '',
    silo: '',
    login_time: `${ist.slice(0, 10)} ${ist.slice(11, 19)}`,
  });
}

function endSession(accounts: SimAccounts, query: URLSearchParams): RestAnswer {
  const account = accounts.authenticate(
    query.get('api_key') ?? '',
    query.get('access_token') ?? '',
  );
  if (account === null) return failure(403, 'TokenException', 'Invalid `access_token`.');
  accounts.endSessions(account.id);
  return success(true);
}

function profile(account: SimAccount | null): object {
  const id = account?.id ?? '';
  return {
    user_id: id,
    user_type: 'individual',
    email: `${id.toLowerCase()}@example.com`,
    user_name: `Simulated Account ${id}`,
    user_shortname: id,
    broker: 'ZERODHA',
    exchanges: ['NSE', 'NFO'],
    products: ['CNC', 'NRML', 'MIS'],
    order_types: ['MARKET', 'LIMIT', 'SL', 'SL-M'],
    avatar_url: null,
    meta: { demat_consent: 'physical' },
  };
}

const CASH_RUPEES = 1_000_000;

/** Funds of an account that has never traded. */
function margin(): object {
  return {
    enabled: true,
    net: CASH_RUPEES,
    available: {
      adhoc_margin: 0,
      cash: CASH_RUPEES,
      opening_balance: CASH_RUPEES,
      live_balance: CASH_RUPEES,
      collateral: 0,
      intraday_payin: 0,
    },
    utilised: {
      debits: 0,
      exposure: 0,
      m2m_realised: 0,
      m2m_unrealised: 0,
      option_premium: 0,
      payout: 0,
      span: 0,
      holding_sales: 0,
      turnover: 0,
      liquid_collateral: 0,
      stock_collateral: 0,
      delivery: 0,
    },
  };
}

function simulatorRoutes({ ledger, schedule }: RestSources): RestRoute[] {
  return [
    get(/^\/sim\/ledger$/, () => json(200, ledger()), { isPublic: true }),
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
