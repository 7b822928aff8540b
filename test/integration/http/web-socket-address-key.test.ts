import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import WebSocket from 'ws';
import type { WebSocketConnection } from '../../../src/http/web-socket-connection.ts';
import { FULL_KEY, startWeb, TICKS_KEY } from '../../support/http/web-fixture.ts';

const PATH = '/ws/ticks';
const WRONG_KEY = 'wrong-key-0123456789-abcdefghijk';

/** A door whose keys in the address are for the protocol `protocol`. */
async function start(t: TestContext, protocol: string | undefined) {
  const opened: WebSocketConnection[] = [];
  let unauthenticated = 0;
  const { port, logs } = await startWeb(t, {
    webSocket: {
      path: PATH,
      subprotocols: ['ticker.v1.json'],
      defaultSubprotocol: 'ticker.v1.json',
      addressKey: { parameter: 'token', protocol },
      maxPayloadBytes: 4096,
      connectionsMax: 100,
      bufferBytesMax: 65_536,
      onOpen: (connection) => void opened.push(connection),
      onMessage: () => undefined,
      onDrain: () => undefined,
      onClose: () => undefined,
      onUnauthenticated: () => (unauthenticated += 1),
    },
  });
  const connect = (query: string, protocols: string[] = [], headers = {}): WebSocket => {
    const client = new WebSocket(`ws://127.0.0.1:${port}${PATH}${query}`, protocols, { headers });
    client.on('error', () => undefined);
    t.after(() => client.terminate());
    return client;
  };
  return { opened, connect, logs, unauthenticated: () => unauthenticated };
}

async function closing(client: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
}

test('a key in the address speaks the protocol that it is for', async (t) => {
  const { opened, connect } = await start(t, 'old');
  const client = connect(`?other=1&token=${encodeURIComponent(TICKS_KEY)}`);
  await once(client, 'open');
  assert.equal(client.protocol, '');
  assert.equal(opened[0]?.protocol, 'old');
  assert.equal(opened[0].principal?.keyId, 'ticks');
});

test('a wrong one ends the connection with 1008 and the reason', async (t) => {
  const { opened, connect, unauthenticated } = await start(t, 'old');
  for (const token of [WRONG_KEY, '', '%']) {
    const closed = await closing(connect(`?token=${token}`));
    assert.deepEqual(closed, { code: 1008, reason: 'UNAUTHENTICATED' });
  }
  assert.equal(unauthenticated(), 3);
  assert.deepEqual(opened, []);
});

test('clients of our own protocols are not touched by it', async (t) => {
  const { opened, connect } = await start(t, 'old');
  await once(connect(`?token=${WRONG_KEY}`, ['ticker.v1.json', `bearer.${FULL_KEY}`]), 'open');
  const header = { Authorization: `Bearer ${FULL_KEY}` };
  await once(connect(`?token=${WRONG_KEY}`, [], header), 'open');
  await once(connect(''), 'open');
  assert.deepEqual(
    opened.map(({ protocol, principal }) => [protocol, principal?.keyId]),
    [
      ['ticker.v1.json', 'full'],
      ['ticker.v1.json', 'full'],
      ['ticker.v1.json', undefined],
    ],
  );
});

test('without a protocol for it, a key in the address is refused, valid or not', async (t) => {
  const { opened, connect, unauthenticated } = await start(t, undefined);
  for (const token of [FULL_KEY, WRONG_KEY]) {
    const [, response] = (await once(connect(`?token=${token}`), 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    assert.equal(response.statusCode, 401);
  }
  assert.equal(unauthenticated(), 2);
  assert.deepEqual(opened, []);
  await once(connect('?something=else'), 'open');
});
