import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type {
  TransportFailure,
  TransportRequest,
  TransportResult,
} from '../../../../../src/feed/kite/orders/order-transport.ts';
import {
  UndiciOrderTransport,
  type UndiciOrderTransportOptions,
} from '../../../../../src/feed/kite/orders/undici-order-transport.ts';
import { BODY_LIMIT_BYTES } from '../../../../../src/feed/kite/orders/wire-exchange.ts';
import { CountingClock } from '../../../../support/feed/kite/counting-clock.ts';
import { tickerError } from '../../../../support/feed/kite/rest-rig.ts';
import { settled } from '../../../../support/feed/kite/scripted-order-transport.ts';
import { Watch } from '../../../../support/feed/kite/watch.ts';

const LIMIT = { timeout: 10_000 };
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

const POST: TransportRequest = {
  method: 'POST',
  path: '/orders/regular',
  body: 'exchange=NSE&quantity=1',
  contentType: 'application/x-www-form-urlencoded',
  timeoutMs: 7_000,
};

interface Wire {
  clock: CountingClock;
  url: string;
  transport: UndiciOrderTransport;
  send: (request?: Partial<TransportRequest>) => Promise<TransportResult>;
}

async function wireTo(
  t: TestContext,
  server: Server,
  options: Partial<UndiciOrderTransportOptions> & { scheme?: string } = {},
): Promise<Wire> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const { scheme = 'http', ...rest } = options;
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = new CountingClock();
  const credentials = { apiKey: 'key-1', accessToken: 'token-1' };
  const transport = new UndiciOrderTransport({
    restUrl: `${url}/`,
    clock,
    ...credentials,
    ...rest,
  });
  t.after(() => transport.close());
  return { clock, url, transport, send: (request = {}) => transport.send({ ...POST, ...request }) };
}

interface TcpRig extends Wire {
  /** What each connection has sent, as text. */
  received: string[];
  watch: Watch;
}

/** A server below HTTP; `onData` is called for every piece that a connection sends. */
async function tcpRig(
  t: TestContext,
  onData: (socket: Socket, connection: number, pieces: number) => void,
  scheme = 'http',
): Promise<TcpRig> {
  const received: string[] = [];
  const watch = new Watch();
  const server = createServer((socket) => {
    const connection = received.push('') - 1;
    let pieces = 0;
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      received[connection] = (received[connection] ?? '') + piece.toString('latin1');
      pieces++;
      onData(socket, connection, pieces);
      watch.notify();
    });
    t.after(() => socket.destroy());
    watch.notify();
  });
  return { received, watch, ...(await wireTo(t, server, { scheme })) };
}

function httpRig(
  t: TestContext,
  listener: RequestListener,
  options: { refuseSimulator?: boolean } = {},
): Promise<Wire> {
  const server = createHttpServer(listener);
  t.after(() => server.closeAllConnections());
  return wireTo(t, server, options);
}

function failed(result: TransportResult): TransportFailure {
  if (result.kind !== 'failed') assert.fail(JSON.stringify(result));
  return result;
}

test('a request is one write with version, credentials and body', LIMIT, async (t) => {
  const { received, transport, send, clock } = await tcpRig(t, (socket) => socket.write(OK));
  const answer = await send();
  assert.deepEqual(answer, { kind: 'answer', status: 200, contentType: null, body: '{}' });
  transport.setAccessToken('token-2');
  await settled();
  await send({ method: 'GET', path: '/orders', body: null, contentType: null });
  const [first = '', second = ''] = (received[0] ?? '').split(/(?=GET )/);
  assert.match(first, /^POST \/orders\/regular HTTP\/1\.1\r\n/);
  assert.match(first, /\r\nX-Kite-Version: 3\r\n/i);
  assert.match(first, /\r\nauthorization: token key-1:token-1\r\n/);
  assert.match(first, /\r\ncontent-type: application\/x-www-form-urlencoded\r\n/);
  assert.match(first, /\r\n\r\nexchange=NSE&quantity=1$/);
  assert.match(second, /^GET \/orders HTTP/, 'on the same connection');
  assert.match(second, /token key-1:token-2/);
  assert.equal(clock.pendingTimeouts, 0);
});

test('nobody listens: no byte was written', LIMIT, async (t) => {
  const gone = createServer();
  const { send } = await wireTo(t, gone);
  gone.close();
  await once(gone, 'close');
  const { bytesWritten, reason } = failed(await send());
  assert.equal(bytesWritten, false);
  assert.match(reason, /ECONNREFUSED/);
});

test(
  'a connection that never comes about: no byte of the request, then or later',
  LIMIT,
  async (t) => {
    let peer: Socket | undefined;
    const onData = (socket: Socket): void => void (peer = socket);
    const { clock, received, watch, send } = await tcpRig(t, onData, 'https');
    const running = send();
    // The greeting of TLS, which is never answered.
    await watch.until(() => (received[0] ?? '').length > 0);
    clock.advance(7_000);
    const { bytesWritten, reason } = failed(await running);
    assert.equal(bytesWritten, false);
    assert.match(reason, /no complete answer within 7000 ms/);
    peer?.destroy();
    assert.ok(received.every((text) => !text.includes('orders')));
  },
);

test('no answer: written, and the connection ends with the deadline', LIMIT, async (t) => {
  const { clock, received, watch, send } = await tcpRig(t, () => undefined);
  const running = send();
  await watch.until(() => (received[0] ?? '').includes('quantity=1'));
  clock.advance(6_999);
  assert.equal(clock.pendingTimeouts, 1);
  clock.advance(1);
  assert.equal(failed(await running).bytesWritten, true);
});

