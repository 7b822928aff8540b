import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { test as nodeTest, type TestContext } from 'node:test';
import type { ClientEvents, TickerClient } from '../../../src/client/client.ts';
import { createNodeClient } from '../../../src/client/node-socket.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { CONTRACTS, ResumingService } from '../../support/client/resuming-service.ts';
import {
  answerWithChain,
  chainContracts,
  contractTick,
  EXPIRY,
} from '../../support/client/fake-chain.ts';
import {
  EPOCH,
  FAKE_KEY,
  FakeService,
  type FakeServiceOptions,
} from '../../support/client/fake-service.ts';

/** Bounds a hang; nothing here takes as long. */
const HANG_MS = 20_000;

function test(name: string, run: (t: TestContext) => Promise<void>): void {
  nodeTest(name, { timeout: HANG_MS }, run);
}

const QUICK = { firstDelayMs: 1, maxDelayMs: 5 };

async function startService(t: TestContext, options?: FakeServiceOptions): Promise<FakeService> {
  const service = new FakeService(options);
  await service.start();
  t.after(() => service.stop());
  return service;
}

function makeClient(
  t: TestContext,
  url: string,
  options: Partial<Parameters<typeof createNodeClient>[0]> = {},
): TickerClient {
  const client = createNodeClient({ url, token: FAKE_KEY, reconnect: QUICK, ...options });
  t.after(() => client.close());
  return client;
}

/** The next event for which `condition` holds. */
function next<Name extends keyof ClientEvents>(
  client: TickerClient,
  name: Name,
  condition: (value: ClientEvents[Name]) => boolean = () => true,
): Promise<ClientEvents[Name]> {
  return new Promise((resolve) => {
    const remove = client.on(name, (value) => {
      if (!condition(value)) return;
      remove();
      resolve(value);
    });
  });
}

const CHAIN = { underlying: 'NIFTY', strikes: 3 };

test('binary and JSON clients get equal ticks from one service', async (t) => {
  const service = await startService(t, { onMessage: answerWithChain });
  const collected = await Promise.all(
    (['binary', 'json'] as const).map(async (format) => {
      const client = makeClient(t, service.url, { format });
      const hello = await client.connect();
      assert.equal(hello.epoch, EPOCH);
      const ticks: unknown[] = [];
      const complete = next(client, 'tick', (tick) => ticks.push(tick) === 14);
      const results = await client.subscribe({ chain: CHAIN, mode: 'compact', greeks: true });
      assert.equal(results.length, 14);
      await complete;
      assert.ok((await client.ping()) >= 0);
      return ticks;
    }),
  );
  assert.deepEqual(collected[0], collected[1]);
  assert.deepEqual(service.clients.map((client) => client.protocol).sort(), [
    'ticker.v1.fbs',
    'ticker.v1.json',
  ]);
});

test('frames of ws, wherever they lie in its buffers, are read without a copy', async (t) => {
  const service = await startService(t);
  const client = makeClient(t, service.url);
  await client.connect();
  const [contract] = chainContracts(0, CHAIN);
  const sequences: number[] = [];
  const complete = next(client, 'frame', (frame) => {
    for (let index = 0; index < frame.count; index += 1) {
      sequences.push(frame.tick(index).instrumentSequence);
    }
    return sequences.length === 60;
  });
  for (let count = 1; count <= 60;) {
    // Messages of odd lengths between the frames shift their alignment.
    service.client.socket.send(`{"type":"x${'y'.repeat(count % 9)}"}`);
    const size = Math.min(1 + (count % 3), 61 - count);
    const ticks = Array.from({ length: size }, (_, index) =>
      contractTick(contract!, count + index),
    );
    service.client.sendTicks('tick', ticks);
    count += size;
  }
  await complete;
  assert.deepEqual(
    sequences,
    Array.from({ length: 60 }, (_, index) => index + 1),
  );
  assert.equal(client.statistics.missing, 0);
});

test('a client whose connection is cut reconnects, renews and names what it missed', async (t) => {
  const [contract] = chainContracts(0, CHAIN);
  assert.ok(contract !== undefined);
  const service = await startService(t, {
    onMessage(client, { id }) {
      client.say({ id, type: 'subscribed', results: [contract] });
      // Three ticks happened while the client was away.
      const count = service.clients.length === 1 ? 1 : 5;
      client.sendTicks('compact', [contractTick(contract, count, { flags: 9 })]);
    },
  });
  const client = makeClient(t, service.url);
  await client.connect();
  const first = next(client, 'tick');
  await client.subscribe({ chain: CHAIN, mode: 'compact', greeks: true });
  assert.equal((await first).instrument_sequence, 1);

  const renewed = next(client, 'subscribed');
  const gap = next(client, 'gap');
  const second = next(client, 'tick');
  service.client.socket.terminate();
  assert.deepEqual((await renewed).item, { chain: CHAIN, mode: 'compact', greeks: true });
  const { reason, missing } = await gap;
  assert.deepEqual({ reason, missing }, { reason: 'RECONNECT', missing: 3 });
  assert.equal((await second).instrument_sequence, 5);
  assert.equal(client.statistics.connections, 2);
});

