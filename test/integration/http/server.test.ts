import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import Type from 'typebox';
import type { Clock } from '../../../src/domain/clock.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { defineRoute, json, jsonText, type Route } from '../../../src/http/route.ts';
import {
  FULL_KEY,
  TICKS_KEY,
  authorization,
  isWholeAnswer,
  rawExchange,
  startWeb,
} from '../../support/http/web-fixture.ts';

const common = { tag: 'test', summary: 'For a test.', responses: { 200: { description: 'Ok.' } } };

function get(path: string, handler: Route['handler'], rest: Partial<Route> = {}): Route {
  return {
    ...common,
    method: 'GET',
    path,
    operationId: path,
    access: 'public',
    handler,
    ...rest,
  };
}

const echo = defineRoute({
  ...common,
  method: 'POST',
  path: '/echo/{name}',
  operationId: 'echo',
  access: 'orders:write',
  params: Type.Object({ name: Type.String({ maxLength: 20 }) }),
  query: Type.Object(
    { count: Type.Optional(Type.Integer({ minimum: 1 })), flag: Type.Optional(Type.Boolean()) },
    { additionalProperties: false },
  ),
  body: Type.Object({ price: Type.Number(), side: Type.Enum(['BUY', 'SELL']) }),
  handler: ({ params, query, body, principal, requestId }) =>
    json({ params, query, body, keyId: principal?.keyId, requestId }, 201),
});

const routes: Route[] = [
  echo,
  get('/hello', () => json({ hello: 'world' })),
  get('/text', () => jsonText('{"ready":"made"}')),
  get('/private', ({ principal }) => json(principal?.keyId), { access: 'ticks:read' }),
  get('/any', ({ principal }) => json(principal?.keyId), { access: 'any-key' }),
  get('/admin', () => json('no'), { access: 'admin' }),
  get('/throws', () => {
    throw new Error('canary with internals');
  }),
  get('/coded', async () => {
    throw new TickerError('UNKNOWN_INSTRUMENT', 'There is no NSE:X.');
  }),
  get('/internal-code', async () => {
    throw new TickerError('SHM_LAYOUT', 'canary layout');
  }),
  get('/never', () => new Promise(() => undefined)),
];

interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  retryable: boolean;
  request_id: string;
  errors?: { in: string; at: string; detail: string }[];
}

async function problemOf(response: Response): Promise<ProblemDocument> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const document = (await response.json()) as ProblemDocument;
  assert.equal(document.status, response.status);
  assert.equal(document.type, `/docs/errors#${document.code}`);
  assert.equal(document.request_id, response.headers.get('x-request-id'));
  return document;
}

test('answers JSON, made here or elsewhere', async (t) => {
  const { url, statuses } = await startWeb(t, { routes });
  const made = await fetch(`${url}/hello?ignored=1`);
  assert.equal(made.status, 200);
  assert.equal(made.headers.get('content-type'), 'application/json');
  assert.deepEqual(await made.json(), { hello: 'world' });
  const elsewhere = await fetch(`${url}/text`);
  assert.deepEqual(await elsewhere.json(), { ready: 'made' });
  assert.deepEqual(statuses, [200, 200]);
});

test('gives a handler typed and checked input', async (t) => {
  const { url } = await startWeb(t, { routes });
  const response = await fetch(`${url}/echo/a%2Fb%20%C3%A9?count=3&flag=true`, {
    method: 'POST',
    headers: { ...authorization(FULL_KEY), 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ price: 1.5, side: 'BUY' }),
  });
  assert.equal(response.status, 201);
  const answer = (await response.json()) as Record<string, unknown>;
  assert.deepEqual(answer, {
    params: { name: 'a/b é' },
    query: { count: 3, flag: true },
    body: { price: 1.5, side: 'BUY' },
    keyId: 'full',
    requestId: response.headers.get('x-request-id'),
  });
});

