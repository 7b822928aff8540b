import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import type { SimulatorFault } from '../../../../src/feed/sim/simulator.ts';
import { upgradeAnswer } from '../../../support/feed/sim/broker-client.ts';
import { authorization, runSimulator } from '../../../support/feed/sim/running-simulator.ts';

const NIFTY = 256_265;
const RELIANCE = 738_561;

function fault(name: SimulatorFault['fault'], rest: Partial<SimulatorFault> = {}): SimulatorFault {
  return { at_ms: 100, args: {}, fault: name, ...rest };
}

test('close ends the sockets it is aimed at, with its code, at its time', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const [first, second, other] = [await connect(1), await connect(1), await connect(2)];
  simulator.schedule([fault('close', { account: 'SIM001', socket: 2, args: { code: 4001 } })]);
  clock.advance(99);
  assert.ok(second.isOpen);
  clock.advance(1);
  assert.equal(await second.closed, 4001);
  await Promise.all([first.roundTrip(), other.roundTrip()]);
  simulator.schedule([fault('close', { at_ms: 0 })]);
  assert.deepEqual([await first.closed, await other.closed], [1001, 1001]);
});

test('terminate resets the connection without a closing handshake', async (t) => {
  const { simulator } = await runSimulator(t);
  const socket = connectTcp(Number(new URL(simulator.restUrl).port), '127.0.0.1');
  socket.write(
    'GET /?api_key=sim-key-1&access_token=sim-token-1 HTTP/1.1\r\nHost: simulator\r\n' +
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 /);
  socket.resume();
  simulator.schedule([fault('terminate', { at_ms: 0, account: 'SIM001' })]);
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
});

test('silent stops the ticks of a socket for a while, not its heartbeats', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const client = await connect();
  client.subscribeFull([NIFTY, RELIANCE]);
  await client.roundTrip();
  clock.advance(200);
  simulator.schedule([fault('silent', { at_ms: 0, args: { for_ms: 3000 } })]);
  await client.roundTrip();
  const ticks = client.packets.length;
  assert.ok(ticks > 100);
  clock.advance(2950);
  await client.roundTrip();
  assert.equal(client.packets.length, ticks);
  assert.equal(client.heartbeats, 2);
  clock.advance(200);
  await client.roundTrip();
  assert.ok(client.packets.length > ticks);
});

test('hang stops every frame and every answer while the connection stays up', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const client = await connect();
  client.subscribeFull([NIFTY]);
  await client.roundTrip();
  clock.advance(200);
  await client.roundTrip();
  simulator.schedule([fault('hang', { at_ms: 0, args: { for_ms: 10_000 } })]);
  const before = client.binary.length;
  const pong = client.roundTrip();
  const settled: string[] = [];
  const answered = pong.then(() => settled.push('pong'));
  clock.advance(9900);
  // Another connection's round trip: the simulator has had the time to answer.
  const witness = await connect(2);
  await witness.roundTrip();
  assert.equal(client.binary.length, before);
  assert.deepEqual(settled, []);
  assert.ok(client.isOpen);
  assert.equal(simulator.ledger().connections[0]?.state, 'hung');
  clock.advance(200);
  await answered;
  await client.until(() => client.binary.length > before);
});

test('refuse answers upgrades with a status for a while', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const url = `${simulator.wsUrl}?api_key=sim-key-1&access_token=sim-token-1`;
  simulator.schedule([fault('refuse', { at_ms: 0, args: { status: 503, for_ms: 1000 } })]);
  assert.equal((await upgradeAnswer(url)).statusCode, 503);
  clock.advance(1000);
  await connect();
});

test('text and bytes are sent as they stand', async (t) => {
  const { simulator, connect } = await runSimulator(t);
  const client = await connect();
  await client.until(() => client.texts.length === 2);
  const lying = '0005000800';
  simulator.schedule([
    fault('text', { at_ms: 0, args: { text: '{"type":"message","data":"halt"}' } }),
    fault('bytes', { at_ms: 0, args: { hex: lying } }),
  ]);
  await client.until(() => client.binary.length === 1);
  assert.equal(client.texts[2], '{"type":"message","data":"halt"}');
  assert.equal(client.binary[0]?.toString('hex'), lying);
});

