import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  brokerFailure,
  restRig,
  sendJson,
  tickerError,
} from '../../../support/feed/kite/rest-rig.ts';
import { sharedDataOrSkip } from '../../../support/shared-data.ts';

const LIMIT = { timeout: 10_000 };
const PROFILE = { user_id: 'AB1234', user_name: 'A B', exchanges: ['NSE', 'NFO'] };
const SUCCESS = { status: 'success', data: PROFILE };

function sample(t: TestContext, name: string): string | undefined {
  const path = sharedDataOrSkip(t, 'kite-mocks', name);
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

test(
  'a request carries version and credentials in headers, and keys in the query',
  LIMIT,
  async (t) => {
    const { rest, requests } = await restRig(t, (_, response) => {
      sendJson(response, 200, { status: 'success', data: {} });
    });
    await rest.quote(['NSE:M&M', 'NSE:NIFTY 50']);
    await rest.ltp(['NFO:X']);
    rest.setAccessToken('token-2');
    await rest.ltp(['NFO:X']);
    assert.deepEqual(
      requests.map(({ method, url }) => `${method} ${url}`),
      [
        'GET /quote?i=NSE%3AM%26M&i=NSE%3ANIFTY%2050',
        'GET /quote/ltp?i=NFO%3AX',
        'GET /quote/ltp?i=NFO%3AX',
      ],
    );
    assert.equal(requests[0]?.headers['x-kite-version'], '3');
    assert.deepEqual(
      requests.map(({ headers }) => headers.authorization),
      ['token key-1:token-1', 'token key-1:token-1', 'token key-1:token-2'],
    );
    assert.equal(rest.simulated, false);
  },
);

test("the broker's own sample answers are read", LIMIT, async (t) => {
  const { rest } = await restRig(t, ({ url = '' }, response) => {
    const name = url.includes('ltp') ? 'ltp' : url.includes('quote') ? 'quote' : 'profile';
    response.end(sample(t, `${name}.json`) ?? '');
  });
  if (sample(t, 'quote.json') === undefined) return;
  assert.deepEqual(await rest.profile(), {
    userId: 'AB1234',
    userName: 'AxAx Bxx',
    exchanges: ['BFO', 'MCX', 'NSE', 'CDS', 'BSE', 'BCD', 'MF', 'NFO'],
  });
  const ltp = await rest.ltp(['NSE:INFY', 'NSE:GONE']);
  assert.deepEqual([...ltp], [['NSE:INFY', { token: 408_065, lastPrice: 1074.35 }]]);
  const quotes = await rest.quote(['NSE:GONE', 'NSE:INFY']);
  const empty = { price: 0, quantity: 0, orders: 0 };
  assert.deepEqual(
    [...quotes],
    [
      [
        'NSE:INFY',
        {
          token: 408_065,
          lastPrice: 1412.95,
          timestampS: Date.parse('2021-06-08T15:45:56+05:30') / 1000,
          lastTradeTimeS: Date.parse('2021-06-08T15:45:52+05:30') / 1000,
          lastQuantity: 5,
          averagePrice: 1412.47,
          volume: 7_360_198,
          totalBuyQuantity: 0,
          totalSellQuantity: 5191,
          open: 1396,
          high: 1421.75,
          low: 1395.55,
          close: 1389.65,
          oi: 0,
          oiDayHigh: 0,
          oiDayLow: 0,
          lowerCircuitLimit: 1250.7,
          upperCircuitLimit: 1528.6,
          depth: {
            buy: Array(5).fill(empty),
            sell: [{ price: 1412.95, quantity: 5191, orders: 13 }, empty, empty, empty, empty],
          },
        },
      ],
    ],
  );
});

test('what an index quote does not have is null', LIMIT, async (t) => {
  const ohlc = { open: 1, high: 2, low: 0.5, close: 1.5 };
  const index = { instrument_token: 256_265, last_price: 1.25, timestamp: null, ohlc };
  const { rest } = await restRig(t, (_, response) => {
    sendJson(response, 200, { status: 'success', data: { 'NSE:NIFTY 50': index } });
  });
  const quote = (await rest.quote(['NSE:NIFTY 50'])).get('NSE:NIFTY 50');
  assert.equal(quote?.lastPrice, 1.25);
  assert.equal(quote.open, 1);
  const { timestampS, lastTradeTimeS, volume, oi, depth } = quote;
  assert.deepEqual([timestampS, lastTradeTimeS, volume, oi, depth], Array(5).fill(null));
});

test('a compressed answer is read', LIMIT, async (t) => {
  const { rest, requests } = await restRig(t, (_, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(JSON.stringify(SUCCESS)));
  });
  assert.equal((await rest.profile()).userId, 'AB1234');
  assert.equal(requests[0]?.headers['accept-encoding'], 'gzip');
});

