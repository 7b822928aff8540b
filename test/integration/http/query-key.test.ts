import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { configuredKey } from '../../../src/access/key-table.ts';
import type { WebSocketConnection } from '../../../src/http/web-socket-connection.ts';
import { upgradeAnswer } from '../../support/feed/sim/broker-client.ts';
import { startWeb, TICKS_KEY } from '../../support/http/web-fixture.ts';

const PLUS_KEY = 'key+with/signs=0123456789-abcdefghi';
const ORDERS_KEY = 'orders-key-0123456789-abcdefghijk';
const ONE_KEY = 'one-connection-0123456789-abcdefgh';

async function startDoor(t: TestContext) {
  const opened: WebSocketConnection[] = [];
  let elsewhere = 0;
  let unauthenticated = 0;
  const fixture = await startWeb(t, {
    keys: [
      configuredKey('plus', PLUS_KEY, ['ticks:read']),
      configuredKey('orders', ORDERS_KEY, ['orders:read']),
      {
        ...configuredKey('one', ONE_KEY, ['ticks:read']),
        limits: { connections: 1, subscriptions: 1, requestsPerSecond: 1 },
      },
    ],
    webSocket: {
      path: '/door',
      morePaths: ['/door/'],
      queryKey: { parameter: 'token', scope: 'ticks:read' },
      subprotocols: [],
      defaultSubprotocol: 'foreign',
      maxPayloadBytes: 1000,
      connectionsMax: 4,
      connectionsElsewhere: () => elsewhere,
      bufferBytesMax: 1_000_000,
      onOpen: (connection) => opened.push(connection),
      onMessage: () => undefined,
      onDrain: () => undefined,
      onClose: () => undefined,
      onUnauthenticated: () => unauthenticated++,
    },
  });
  const url = `${fixture.url.replace('http', 'ws')}/door`;
  return {
    ...fixture,
    opened,
    status: async (rest: string) => (await upgradeAnswer(url + rest)).statusCode,
    unauthenticated: () => unauthenticated,
    setElsewhere: (count: number) => (elsewhere = count),
    connect: async (rest: string) => {
      const socket = new WebSocket(url + rest);
      t.after(() => socket.terminate());
      await once(socket, 'open');
      return socket;
    },
  };
}

test('a key in the query lets in, escaped or as it is, wherever it stands', async (t) => {
  const { opened, connect } = await startDoor(t);
  await connect(`?a=1&token=${TICKS_KEY}&b=2`);
  await connect(`/?token=${PLUS_KEY}`);
  await connect(`?token=${encodeURIComponent(PLUS_KEY)}`);
  assert.deepEqual(
    opened.map(({ principal }) => principal?.keyId),
    ['ticks', 'plus', 'plus'],
  );
  assert.equal(opened[0]?.protocol, 'foreign');
});

test('without a key 400, with one that is no good 403, both before the upgrade', async (t) => {
  const { status, opened, unauthenticated } = await startDoor(t);
  for (const query of ['', '?', '?token', '?token=', `?tokens=${TICKS_KEY}`]) {
    assert.equal(await status(query), 400, query);
  }
  for (const query of ['?token=wrong', `?token=${ORDERS_KEY}`, '?token=%zz', '?token=%']) {
    assert.equal(await status(query), 403, query);
  }
  // The header is not looked at, and the first one counts.
  assert.equal(await status(`?token=wrong&token=${TICKS_KEY}`), 403);
  assert.equal(opened.length, 0);
  assert.equal(unauthenticated(), 10);
});

test('a key has its number of connections, and gets them back', async (t) => {
  const { status, connect } = await startDoor(t);
  const socket = await connect(`?token=${ONE_KEY}`);
  assert.equal(await status(`?token=${ONE_KEY}`), 429);
  socket.close();
  await once(socket, 'close');
  await connect(`?token=${ONE_KEY}`);
});

test('clients of other doors count for the maximum', async (t) => {
  const { status, connect, setElsewhere } = await startDoor(t);
  setElsewhere(3);
  await connect(`?token=${TICKS_KEY}`);
  assert.equal(await status(`?token=${TICKS_KEY}`), 503);
});