test('rest_status replaces the answers of a route, so often and for so long', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const get = async (path: string, account = 1): Promise<[number, string]> => {
    const answer = await fetch(simulator.restUrl + path, { headers: authorization(account) });
    assert.equal(answer.headers.get('x-ticker-simulator'), '1');
    return [answer.status, await answer.text()];
  };
  const ltp = '/quote/ltp?i=NSE:RELIANCE';
  simulator.schedule([
    fault('rest_status', { at_ms: 0, route: '/quote/ltp', args: { status: 429, times: 1 } }),
    fault('rest_status', {
      at_ms: 0,
      account: 'SIM002',
      route: 'GET /user/profile',
      args: { status: 502, body: '<html>Bad gateway</html>', for_ms: 500 },
    }),
  ]);
  const [status, body] = await get(ltp);
  assert.equal(status, 429);
  assert.deepEqual(JSON.parse(body), {
    status: 'error',
    message: 'Simulated fault.',
    data: null,
    error_type: 'NetworkException',
  });
  assert.equal((await get(ltp))[0], 200);
  assert.deepEqual(await get('/user/profile', 2), [502, '<html>Bad gateway</html>']);
  assert.equal((await get('/user/profile', 1))[0], 200);
  clock.advance(500);
  assert.equal((await get('/user/profile', 2))[0], 200);
});

test('stop_ticks, start_ticks and set_rate rule the whole feed', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const client = await connect();
  client.subscribeFull([NIFTY, RELIANCE]);
  await client.roundTrip();
  const ticksIn = (durationMs: number): number => {
    const before = simulator.ledger().ticks;
    clock.advance(durationMs);
    return simulator.ledger().ticks - before;
  };
  assert.ok(ticksIn(1000) > 900);
  simulator.schedule([fault('stop_ticks', { at_ms: 0 })]);
  assert.equal(ticksIn(2000), 0);
  simulator.schedule([fault('start_ticks', { at_ms: 0 })]);
  assert.ok(ticksIn(1000) > 900);
  simulator.schedule([fault('set_rate', { at_ms: 0, args: { ticks_per_second: 50 } })]);
  assert.ok(ticksIn(1000) <= 51);
});

test('market_move makes the price jump', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const client = await connect();
  client.subscribeFull([NIFTY]);
  await client.roundTrip();
  clock.advance(100);
  simulator.schedule([
    fault('market_move', { at_ms: 0, args: { percent: -5, underlying: 'NIFTY' } }),
  ]);
  clock.advance(100);
  await client.roundTrip();
  const prices = client.packets.map(({ lastPrice }) => lastPrice);
  const fall = prices.at(-1)! / prices[0]! - 1;
  assert.ok(Math.abs(fall + 0.05) < 0.002, `${fall}`);
});

test('expire_token ends the session: 403 from then on, open sockets by choice', async (t) => {
  const { simulator, connect } = await runSimulator(t);
  const [kept, ended] = [await connect(1), await connect(2)];
  simulator.schedule([
    fault('expire_token', { at_ms: 0, account: 'SIM001' }),
    fault('expire_token', { at_ms: 0, account: 'SIM002', args: { close_sockets: true } }),
  ]);
  await ended.closed;
  await kept.roundTrip();
  for (const account of [1, 2]) {
    const answer = await fetch(`${simulator.restUrl}/user/profile`, {
      headers: authorization(account),
    });
    assert.equal(answer.status, 403);
    assert.equal(((await answer.json()) as { error_type: string }).error_type, 'TokenException');
    const url = `${simulator.wsUrl}?api_key=sim-key-${account}&access_token=sim-token-${account}`;
    assert.equal((await upgradeAnswer(url)).statusCode, 403);
  }
});

test('connection_limit can drop the oldest connection or allow any number', async (t) => {
  const { simulator, connect } = await runSimulator(t, {
    script: [fault('connection_limit', { at_ms: 0, args: { policy: 'drop_oldest', limit: 1 } })],
  });
  const first = await connect();
  const second = await connect();
  assert.equal(await first.closed, 1008);
  await second.roundTrip();
  simulator.schedule([fault('connection_limit', { at_ms: 0, args: { policy: 'allow' } })]);
  for (let count = 0; count < 5; count++) await connect();
  await second.roundTrip();
});

test('faults arrive over HTTP too, and a bad script is refused as a whole', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const client = await connect();
  const post = (script: unknown): Promise<Response> =>
    fetch(`${simulator.restUrl}/sim/faults`, { method: 'POST', body: JSON.stringify(script) });
  const bad = await post([fault('close', { at_ms: 0 }), { at_ms: 0, fault: 'explode' }]);
  assert.equal(bad.status, 400);
  assert.match(((await bad.json()) as { message: string }).message, /entry 2/);
  const unknown = await post([fault('close', { at_ms: 0, account: 'SIM077' })]);
  assert.equal(unknown.status, 400);
  await client.roundTrip();
  assert.equal((await post([fault('close', { at_ms: 50 })])).status, 200);
  clock.advance(50);
  await client.closed;
  const applied = simulator.ledger().faults.map((entry) => entry.fault.fault);
  assert.deepEqual(applied, ['close']);
});
