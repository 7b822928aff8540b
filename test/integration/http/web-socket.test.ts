import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import WebSocket from 'ws';
import { CLOSE } from '../../../src/domain/ports.ts';
import type { WebSocketOptions } from '../../../src/http/web-socket.ts';
import type { WebSocketConnection } from '../../../src/http/web-socket-connection.ts';
import {
  FULL_KEY,
  TICKS_KEY,
  authorization,
  isWholeAnswer,
  rawExchange,
  startWeb,
  type WebFixture,
} from '../../support/http/web-fixture.ts';

const PATH = '/ws/ticks';
const MAX_PAYLOAD_BYTES = 4096;
const WRONG_KEY = 'wrong-key-0123456789-abcdefghijk';

interface Harness extends WebFixture {
  opened: WebSocketConnection[];
  /** Codes with which connections closed, in order. */
  closed: number[];
  unauthenticated: number;
  connect: (protocols?: string[], options?: WebSocket.ClientOptions) => WebSocket;
}

async function startSockets(
  t: TestContext,
  changes: Partial<WebSocketOptions> = {},
  corsOrigins: string[] = [],
): Promise<Harness> {
  const opened: WebSocketConnection[] = [];
  const closed: number[] = [];
  const webSocket: WebSocketOptions = {
    path: PATH,
    subprotocols: ['ticker.v1.fbs', 'ticker.v1.json'],
    defaultSubprotocol: 'ticker.v1.json',
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    connectionsMax: 100,
    bufferBytesMax: 64 * 1024 * 1024,
    onOpen: (connection) => opened.push(connection),
    onMessage: () => undefined,
    onDrain: () => undefined,
    onClose: (_, code) => closed.push(code),
    onUnauthenticated: () => (harness.unauthenticated += 1),
    ...changes,
  };
  const fixture = await startWeb(t, { webSocket, corsOrigins });
  const clients: WebSocket[] = [];
  t.after(() => clients.forEach((client) => client.terminate()));
  const harness: Harness = {
    ...fixture,
    opened,
    closed,
    unauthenticated: 0,
    connect: (protocols = [], options = {}) => {
      const client = new WebSocket(`ws://127.0.0.1:${fixture.port}${PATH}`, protocols, options);
      // Errors show in what the test waits for.
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
  };
  return harness;
}

/** Status of the answer to an upgrade that is not granted. */
async function refusal(client: WebSocket): Promise<{ status: number; body: string }> {
  const [, response] = (await once(client, 'unexpected-response')) as [
    unknown,
    { statusCode: number; setEncoding(e: string): void } & AsyncIterable<string>,
  ];
  response.setEncoding('utf8');
  let body = '';
  for await (const part of response) body += part;
  return { status: response.statusCode, body };
}

async function closing(client: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
}

test('agrees on the first offered subprotocol it speaks, never echoing the key', async (t) => {
  const { connect, opened } = await startSockets(t);
  const client = connect([
    `bearer.${TICKS_KEY}`,
    'ticker.v9.xyz',
    'ticker.v1.fbs',
    'ticker.v1.json',
  ]);
  const opening = once(client, 'open');
  const [response] = (await once(client, 'upgrade')) as [
    { headers: Record<string, string>; rawHeaders: string[] },
  ];
  assert.equal(response.headers['sec-websocket-protocol'], 'ticker.v1.fbs');
  assert.ok(!response.rawHeaders.join('\n').includes(TICKS_KEY));
  assert.equal(response.headers['x-content-type-options'], 'nosniff');
  assert.ok(response.headers['x-request-id']);
  await opening;
  assert.equal(client.protocol, 'ticker.v1.fbs');
  assert.equal(opened[0]?.protocol, 'ticker.v1.fbs');
  assert.equal(opened[0].principal?.keyId, 'ticks');
  assert.equal(opened[0].remoteAddress, '127.0.0.1');
});

test('speaks JSON with a client that offers nothing; the key may be in the header', async (t) => {
  const { connect, opened } = await startSockets(t);
  const client = connect([], { headers: authorization(FULL_KEY) });
  await once(client, 'open');
  assert.equal(client.protocol, '');
  assert.equal(opened[0]?.protocol, 'ticker.v1.json');
  assert.equal(opened[0].principal?.keyId, 'full');
});

test('opens without a key, for an authentication that comes as a message', async (t) => {
  const { connect, opened } = await startSockets(t);
  await once(connect(['ticker.v1.json']), 'open');
  assert.equal(opened[0]?.principal, undefined);
});

test('answers a wrong key in the header with 401', async (t) => {
  const harness = await startSockets(t);
  for (const header of [`Bearer ${WRONG_KEY}`, `Basic ${FULL_KEY}`]) {
    const client = harness.connect([], { headers: { Authorization: header } });
    const { status, body } = await refusal(client);
    assert.equal(status, 401);
    assert.equal((JSON.parse(body) as { code: string }).code, 'UNAUTHENTICATED');
  }
  assert.equal(harness.unauthenticated, 2);
  assert.equal(harness.opened.length, 0);
});

test('closes with 4500 for a wrong key in the subprotocol, which a browser can see', async (t) => {
  const harness = await startSockets(t);
  const client = harness.connect([`bearer.${WRONG_KEY}`, 'ticker.v1.json']);
  client.on('open', () => client.send('{"id":1,"type":"ping"}'));
  assert.deepEqual(await closing(client), {
    code: CLOSE.UNAUTHENTICATED,
    reason: 'UNAUTHENTICATED',
  });
  assert.equal(harness.unauthenticated, 1);
  assert.deepEqual(harness.opened, []);
  assert.deepEqual(harness.closed, []);
});

test('a key in the URL is not a key', async (t) => {
  const { port, opened } = await startSockets(t);
  const client = new WebSocket(`ws://127.0.0.1:${port}${PATH}?token=${FULL_KEY}`);
  t.after(() => client.terminate());
  await once(client, 'open');
  assert.equal(opened[0]?.principal, undefined);
});

test('lets pages of its own and of listed origins in, and no others', async (t) => {
  const { connect, port } = await startSockets(t, {}, ['https://app.example']);
  for (const origin of [`http://127.0.0.1:${port}`, 'https://app.example']) {
    await once(connect([], { origin }), 'open');
  }
  for (const origin of [
    'https://evil.example',
    `http://127.0.0.1:${port + 1}`,
    'null',
    'file://',
  ]) {
    const { status, body } = await refusal(connect([], { origin }));
    assert.equal(status, 403, origin);
    assert.equal((JSON.parse(body) as { code: string }).code, 'FORBIDDEN');
  }
});

test('refuses a client that speaks none of its subprotocols', async (t) => {
  const { status, body } = await refusal((await startSockets(t)).connect(['ticker.v2.fbs']));
  assert.equal(status, 400);
  assert.match(body, /ticker\.v1\.fbs or ticker\.v1\.json/);
});

test('refuses headers beyond the limit, and survives a fault in letting a client in', async (t) => {
  const { connect, web, logs } = await startSockets(t);
  const long = await refusal(connect([], { headers: { Big: 'a'.repeat(20_000) } }));
  assert.equal(long.status, 431);
  t.mock.method(web.gate, 'admit', () => {
    throw new Error('store is gone');
  });
  const failed = await refusal(connect([], { headers: authorization(FULL_KEY) }));
  assert.equal(failed.status, 500);
  assert.doesNotMatch(failed.body, /store is gone/);
  assert.match(JSON.stringify(logs), /store is gone/);
  await once(connect(), 'open');
});

test('answers further clients with 503 and lets the next in when one has gone', async (t) => {
  const { connect } = await startSockets(t, { connectionsMax: 1 });
  const first = connect();
  await once(first, 'open');
  const { status, body } = await refusal(connect());
  assert.equal(status, 503);
  assert.equal((JSON.parse(body) as { code: string }).code, 'TOO_MANY_CLIENTS');
  first.close();
  await once(first, 'close');
  await once(connect(), 'open');
});

test('only its path is a WebSocket, and a plain request to that path is not found', async (t) => {
  const { port, url } = await startSockets(t);
  const other = new WebSocket(`ws://127.0.0.1:${port}/ws/other`);
  other.on('error', () => undefined);
  assert.equal((await refusal(other)).status, 404);
  assert.equal((await fetch(url + PATH)).status, 404);
  const raw = await rawExchange(
    port,
    [`GET ${PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`],
    isWholeAnswer,
  );
  assert.match(raw, /^HTTP\/1\.1 4/);
});

test('carries text and bytes both ways unchanged, views of shared memory included', async (t) => {
  const received: { data: Buffer; isBinary: boolean }[] = [];
  const { connect, opened } = await startSockets(t, {
    onMessage: (connection, data, isBinary) => {
      received.push({ data: Buffer.from(new Uint8Array(data)), isBinary });
      connection.send(isBinary ? new Uint8Array(data) : Buffer.from(data).toString('utf8'));
    },
  });
  const client = connect();
  await once(client, 'open');
  client.send('grüße');
  assert.deepEqual(await once(client, 'message'), [Buffer.from('grüße'), false]);
  client.send(Buffer.from([0, 255, 1]));
  assert.deepEqual(await once(client, 'message'), [Buffer.from([0, 255, 1]), true]);
  assert.deepEqual(
    received.map(({ data, isBinary }) => [data.toString('latin1'), isBinary]),
    [
      [Buffer.from('grüße').toString('latin1'), false],
      ['\x00\xff\x01', true],
    ],
  );

  const shared = new Uint8Array(new SharedArrayBuffer(64)).subarray(8, 16).fill(7);
  const [connection] = opened;
  assert.equal(connection?.send(shared), true);
  // The bytes were copied: what is written now is not sent.
  shared.fill(9);
  assert.deepEqual(await once(client, 'message'), [Buffer.alloc(8, 7), true]);
});

test('packs corked messages and keeps their order', async (t) => {
  const { connect, opened } = await startSockets(t);
  const client = connect();
  const texts: string[] = [];
  client.on('message', (data: Buffer) => texts.push(data.toString()));
  await once(client, 'open');
  opened[0]?.cork(() => {
    for (const text of ['a', 'b', 'c']) opened[0]?.send(text);
  });
  opened[0]?.end(CLOSE.RESTART, 'RESTART');
  assert.deepEqual(await closing(client), { code: CLOSE.RESTART, reason: 'RESTART' });
  assert.deepEqual(texts, ['a', 'b', 'c']);
});

test('closing is told once, at once, and everything after it is harmless', async (t) => {
  const { connect, opened, closed } = await startSockets(t);
  const client = connect();
  await once(client, 'open');
  const [connection] = opened;
  assert.ok(connection);
  connection.end(CLOSE.TOO_SLOW, 'TOO_SLOW');
  assert.deepEqual(closed, [CLOSE.TOO_SLOW]);
  assert.equal(connection.isOpen, false);
  assert.equal(connection.send('late'), false);
  assert.equal(connection.bufferedBytes(), 0);
  connection.cork(() => assert.fail('a closed connection corks nothing'));
  connection.end(1000, '');
  connection.terminate();
  assert.equal((await closing(client)).code, CLOSE.TOO_SLOW);
  assert.deepEqual(closed, [CLOSE.TOO_SLOW]);
});

test('terminate cuts the connection without a close frame', async (t) => {
  const { connect, opened, closed } = await startSockets(t);
  const client = connect();
  await once(client, 'open');
  opened[0]?.terminate();
  assert.equal((await closing(client)).code, 1006);
  assert.deepEqual(closed, [1006]);
});

test('a client that leaves is told with its code', async (t) => {
  let told: ((code: number) => void) | undefined;
  const { connect } = await startSockets(t, { onClose: (_, code) => told?.(code) });
  for (const [leave, code] of [
    [(client: WebSocket) => client.close(1000), 1000],
    [(client: WebSocket) => client.terminate(), 1006],
  ] as const) {
    const toldCode = new Promise<number>((resolve) => {
      told = resolve;
    });
    const client = connect();
    await once(client, 'open');
    leave(client);
    assert.equal(await toldCode, code);
  }
});

test('a message beyond the limit ends its connection and nobody elses', async (t) => {
  let messages = 0;
  const { connect } = await startSockets(t, { onMessage: () => (messages += 1) });
  const good = connect();
  await once(good, 'open');
  for (const sizeBytes of [MAX_PAYLOAD_BYTES + 1, 10 * 1024 * 1024]) {
    const client = connect();
    await once(client, 'open');
    client.send(Buffer.alloc(sizeBytes));
    const { code } = await closing(client);
    assert.ok(code === 1009 || code === 1006, `closed with ${code}`);
  }
  assert.equal(messages, 0);
  good.ping();
  await once(good, 'pong');
});

test('a client that never reads is cut off when the last limit is reached', async (t) => {
  const limit = 1024 * 1024;
  const { connect, opened, closed } = await startSockets(t, { bufferBytesMax: limit });
  const client = connect();
  await once(client, 'open');
  client.pause();
  const [connection] = opened;
  assert.ok(connection);
  const frame = Buffer.alloc(256 * 1024);
  let sent = 0;
  while (connection.send(frame)) {
    sent += frame.length;
    assert.ok(connection.bufferedBytes() <= limit + frame.length);
    assert.ok(sent < 256 * 1024 * 1024, 'the limit never came');
  }
  assert.equal(connection.send('more'), false, 'nothing follows what was dropped');
  await Promise.resolve();
  assert.equal(connection.isOpen, false);
  assert.deepEqual(closed, [1006]);
});

test('onDrain comes when a slow client has read', async (t) => {
  let drained: (() => void) | undefined;
  const drain = new Promise<void>((resolve) => {
    drained = resolve;
  });
  const { connect, opened } = await startSockets(t, {
    onDrain: (connection) => {
      if (connection.bufferedBytes() === 0) drained?.();
    },
  });
  const client = connect();
  await once(client, 'open');
  client.pause();
  const [connection] = opened;
  assert.ok(connection);
  let sent = 0;
  while (connection.bufferedBytes() < 1024 * 1024) {
    assert.ok(connection.send(Buffer.alloc(256 * 1024, 1)));
    sent += 256 * 1024;
  }
  let received = 0;
  client.on('message', (data: Buffer) => (received += data.length));
  client.resume();
  await drain;
  client.close();
  await once(client, 'close');
  assert.equal(received, sent);
});

test('an error in a callback ends that client with 1011 and is logged', async (t) => {
  const { connect, logs } = await startSockets(t, {
    onMessage: () => {
      throw new Error('poisoned');
    },
  });
  const victim = connect();
  const bystander = connect();
  await Promise.all([once(victim, 'open'), once(bystander, 'open')]);
  victim.send('x');
  assert.equal((await closing(victim)).code, 1011);
  assert.match(JSON.stringify(logs), /poisoned/);
  bystander.ping();
  await once(bystander, 'pong');
});
