import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import WebSocket from 'ws';
import { LOCK_OUT_RULE } from '../../../src/access/lock-out.ts';
import { CLOSE } from '../../../src/domain/ports.ts';
import { defineRoute, json } from '../../../src/http/route.ts';
import type { WebSocketConnection } from '../../../src/http/web-socket-connection.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { authorization, FULL_KEY, rawExchange, startWeb } from '../../support/http/web-fixture.ts';

const WRONG_CLIENT = '203.0.113.9';
const RIGHT_CLIENT = '203.0.113.10';
const WRONG_KEY = 'wrong-key-0123456789-abcdefghijk';

const routes = [
  defineRoute({
    method: 'GET',
    path: '/thing',
    operationId: 'getThing',
    summary: 'A thing.',
    tag: 'test',
    access: 'instruments:read',
    responses: { 200: { description: 'It.' } },
    handler: () => json({ thing: 1 }),
  }),
];

async function startBehindProxy(t: TestContext, trustedProxies: readonly string[]) {
  const opened: WebSocketConnection[] = [];
  const webSocket = {
    path: '/ws/ticks',
    subprotocols: ['ticker.v1.json'],
    defaultSubprotocol: 'ticker.v1.json',
    maxPayloadBytes: 4096,
    connectionsMax: 100,
    bufferBytesMax: 1024 * 1024,
    onOpen: (connection: WebSocketConnection) => opened.push(connection),
    onMessage: () => undefined,
    onDrain: () => undefined,
    onClose: () => undefined,
  };
  const clock = new ManualClock();
  const { url, port } = await startWeb(t, { routes, webSocket, clock, trustedProxies });
  return {
    port,
    opened,
    /** Status of a request that a proxy passes on for `client`. */
    ask: async (client: string, key: string): Promise<number> => {
      const headers = { ...authorization(key), 'X-Forwarded-For': client };
      return (await fetch(`${url}/thing`, { headers })).status;
    },
    connect: (client: string, protocols: string[]): WebSocket => {
      const headers = { 'X-Forwarded-For': client };
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/ticks`, protocols, { headers });
      t.after(() => socket.terminate());
      return socket;
    },
  };
}

test('wrong keys lock out the client behind the proxy, not the proxy', async (t) => {
  const { ask } = await startBehindProxy(t, ['127.0.0.1']);
  for (let attempt = 0; attempt < LOCK_OUT_RULE.failuresMax; attempt++) {
    assert.equal(await ask(WRONG_CLIENT, WRONG_KEY), 401);
  }
  assert.equal(await ask(WRONG_CLIENT, FULL_KEY), 429);
  assert.equal(await ask(RIGHT_CLIENT, FULL_KEY), 200);
});

test('a client cannot leave its lock-out by writing the header itself', async (t) => {
  const { port, ask } = await startBehindProxy(t, ['127.0.0.1']);
  for (let attempt = 0; attempt < LOCK_OUT_RULE.failuresMax; attempt++) {
    assert.equal(await ask(`192.0.2.${attempt}, ${WRONG_CLIENT}`, WRONG_KEY), 401);
  }
  assert.equal(await ask(`192.0.2.99, ${WRONG_CLIENT}`, FULL_KEY), 429);
  // Some proxies add a header of their own in place of writing to the end of the one they got.
  const request = [
    'GET /thing HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${FULL_KEY}`,
    'X-Forwarded-For: 192.0.2.99',
    `X-Forwarded-For: ${WRONG_CLIENT}`,
    'Connection: close',
  ];
  const answer = await rawExchange(port, [`${request.join('\r\n')}\r\n\r\n`]);
  assert.match(answer, /^HTTP\/1\.1 429 /);
});

test('the header of a peer that is not trusted counts for nothing', async (t) => {
  const { ask } = await startBehindProxy(t, ['10.0.0.0/8']);
  for (let attempt = 0; attempt < LOCK_OUT_RULE.failuresMax; attempt++) {
    assert.equal(await ask(`192.0.2.${attempt}`, WRONG_KEY), 401);
  }
  assert.equal(await ask(RIGHT_CLIENT, FULL_KEY), 429);
});

test('on sockets too', async (t) => {
  const { connect, opened } = await startBehindProxy(t, ['127.0.0.1']);
  const closeCode = async (client: string, key: string): Promise<unknown> => {
    const [code] = (await once(connect(client, ['ticker.v1.json', `bearer.${key}`]), 'close')) as [
      unknown,
    ];
    return code;
  };
  for (let attempt = 0; attempt < LOCK_OUT_RULE.failuresMax; attempt++) {
    assert.equal(await closeCode(WRONG_CLIENT, WRONG_KEY), CLOSE.UNAUTHENTICATED);
  }
  assert.equal(await closeCode(WRONG_CLIENT, FULL_KEY), CLOSE.OVERLOAD);
  await once(connect(RIGHT_CLIENT, ['ticker.v1.json', `bearer.${FULL_KEY}`]), 'open');
  // Whoever presents a key in a message is known by the same address.
  await once(connect(WRONG_CLIENT, ['ticker.v1.json']), 'open');
  assert.deepEqual(
    opened.map(({ remoteAddress }) => remoteAddress),
    [RIGHT_CLIENT, WRONG_CLIENT],
  );
});
