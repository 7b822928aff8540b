import assert from 'node:assert/strict';
import { test } from 'node:test';
import { received, sent, startKiteBench } from '../support/kite-bench.ts';
import { metricsUntil, readMetrics } from '../support/metrics-text.ts';

test('who does not read gets the newest packets later; others notice nothing', async (t) => {
  const { service, broker, connect, fault } = await startKiteBench(t);
  const answer = await fetch(`${service.url}/v1/instruments?exchange=NFO&limit=150`, {
    headers: { Authorization: `Bearer ${service.key}` },
  });
  const listed = (await answer.json()) as { instruments: { instrument_token: number }[] };
  const tokens = listed.instruments.map(({ instrument_token: token }) => token);
  assert.equal(tokens.length, 150);
  const [slow, other] = [await connect(), await connect()];
  slow.subscribeFull(tokens);
  other.subscribeFull(tokens);
  const [token = 0] = tokens;
  await slow.until(() => tokens.every((each) => received(slow, each).length > 0));
  slow.stopReading();
  // Asks again and again for what it does not read: much faster to fill buffers than by ticks.
  const conflated = 'ticker_kite_packets_conflated_total';
  await metricsUntil(service.url, (metrics) => {
    slow.say('subscribe', tokens);
    return (metrics.get(conflated) ?? 0) > 100;
  });
  const { length } = received(other, token);
  await other.until(() => received(other, token).length > length + 3);
  // The gauge is brought up to date once a second.
  const gauge = 'ticker_kite_buffered_bytes';
  await metricsUntil(service.url, (metrics) => (metrics.get(gauge) ?? 0) > 262_144);
  const buffered = (await readMetrics(service.url)).get(gauge) ?? 0;
  assert.ok(buffered < 400_000, `${buffered} bytes`);

  await fault({ fault: 'stop_ticks' });
  slow.readAgain();
  const newest = (each: number) => received(slow, each).at(-1) ?? Buffer.of();
  const wanted = (each: number) => broker.packets.get(each)?.at(-1) ?? Buffer.of();
  await slow.until(() => tokens.every((each) => newest(each).equals(wanted(each))));
  for (const each of tokens) {
    const whole = sent(broker, each, 184);
    let at = 0;
    for (const packet of received(slow, each)) {
      at = whole.indexOf(packet.toString('hex'), at);
      assert.ok(at >= 0, `${each}: a packet that was never sent, or out of order`);
    }
  }
});