test('no keys need no request, and too many are refused before one', LIMIT, async (t) => {
  const { rest, requests } = await restRig(t, (_, response) => void response.end());
  assert.equal((await rest.quote([])).size, 0);
  await assert.rejects(rest.quote(Array<string>(501).fill('NSE:X')), RangeError);
  await assert.rejects(rest.ltp(Array<string>(1001).fill('NSE:X')), RangeError);
  assert.equal(requests.length, 0);
});

type Respond = (response: ServerResponse) => void;
const json = (status: number, value: unknown): Respond => {
  return (response) => sendJson(response, status, value);
};
const html = (status: number): Respond => {
  return (response) => void response.writeHead(status).end('<html>Bad gateway</html>');
};

const REFUSALS = {
  'a token that is not valid': [
    json(403, brokerFailure('TokenException', 'Incorrect `api_key` or `access_token`.')),
    'BROKER_SESSION',
    /HTTP 403 TokenException: Incorrect `api_key` or `access_token`\.$/,
  ],
  'a permission that is missing': [
    json(403, brokerFailure('PermissionException', 'Insufficient permission for that call.')),
    'BROKER_REFUSED',
    /HTTP 403 PermissionException: Insufficient permission/,
  ],
  'a bad parameter': [
    json(400, brokerFailure('InputException', 'Invalid `i`.')),
    'BROKER_REFUSED',
    /HTTP 400 InputException: Invalid `i`/,
  ],
  'too many requests': [
    json(429, brokerFailure('NetworkException', 'Too many requests')),
    'BROKER_UNAVAILABLE',
    /HTTP 429 NetworkException: Too many requests/,
  ],
  'a broker that is down': [
    json(503, brokerFailure('NetworkException', 'Gateway is down')),
    'BROKER_UNAVAILABLE',
    /HTTP 503 NetworkException/,
  ],
  'an error page of a gateway': [html(502), 'BROKER_UNAVAILABLE', /HTTP 502/],
  'a page where an error should be': [html(404), 'BROKER_ANSWER', /HTTP 404/],
  'a page where an answer should be': [html(200), 'BROKER_ANSWER', /HTTP 200/],
  'an error with status 200': [
    json(200, brokerFailure('GeneralException', 'no')),
    'BROKER_ANSWER',
    /HTTP 200/,
  ],
  'an answer that is no object': [json(200, [1]), 'BROKER_ANSWER', /HTTP 200/],
  'a redirect': [
    (response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
    'BROKER_ANSWER',
    /HTTP 302/,
  ],
  'an answer without data': [json(200, { status: 'success' }), 'BROKER_ANSWER', /not an object/],
  'a field of another type': [
    json(200, { status: 'success', data: { ...PROFILE, user_id: 7 } }),
    'BROKER_ANSWER',
    /user_id is not a string/,
  ],
  'a list that is none': [
    json(200, { status: 'success', data: { ...PROFILE, exchanges: 'NSE' } }),
    'BROKER_ANSWER',
    /exchanges is not an array/,
  ],
  'an answer that is cut': [
    (response) => {
      response.writeHead(200, { 'content-length': 500 });
      response.write('{"status":', () => response.destroy());
    },
    'BROKER_ANSWER',
    /incomplete/,
  ],
  'a chunked answer that is cut': [
    (response) => void response.write('{"status":', () => response.destroy()),
    'BROKER_ANSWER',
    /incomplete/,
  ],
  'a compressed answer that is cut': [
    (response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(JSON.stringify(SUCCESS)).subarray(0, -9));
    },
    'BROKER_ANSWER',
    /incomplete/,
  ],
  'an answer that is not compressed as it says': [
    (response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end('{}');
    },
    'BROKER_ANSWER',
    /incomplete/,
  ],
  'a small answer that unfolds to a large one': [
    (response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(17 * 1024 * 1024, ' ')));
    },
    'BROKER_ANSWER',
    /larger than 16777216 bytes/,
  ],
  'a connection that ends before an answer': [
    (response) => void response.destroy(),
    'BROKER_UNREACHABLE',
    /./,
  ],
  'an answer that is not HTTP': [
    (response) => {
      response.socket?.end('HTTP/1.1 lots of nonsense\r\n\r\n');
    },
    'BROKER_ANSWER',
    /./,
  ],
} as const satisfies Record<string, readonly [Respond, string, RegExp]>;

for (const [name, [respond, code, detail]] of Object.entries(REFUSALS)) {
  test(`${name}: ${code}, and no second request`, LIMIT, async (t) => {
    const { rest, requests } = await restRig(t, (_, response) => respond(response));
    await assert.rejects(rest.profile(), tickerError(code, detail));
    assert.equal(requests.length, 1);
  });
}