for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const) {
  test(`${method}: a connection that breaks is not tried again`, LIMIT, async (t) => {
    const { received, send } = await tcpRig(t, (socket) => socket.resetAndDestroy());
    const body = method === 'GET' || method === 'DELETE' ? null : POST.body;
    assert.equal(failed(await send({ method, body })).bytesWritten, true);
    assert.equal(received.length, 1);
  });

  test(`${method}: a kept connection that breaks is not tried again`, LIMIT, async (t) => {
    const { received, send } = await tcpRig(t, (socket, connection) => {
      const isSecond = (received[connection] ?? '').split(' HTTP/1.1').length > 2;
      if (isSecond) socket.resetAndDestroy();
      else socket.write(OK);
    });
    const body = method === 'GET' || method === 'DELETE' ? null : POST.body;
    assert.equal((await send({ method, body })).kind, 'answer');
    await settled();
    assert.equal(failed(await send({ method, body })).bytesWritten, true);
    assert.equal(received.length, 1);
    assert.equal((received[0] ?? '').split(' HTTP/1.1').length - 1, 2);
  });
}

test('a kept connection that the server has closed is replaced', LIMIT, async (t) => {
  const closed = new Watch();
  let isClosed = false;
  const { received, send } = await tcpRig(t, (socket) => {
    socket.on('close', () => {
      isClosed = true;
      closed.notify();
    });
    socket.end(OK);
  });
  assert.equal((await send()).kind, 'answer');
  await closed.until(() => isClosed);
  assert.equal((await send()).kind, 'answer');
  assert.equal(received.length, 2);
});

test('an answer that breaks off in its body is none', LIMIT, async (t) => {
  const { send } = await tcpRig(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{"status":', () =>
      socket.destroy(),
    );
  });
  assert.equal(failed(await send()).bytesWritten, true);
});

test('an answer that is not HTTP is none', LIMIT, async (t) => {
  const { send } = await tcpRig(t, (socket) => socket.write('SMTP ready\r\n'));
  assert.equal(failed(await send()).bytesWritten, true);
});

test('informational heads are passed over', LIMIT, async (t) => {
  const { send } = await tcpRig(t, (socket) => {
    socket.write(`HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n${OK}`);
  });
  const answer = await send();
  assert.deepEqual([answer.kind, answer.kind === 'answer' && answer.status], ['answer', 200]);
});

test('a redirect is an answer', LIMIT, async (t) => {
  let requests = 0;
  const { send } = await httpRig(t, (_, response) => {
    requests++;
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  const answer = await send();
  assert.deepEqual([answer.kind === 'answer' && answer.status, requests], [307, 1]);
});

test('compressed answers are read, and those that cannot be are none', LIMIT, async (t) => {
  let body = gzipSync('{"status":"success"}');
  const { send } = await httpRig(t, (_, response) => {
    response.writeHead(429, {
      'content-encoding': 'gzip',
      'content-type': 'application/json',
      'retry-after': '3',
    });
    response.end(body);
  });
  assert.deepEqual(await send(), {
    kind: 'answer',
    status: 429,
    contentType: 'application/json',
    body: '{"status":"success"}',
    retryAfterS: 3,
  });
  body = body.subarray(0, 12);
  assert.match(failed(await send()).reason, /decompressed/);
  body = gzipSync(Buffer.alloc(BODY_LIMIT_BYTES + 1));
  assert.equal(failed(await send()).bytesWritten, true);
});

test('an answer beyond the limit is none', LIMIT, async (t) => {
  const { send } = await httpRig(t, (_, response) => {
    response.end(Buffer.alloc(BODY_LIMIT_BYTES + 1));
  });
  assert.match(failed(await send()).reason, /larger than/);
});

test(
  'a simulator is refused where it must not be, and gets nothing after its first answer',
  LIMIT,
  async (t) => {
    let requests = 0;
    const listener: RequestListener = (_, response) => {
      requests++;
      response.writeHead(200, { 'x-ticker-simulator': '1' }).end('{}');
    };
    const { send } = await httpRig(t, listener, { refuseSimulator: true });
    const first = failed(await send());
    assert.deepEqual([first.bytesWritten, first.isSimulatorRefused], [true, true]);
    const second = failed(await send());
    assert.deepEqual([second.bytesWritten, second.isSimulatorRefused], [false, true]);
    assert.equal(requests, 1);
  },
);

test('after close nothing is sent, and what was under way has an unknown end', LIMIT, async (t) => {
  const { received, watch, transport, send } = await tcpRig(t, () => undefined);
  const running = send();
  await watch.until(() => (received[0] ?? '').includes('quantity=1'));
  await transport.close();
  assert.equal(failed(await running).bytesWritten, true);
  assert.equal(failed(await send()).bytesWritten, false);
  assert.equal(received.length, 1);
});

test('many silent calls hold up nobody', LIMIT, async (t) => {
  const { clock, send } = await httpRig(t, (request, response) => {
    if (request.method === 'GET') response.end('{}');
  });
  const silent = Array.from({ length: 25 }, () => send());
  const reads = Array.from({ length: 5 }, () => send({ method: 'GET', body: null }));
  for (const read of await Promise.all(reads)) assert.equal(read.kind, 'answer');
  clock.advance(7_000);
  for (const end of await Promise.all(silent)) assert.equal(failed(end).bytesWritten, true);
});

test('another URL than HTTP is refused, and an address that is none', () => {
  const options = { apiKey: 'k', accessToken: 't', clock: new CountingClock() };
  assert.throws(
    () => new UndiciOrderTransport({ restUrl: 'http://host', localAddress: 'eth0', ...options }),
    tickerError('CONFIG_INVALID'),
  );
  assert.throws(
    () => new UndiciOrderTransport({ restUrl: 'ftp://host', ...options }),
    tickerError('CONFIG_INVALID'),
  );
});