test('says everything that is wrong with a request', async (t) => {
  const { url } = await startWeb(t, { routes });
  const post = (path: string, body: string, type = 'application/json'): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...authorization(FULL_KEY), 'Content-Type': type },
      body,
    });
  const invalid = await problemOf(
    await post(`/echo/${'n'.repeat(21)}?count=0&count=1&flag=yes&wrong=1`, '{"side":"HOLD"}'),
  );
  assert.equal(invalid.status, 400);
  assert.equal(invalid.code, 'INVALID_REQUEST');
  assert.equal(invalid.instance, `/echo/${'n'.repeat(21)}`);
  const found = invalid.errors?.map((error) => `${error.in} ${error.at}: ${error.detail}`) ?? [];
  for (const expected of [
    /^path name: /,
    /^query count: is given twice/,
    /^query flag: must be boolean/,
    /^query wrong: is not known/,
    /^body \/price: is missing/,
    /^body \/side: must be one of BUY, SELL/,
  ]) {
    assert.ok(
      found.some((line) => expected.test(line)),
      `${expected} is missing in ${found.join('\n')}`,
    );
  }
  assert.equal((await problemOf(await post('/echo/x', '{"side"'))).code, 'BAD_JSON');
  assert.equal((await problemOf(await post('/echo/x', '\xff'))).code, 'BAD_JSON');
  const form = await problemOf(await post('/echo/x', 'side=BUY', 'text/plain'));
  assert.equal(form.status, 415);
  assert.equal(form.code, 'UNSUPPORTED_MEDIA_TYPE');
  const utf16 = 'application/json; charset=utf-16';
  const encoded = await problemOf(await post('/echo/x', '{}', utf16));
  assert.equal(encoded.code, 'UNSUPPORTED_MEDIA_TYPE');
  const empty = await problemOf(await post('/echo/x', ''));
  assert.equal(empty.code, 'INVALID_REQUEST');
  const escape = await fetch(`${url}/echo/%E0%A4%A`, { method: 'POST' });
  assert.equal((await problemOf(escape)).code, 'INVALID_REQUEST');
});