for (const [field, value] of [
  ['last_price', '1'],
  ['timestamp', '2021-06-08T15:45:56'],
  ['timestamp', '2021-02-30 15:45:56'],
  ['last_trade_time', '2021-06-08 25:00:00'],
  ['ohlc', { open: 1, high: 1, low: 1 }],
  ['volume', null],
  ['depth', { buy: [{ price: 1, quantity: 1 }], sell: [] }],
  ['depth', { buy: [] }],
] as const) {
  test(`a quote with ${field} ${JSON.stringify(value)} is refused by name`, LIMIT, async (t) => {
    const ohlc = { open: 1, high: 1, low: 1, close: 1 };
    const row = { instrument_token: 1, last_price: 1, ohlc, [field]: value };
    const { rest } = await restRig(t, (_, response) => {
      sendJson(response, 200, { status: 'success', data: { 'NSE:X': row } });
    });
    const detail = new RegExp(`NSE:X\\.${field}`);
    await assert.rejects(rest.quote(['NSE:X']), tickerError('BROKER_ANSWER', detail));
  });
}

test('a call without an answer ends at its deadline, its connection with it', LIMIT, async (t) => {
  const rig = await restRig(t, () => undefined);
  const call = rig.rest.profile();
  await rig.watch.until(() => rig.requests.length === 1);
  rig.clock.advance(7000);
  await assert.rejects(
    call,
    tickerError('BROKER_UNREACHABLE', /no complete answer within 7000 ms/),
  );
  await rig.watch.until(() => rig.aborted === 1);
});

test('the deadline covers the body too', LIMIT, async (t) => {
  const rig = await restRig(
    t,
    (_, response) => {
      response.write('{"status":');
    },
    { timeoutMs: 100 },
  );
  const call = rig.rest.profile();
  // Awaited below; without a handler now its rejection would count as unhandled.
  call.catch(() => undefined);
  await rig.watch.until(() => rig.requests.length === 1);
  rig.clock.advance(100);
  await assert.rejects(call, tickerError('BROKER_UNREACHABLE', /within 100 ms/));
  await rig.watch.until(() => rig.aborted === 1);
});

test('a call that is over leaves no deadline behind', LIMIT, async (t) => {
  const answers = [json(200, SUCCESS), html(502), json(200, {})];
  const { rest, clock, stopServer } = await restRig(t, (_, response) => {
    answers.shift()?.(response);
  });
  await rest.profile();
  await assert.rejects(rest.profile());
  await assert.rejects(rest.profile());
  stopServer();
  await assert.rejects(rest.profile());
  assert.equal(clock.pendingTimeouts, 0);
});

test('a broker that is not there is unreachable', LIMIT, async (t) => {
  const { rest, stopServer } = await restRig(t, () => undefined);
  stopServer();
  await assert.rejects(rest.profile(), tickerError('BROKER_UNREACHABLE', /ECONNREFUSED/));
});

test('after close calls under way and later ones fail', LIMIT, async (t) => {
  const { rest, requests, watch } = await restRig(t, () => undefined);
  const call = rest.profile();
  call.catch(() => undefined);
  await watch.until(() => requests.length === 1);
  await rest.close();
  await assert.rejects(call, tickerError('BROKER_UNREACHABLE'));
  await assert.rejects(rest.profile(), tickerError('BROKER_UNREACHABLE'));
});

test('no error shows a credential, even if the broker repeats it', LIMIT, async (t) => {
  const echo = 'token key-1:token-1 of ?access_token=token-1 is old';
  const { rest } = await restRig(t, (_, response) => {
    sendJson(response, 403, brokerFailure('TokenException', echo));
  });
  await assert.rejects(rest.profile(), (error: Error) => {
    const shown = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
    assert.ok(!/key-1|token-1/.test(shown), shown);
    return tickerError('BROKER_SESSION', /token \*\*\*:\*\*\* of/)(error);
  });
});

test('a simulator says so, and is refused where it must not be one', LIMIT, async (t) => {
  const respond = (_: unknown, response: ServerResponse): void => {
    response.setHeader('X-Ticker-Simulator', '1');
    sendJson(response, 200, SUCCESS);
  };
  const { rest } = await restRig(t, respond);
  assert.equal(rest.simulated, undefined);
  await rest.profile();
  assert.equal(rest.simulated, true);
  const strict = await restRig(t, respond, { refuseSimulator: true });
  await assert.rejects(strict.rest.profile(), tickerError('SIMULATOR_REFUSED'));
  await assert.rejects(strict.rest.instruments().next(), tickerError('SIMULATOR_REFUSED'));
});

test('what is no HTTP URL is refused at once', LIMIT, async (t) => {
  for (const restUrl of ['', 'api.kite.trade', 'ws://h/', 'file:///x']) {
    const rig = restRig(t, () => undefined, { restUrl });
    await assert.rejects(rig, tickerError('CONFIG_INVALID'));
  }
});
