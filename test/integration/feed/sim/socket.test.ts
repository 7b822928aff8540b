import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { startSimulator } from '../../../../src/feed/sim/simulator.ts';
import type { BrokerPacket } from '../../../support/feed/sim/broker-packet.ts';
import { upgradeAnswer } from '../../../support/feed/sim/broker-client.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';
import { runSimulator } from '../../../support/feed/sim/running-simulator.ts';

const NIFTY = 256_265;
const RELIANCE = 738_561;
const HEADER = 'x-ticker-simulator';

function tokensOf(csv: string): number[] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => Number(row.split(',', 1)[0]));
}

function byToken(packets: readonly BrokerPacket[]): Map<number, BrokerPacket[]> {
  const grouped = new Map<number, BrokerPacket[]>();
  for (const packet of packets) {
    const list = grouped.get(packet.token);
    if (list === undefined) grouped.set(packet.token, [packet]);
    else list.push(packet);
  }
  return grouped;
}

test('a connection is greeted by two text frames before any tick', async (t) => {
  const { connect: join } = await runSimulator(t);
  const client = await join();
  await client.until(() => client.texts.length === 2);
  const [meta, appCode] = client.texts.map((text) => JSON.parse(text) as Record<string, unknown>);
  assert.equal(meta?.['type'], 'instruments_meta');
  assert.equal((meta['data'] as { count: number }).count, 200);
  assert.deepEqual(appCode, { type: 'app_code', timestamp: '2026-09-10T10:00:00+05:30' });
  assert.deepEqual(client.binary, []);
});

test('the upgrade names the simulator, accepted or refused', async (t) => {
  const { simulator } = await runSimulator(t, {
    script: [{ at_ms: 0, account: 'SIM002', fault: 'refuse', args: { status: 503 } }],
  });
  for (const [query, status] of [
    ['?api_key=sim-key-1&access_token=sim-token-1', 101],
    ['?api_key=sim-key-1&access_token=wrong', 403],
    ['?api_key=nobody&access_token=sim-token-1', 403],
    ['?api_key=sim-key-1', 400],
    ['', 400],
    ['other?api_key=sim-key-1&access_token=sim-token-1', 404],
    ['?api_key=sim-key-2&access_token=sim-token-2', 503],
  ] as const) {
    const answer = await upgradeAnswer(simulator.wsUrl + query);
    assert.equal(answer.statusCode, status, query);
    assert.equal(answer.headers[HEADER], '1', query);
  }
  const refused = simulator.ledger().refused.map(({ account, status }) => [account, status]);
  assert.deepEqual(refused[0], ['SIM001', 403]);
  assert.equal(refused.length, 6);
});

test('an upgrade that is not one of WebSocket is answered 400 with the header', async (t) => {
  const { simulator } = await runSimulator(t);
  const { port } = new URL(simulator.restUrl);
  const head = (extra: string): string =>
    'GET /?api_key=sim-key-1&access_token=sim-token-1 HTTP/1.1\r\n' +
    `Host: simulator\r\nConnection: Upgrade\r\n${extra}\r\n`;
  const requests = [
    head('Upgrade: h2c\r\n'),
    head('Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n'),
    'NONSENSE\r\n\r\n',
  ];
  for (const request of requests) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(request);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /\r\nX-Ticker-Simulator: 1\r\n/);
  }
});

test('a fourth connection of a key is refused with 429, other keys are not affected', async (t) => {
  const { simulator, connect: join } = await runSimulator(t);
  const first = await join();
  await join();
  await join();
  const refused = await upgradeAnswer(
    `${simulator.wsUrl}?api_key=sim-key-1&access_token=sim-token-1`,
  );
  assert.equal(refused.statusCode, 429);
  await join(2);
  first.end();
  await first.closed;
  const isFree = (): boolean => simulator.ledger().connections[0]?.closed_us !== null;
  while (!isFree()) await new Promise((resolve) => setImmediate(resolve));
  await join();
});