test('tells apart no key, a wrong key and a key without the scope', async (t) => {
  const { url } = await startWeb(t, { routes });
  const none = await fetch(`${url}/private`);
  assert.equal(none.status, 401);
  assert.equal(none.headers.get('www-authenticate'), 'Bearer realm="ticker"');
  assert.equal((await problemOf(none)).code, 'UNAUTHENTICATED');

  for (const header of [
    'Bearer wrong',
    'Bearer',
    `Basic ${FULL_KEY}`,
    FULL_KEY,
    `Bearer ${FULL_KEY} x`,
  ]) {
    const wrong = await fetch(`${url}/private`, { headers: { Authorization: header } });
    assert.equal(wrong.status, 401, header);
    assert.match(wrong.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  }
  const scope = await fetch(`${url}/admin`, { headers: authorization(TICKS_KEY) });
  assert.equal(scope.status, 403);
  assert.match((await problemOf(scope)).detail, /scope admin/);

  const allowed = await fetch(`${url}/private`, { headers: authorization(TICKS_KEY) });
  assert.equal(await allowed.json(), 'ticks');
  const any = await fetch(`${url}/any`, { headers: { authorization: `bearer  ${TICKS_KEY}` } });
  assert.equal(await any.json(), 'ticks');
  assert.equal((await fetch(`${url}/any`)).status, 401);
});

test('checks the key before the input', async (t) => {
  const { url } = await startWeb(t, { routes });
  const response = await fetch(`${url}/echo/x?wrong=1`, { method: 'POST', body: '{' });
  assert.equal(response.status, 401);
});

test('answers 404 and 405 with what there is', async (t) => {
  const { url } = await startWeb(t, { routes });
  const missing = await problemOf(await fetch(`${url}/hello/`));
  assert.equal(missing.status, 404);
  assert.equal(missing.code, 'NOT_FOUND');
  const method = await fetch(`${url}/hello`, { method: 'DELETE' });
  assert.equal(method.status, 405);
  assert.equal(method.headers.get('allow'), 'GET, HEAD, OPTIONS');
  assert.equal((await problemOf(method)).code, 'METHOD_NOT_ALLOWED');
  assert.equal((await fetch(`${url}/echo/x`)).headers.get('allow'), 'POST, OPTIONS');
});

test('HEAD is GET without the body', async (t) => {
  const { url, port } = await startWeb(t, { routes });
  const head = await fetch(`${url}/hello`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-length'), '17');
  const missing = await fetch(`${url}/nothing`, { method: 'HEAD' });
  assert.equal(missing.status, 404);
  // The connection goes on: nothing of a body is in the way of the next answer.
  const both = await rawExchange(
    port,
    ['HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n'],
    (received) => received.endsWith('{"hello":"world"}'),
  );
  assert.equal(both.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
});

test('a handler that fails is logged, and tells the caller nothing', async (t) => {
  const { url, logs } = await startWeb(t, { routes });
  const response = await fetch(`${url}/throws`, { headers: { 'X-Request-ID': 'req-1' } });
  const text = await response.clone().text();
  const document = await problemOf(response);
  assert.equal(document.status, 500);
  assert.equal(document.code, 'INTERNAL');
  assert.equal(document.retryable, true);
  assert.doesNotMatch(text, /canary/);
  assert.equal(logs.length, 1);
  assert.equal(logs[0]?.['requestId'], 'req-1');
  assert.match(JSON.stringify(logs[0]), /canary with internals/);

  const internal = await fetch(`${url}/internal-code`);
  assert.equal(internal.status, 500);
  assert.doesNotMatch(await internal.text(), /canary|SHM_LAYOUT/);
});

test('a coded error of a handler is answered with its status', async (t) => {
  const { url, logs } = await startWeb(t, { routes });
  const document = await problemOf(await fetch(`${url}/coded`));
  assert.equal(document.status, 404);
  assert.equal(document.code, 'UNKNOWN_INSTRUMENT');
  assert.equal(document.title, 'No such instrument.');
  assert.equal(document.detail, 'There is no NSE:X.');
  assert.equal(document.retryable, false);
  assert.deepEqual(logs, []);
});

test('takes over a sound request id and makes one in place of any other', async (t) => {
  const { url } = await startWeb(t, { routes });
  const idFor = async (id?: string): Promise<string | null> => {
    const headers = id === undefined ? {} : { 'X-Request-ID': id };
    return (await fetch(`${url}/hello`, { headers })).headers.get('x-request-id');
  };
  assert.equal(await idFor('abc-123_x.y~z'), 'abc-123_x.y~z');
  const made = await idFor();
  assert.match(made ?? '', /^[0-9a-f-]{36}$/);
  assert.notEqual(await idFor(), made);
  assert.match((await idFor('x'.repeat(129))) ?? '', /^[0-9a-f-]{36}$/);
  assert.match((await idFor('<script>')) ?? '', /^[0-9a-f-]{36}$/);
});

test('answers for a handler that does not, and drops its late answer', async (t) => {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    nowUs: () => 0,
    monotonicMs: () => 0,
    setTimeout(callback) {
      timers.push(callback);
      return { cancel: () => undefined, unref: () => undefined };
    },
    setInterval: () => assert.fail('no interval is expected'),
  };
  let release: ((answer: ReturnType<typeof json>) => void) | undefined;
  let entered: (() => void) | undefined;
  const inHandler = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const slow = get('/slow', () => {
    entered?.();
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  const { url, statuses } = await startWeb(t, { routes: [slow], clock });
  const pending = fetch(`${url}/slow`);
  await inHandler;
  assert.equal(timers.length, 1);
  timers[0]?.();
  const document = await problemOf(await pending);
  assert.equal(document.status, 504);
  assert.equal(document.code, 'TIMEOUT');
  release?.(json('late'));
  assert.equal((await fetch(`${url}/none`)).status, 404);
  assert.deepEqual(statuses, [504, 404]);
});

test('a client that goes away while its handler works does no harm', async (t) => {
  let release: ((answer: ReturnType<typeof json>) => void) | undefined;
  let entered: (() => void) | undefined;
  const inHandler = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const slow = get('/slow', () => {
    entered?.();
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  const { url, port, statuses } = await startWeb(t, { routes: [slow, ...routes] });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await inHandler;
  socket.resetAndDestroy();
  await once(socket, 'close');
  // This request arrives after the reset has been seen.
  assert.equal((await fetch(`${url}/hello`)).status, 200);
  release?.(json('for nobody'));
  assert.equal((await fetch(`${url}/hello`)).status, 200);
  assert.deepEqual(statuses, [200, 200]);
});

test('every answer has the security headers, errors and preflights included', async (t) => {
  const { url, port } = await startWeb(t, { routes, corsOrigins: ['https://app.example'] });
  const answers = [
    await fetch(`${url}/hello`),
    await fetch(`${url}/nothing`),
    await fetch(`${url}/hello`, { method: 'PUT' }),
    await fetch(`${url}/private`),
    await fetch(`${url}/throws`),
    await fetch(`${url}/hello`, { method: 'HEAD' }),
    await fetch(`${url}/hello`, { method: 'OPTIONS' }),
  ];
  for (const { status, headers } of answers) {
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'/, String(status));
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('vary'), 'Origin');
    assert.equal(headers.get('strict-transport-security'), null);
    assert.ok(headers.has('x-request-id'));
  }
  const raw = await rawExchange(port, ['GET /x HTTP/1.1\r\nHost: x\r\n\r\n'], isWholeAnswer);
  assert.doesNotMatch(raw, /uwebsockets/i);
});

test('HSTS is sent in production only', async (t) => {
  const { url } = await startWeb(t, { routes, production: true });
  const { headers } = await fetch(`${url}/nothing`);
  assert.match(headers.get('strict-transport-security') ?? '', /max-age=31536000/);
});

test('plain OPTIONS says which methods there are', async (t) => {
  const { url } = await startWeb(t, { routes });
  const response = await fetch(`${url}/hello`, { method: 'OPTIONS' });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('allow'), 'GET, HEAD, OPTIONS');
  assert.equal((await fetch(`${url}/none`, { method: 'OPTIONS' })).status, 404);
});
