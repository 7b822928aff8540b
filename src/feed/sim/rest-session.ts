import type { Clock } from '../../domain/clock.ts';
import type { SimAccount, SimAccounts } from './accounts.ts';
import { istTime } from './ist-time.ts';
import { failure, get, success } from './rest-route.ts';
import type { RestAnswer, RestRoute } from './rest-route.ts';

/** Login, session and profile. */
export function sessionRoutes(clock: Clock, accounts: SimAccounts): RestRoute[] {
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
  return success({
    ...profile(outcome),
    api_key: outcome.apiKey,
    access_token: outcome.accessToken,
    public_token: `${outcome.id}-public`,
    enctoken: '',
    refresh_token: '',
    silo: '',
    login_time: istTime(clock.nowUs() / 1000),
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