test('the ledger equals what a client received: packets, sums and last values', async (t) => {
  const { simulator, clock, connect: join } = await runSimulator(t, { ticksPerSecond: 5000 });
  const tokens = tokensOf(await (await fetch(`${simulator.restUrl}/instruments`)).text());
  const client = await join();
  const other = await join(2);
  client.subscribeFull(tokens);
  other.say('subscribe', tokens.slice(0, 50));
  await Promise.all([client.roundTrip(), other.roundTrip()]);
  for (let round = 0; round < 20; round++) clock.advance(100);
  await Promise.all([client.roundTrip(), other.roundTrip()]);

  const answer = await fetch(`${simulator.restUrl}/sim/ledger`);
  const ledger = (await answer.json()) as ReturnType<typeof simulator.ledger>;
  assert.deepEqual(ledger, JSON.parse(JSON.stringify(simulator.ledger())));
  assert.ok(ledger.ticks > 9800 && ledger.ticks <= 10_000);
  assert.equal(ledger.instruments.length, tokens.length);

  const sum = (values: number[]): number =>
    values.reduce((total, value) => (total + value) >>> 0, 0);
  const [clientPackets, otherPackets] = [byToken(client.packets), byToken(other.packets)];
  for (const entry of ledger.instruments) {
    const mine = clientPackets.get(entry.instrument_token) ?? [];
    const all = [...mine, ...(otherPackets.get(entry.instrument_token) ?? [])];
    assert.equal(mine.length, entry.ticks.count + 1, 'a snapshot, then every tick');
    assert.equal(all.length, entry.deliveries.count);
    assert.equal(sum(all.map(({ lastPrice }) => lastPrice)), entry.deliveries.last_price_sum);
    assert.equal(sum(all.map(({ volume = 0 }) => volume)), entry.deliveries.volume_sum);
    const ticks = mine.slice(1);
    assert.equal(sum(ticks.map(({ lastPrice }) => lastPrice)), entry.ticks.last_price_sum);
    assert.equal(sum(ticks.map(({ volume = 0 }) => volume)), entry.ticks.volume_sum);
    const last = mine.at(-1)!;
    assert.equal(last.lastPrice, entry.last.last_price);
    assert.equal(last.volume, entry.last.volume);
    assert.equal(last.exchangeTime, entry.last.exchange_timestamp);
    assert.deepEqual(
      last.bids,
      entry.last.depth?.buy.map(({ price, quantity, orders }) => ({ quantity, price, orders })),
    );
    assert.equal(last.close, entry.last.ohlc?.close);
    if (last.bids === undefined || last.offers === undefined) continue;
    const fairPaise = entry.truth!.theoretical_price * 100;
    assert.ok(last.bids[0]!.price <= fairPaise && fairPaise <= last.offers[0]!.price);
  }
  const [connection] = ledger.connections;
  assert.equal(connection?.account, 'SIM001');
  assert.equal(connection.subscriptions, tokens.length);
  assert.equal(connection.packets, client.packets.length);
  assert.equal(connection.frames, client.binary.length);
  assert.equal(
    connection.bytes,
    client.binary.reduce((size, frame) => size + frame.length, 0),
  );
});

test('two simulators with one seed and clock send the same bytes over their sockets', async (t) => {
  const received: Buffer[][] = [];
  for (const seed of [4, 4, 5]) {
    const { clock, connect: join } = await runSimulator(t, { seed });
    const client = await join();
    client.subscribeFull([NIFTY, RELIANCE]);
    await client.roundTrip();
    clock.advance(2000);
    await client.roundTrip();
    received.push(client.binary);
  }
  assert.ok(received[0]!.length > 30);
  assert.deepEqual(received[0], received[1]);
  assert.notDeepEqual(received[0], received[2]);
});

test('an idle connection hears a heartbeat every second', async (t) => {
  const { clock, connect: join } = await runSimulator(t);
  const client = await join();
  clock.advance(3000);
  await client.roundTrip();
  assert.deepEqual(client.binary, [Buffer.of(0), Buffer.of(0), Buffer.of(0)]);
});

test('a message beyond 1 MiB closes the connection with 1009', async (t) => {
  const { connect: join } = await runSimulator(t);
  const client = await join();
  client.say('subscribe', 'x'.repeat(1024 * 1024));
  assert.equal(await client.closed, 1009);
});

test('close says goodbye with 1001 and frees the port', async (t) => {
  const { simulator, connect: join } = await runSimulator(t);
  const client = await join();
  await simulator.close();
  assert.equal(await client.closed, 1001);
  await assert.rejects(fetch(`${simulator.restUrl}/instruments`));
});

test('close resets clients that do not answer', async (t) => {
  const { simulator, clock, connect: join } = await runSimulator(t);
  const hung = await join();
  const deaf = await join();
  simulator.schedule([{ at_ms: 0, socket: 1, fault: 'hang', args: {} }]);
  deaf.stopReading();
  const closing = simulator.close();
  clock.advance(500);
  await closing;
  assert.equal(await hung.closed, 1006);
});

test('a port in use is PORT_IN_USE, a bad option CONFIG_INVALID naming it', async (t) => {
  const { simulator } = await runSimulator(t);
  const options = {
    clock: new ManualClock('2026-09-10T10:00:00+05:30'),
    host: '127.0.0.1',
    port: Number(new URL(simulator.restUrl).port),
    seed: 1,
    instruments: 10,
    ticksPerSecond: 10,
    accounts: 1,
  };
  const refusal = async (changes: object): Promise<TickerError> => {
    try {
      await (await startSimulator({ ...options, ...changes })).close();
    } catch (error) {
      assert.ok(error instanceof TickerError);
      return error;
    }
    assert.fail('started');
  };
  const taken = await refusal({});
  assert.equal(taken.code, 'PORT_IN_USE');
  assert.ok(taken.detail.includes(String(options.port)));
  for (const [changes, named] of [
    [{ port: 70_000 }, /port/],
    [{ instruments: 0 }, /instruments/],
    [{ ticksPerSecond: 200_001 }, /ticks per second/],
    [{ ticksPerSecond: 0.5 }, /ticks per second/],
    [{ accounts: 0 }, /accounts/],
    [{ seed: Number.NaN }, /seed/],
    [{ port: 0, host: '192.0.2.1' }, /192\.0\.2\.1/],
    [
      { port: 0, script: [{ at_ms: 0, account: 'SIM009', fault: 'close', args: {} }] },
      /entry 1.*SIM009/,
    ],
  ] as const) {
    const error = await refusal(changes);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.detail, named);
  }
});
