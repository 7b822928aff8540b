/** Clients that do not read at all, until the service has had enough of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrokerClient } from '../support/feed/sim/broker-client.ts';
import { received, startKiteBench } from '../support/kite-bench.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { startService } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

const HANG = { timeout: 120_000 };
const OVERLOAD = 1013;
const CUT = 1006;
const FROZEN = 8;
/** Messages of each; a client may send 200 at once. */
const ASKED = 150;
const CHAIN = { underlying: 'NIFTY', strikes: 'all' };

test(
  'those with the most unread bytes are closed with 1013 when all together have too much',
  HANG,
  async (t) => {
    const service = await startService(t, {
      TICKER_SIM_INSTRUMENTS: '500',
      TICKER_TOTAL_BUFFER_BYTES: '1048576',
    });
    const connect = () => TicksClient.connect(t, service.ticksUrl, service.key);
    const wish = { type: 'subscribe', chain: CHAIN, mode: 'full', greeks: true };
    const reader = await connect();
    await reader.request({ ...wish, policy: 'lossless' });
    const frozen = await Promise.all(Array.from({ length: FROZEN }, connect));
    for (const { socket } of frozen) socket.pause();
    // They ask again and again for what they do not read: buffers fill much faster than by ticks.
    for (const { socket } of frozen) {
      for (let id = 1; id <= ASKED; id++) socket.send(JSON.stringify({ id, ...wish }));
    }
    const tooSlow = 'ticker_clients_closed_total{cause="too_slow"}';
    await metricsUntil(service.url, (metrics) => (metrics.get(tooSlow) ?? 0) > 0);
    for (const { socket } of frozen) socket.resume();
    const code = await Promise.race(frozen.map(({ closed }) => closed));
    assert.equal(code, OVERLOAD);
    // Who reads has everything and goes on.
    await reader.nextTick(() => true);
    assert.equal(reader.messages.filter(({ type }) => type === 'gap').length, 0);
    const metrics = await metricsUntil(service.url, () => true);
    assert.ok((metrics.get('ticker_clients') ?? 0) >= 1);
  },
);

test('a client of /kite that reads nothing for 30 s is cut off; others go on', HANG, async (t) => {
  // Half a minute of the service's clock is three seconds.
  const { service, connect } = await startKiteBench(t, { TICKER_CLOCK_SPEED: '10' });
  const answer = await fetch(`${service.url}/v1/instruments?exchange=NFO&limit=150`, {
    headers: { Authorization: `Bearer ${service.key}` },
  });
  const listed = (await answer.json()) as { instruments: { instrument_token: number }[] };
  const tokens = listed.instruments.map(({ instrument_token: token }) => token);
  const [stuck, other] = [await connect(), await connect()];
  stuck.subscribeFull(tokens);
  other.subscribeFull(tokens);
  const hasAll = (client: BrokerClient) =>
    tokens.every((each) => received(client, each).length > 0);
  await stuck.until(() => hasAll(stuck));
  await other.until(() => hasAll(other));
  stuck.stopReading();
  const conflated = 'ticker_kite_packets_conflated_total';
  await metricsUntil(service.url, (metrics) => {
    stuck.say('subscribe', tokens);
    return (metrics.get(conflated) ?? 0) > 100;
  });
  const tooSlow = 'ticker_kite_clients_closed_total{cause="too_slow"}';
  await metricsUntil(service.url, (metrics) => metrics.get(tooSlow) === 1);
  stuck.readAgain();
  assert.equal(await stuck.closed, CUT, 'without a close frame, as the broker does');
  const [token = 0] = tokens;
  const { length } = received(other, token);
  await other.until(() => received(other, token).length > length + 3);
});