test('a paused client leaves its data in the network, another gets all of it', async (t) => {
  const service = await startService(t);
  const [contract] = chainContracts(0, CHAIN);
  const clients = [makeClient(t, service.url), makeClient(t, service.url)] as const;
  const frames = clients.map((client) => {
    const throughs: number[] = [];
    client.on('frame', ({ through }) => throughs.push(through));
    return throughs;
  });
  const [paused, reading] = clients;
  await paused.connect();
  const { socket } = service.client;
  await reading.connect();
  paused.pause();
  // Far more than the kernel takes on both ends.
  const count = 40;
  const ticks = Array.from({ length: 2000 }, (_, index) => contractTick(contract!, index + 1));
  const all = Array.from({ length: count }, (_, index) => index + 1);
  const [readingHasAll, pausedHasAll] = [reading, paused].map((client) =>
    next(client, 'frame', ({ through }) => through === count),
  );
  for (const through of all) {
    for (const client of service.clients) client.sendTicks('tick', ticks, through);
  }
  await readingHasAll;
  assert.ok(socket.bufferedAmount > 10_000_000, `${socket.bufferedAmount} bytes wait`);
  assert.deepEqual(frames[0], []);
  assert.ok((await paused.ping()) >= 0, 'an answer is read for, and everything before it');
  assert.deepEqual(frames[0], []);
  assert.equal(paused.isPaused, true);
  paused.resume();
  await pausedHasAll;
  assert.deepEqual(frames[1], all);
  assert.equal(paused.statistics.missing, 0);
});

test('a stream is read at the pace of its taker, from a connection that is cut', async (t) => {
  const service = new ResumingService();
  await service.fake.start();
  t.after(() => service.fake.stop());
  const [call] = CONTRACTS;
  assert.ok(call !== undefined);
  const client = makeClient(t, service.fake.url);
  await client.connect();
  await client.subscribe({ instruments: [call.token], mode: 'full' });
  for (let count = 1; count <= 100; count += 1) service.tick(call);
  const taken: number[] = [];
  for await (const tick of client.stream('tick', 5)) {
    taken.push(tick.instrument_sequence);
    // Its position is told, and what was asked for meanwhile is answered.
    if (taken.length === 50) await client.ping();
    if (taken.length === 70) {
      service.cut();
      for (let count = 101; count <= 200; count += 1) service.tick(call);
    }
    if (tick.instrument_sequence === 200) break;
  }
  assert.deepEqual(
    taken,
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
  assert.equal(client.statistics.missing, 0);
});

test('a wrong key ends the client with UNAUTHENTICATED', async (t) => {
  const service = await startService(t);
  const client = makeClient(t, service.url, { token: 'wrong' });
  await assert.rejects(
    client.connect(),
    (error) => error instanceof TickerError && error.code === 'UNAUTHENTICATED',
  );
  assert.equal(client.state, 'closed');
});

test('another refusal is told with its HTTP status', async (t) => {
  const elsewhere = createHttpServer();
  elsewhere.on('upgrade', (_request, socket: Duplex) => {
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  t.after(() => elsewhere.close());
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const { port } = elsewhere.address() as AddressInfo;
  const client = makeClient(t, `ws://127.0.0.1:${port}/wrong`);
  const closed = next(client, 'close');
  const opened = client.connect();
  assert.match((await closed).reason, /HTTP status 404/);
  client.close();
  await assert.rejects(opened, TickerError);
});

test('a service that is not there is tried again until it is', async (t) => {
  const service = await startService(t);
  const { url } = service;
  const { port } = new URL(url);
  await service.stop();
  const client = makeClient(t, url);
  const failures: string[] = [];
  const twice = next(client, 'close', ({ reason }) => failures.push(reason) === 2);
  const opened = client.connect();
  await twice;
  assert.match(failures[0] ?? '', /ECONNREFUSED/);

  const later = createServer((socket) => socket.destroy());
  t.after(() => later.close());
  later.listen(Number(port), '127.0.0.1');
  await once(later, 'listening');
  await next(client, 'close', ({ reason }) => !reason.includes('ECONNREFUSED'));
  client.close();
  await assert.rejects(opened, (error) => error instanceof TickerError);
});

test('a peer that accepts and says nothing is given up', async (t) => {
  const silent = createServer();
  const sockets = new Set<{ destroy(): void }>();
  silent.on('connection', (socket) => sockets.add(socket));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const client = makeClient(t, `ws://127.0.0.1:${port}/ws/ticks`, { helloTimeoutMs: 50 });
  const closed = next(client, 'close');
  const opened = client.connect();
  assert.match((await closed).reason, /no hello in 50 ms/);
  client.close();
  await assert.rejects(opened, TickerError);
});

test('garbage and an oversized message cost the connection, not the process', async (t) => {
  let clients = 0;
  const service = await startService(t);
  const client = makeClient(t, service.url);
  await client.connect();
  for (const garbage of ['{', Buffer.alloc(64), Buffer.alloc(17 * 1024 * 1024)]) {
    clients += 1;
    const reopened = next(client, 'hello');
    service.client.socket.send(garbage);
    await reopened;
  }
  assert.equal(service.clients.length, clients + 1);
  assert.equal(client.state, 'open');
});

test('the contracts of the answer carry what a caller needs of them', async (t) => {
  const service = await startService(t, { onMessage: answerWithChain });
  const client = makeClient(t, service.url);
  await client.connect();
  const [line] = await client.subscribe({ chain: CHAIN });
  assert.deepEqual(line, {
    request: { ...CHAIN, expiry: EXPIRY },
    ok: true,
    token: 7800,
    symbol: 'NFO:NIFTY26D0123900CE',
    type: 'CE',
    strike: 23_900,
    expiry: EXPIRY,
    lot_size: 65,
    price_divisor: 100,
  });
});
