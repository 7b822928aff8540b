import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BrokerClient, upgradeAnswer } from '../support/feed/sim/broker-client.ts';
import {
  assertRun,
  HDFC_BANK,
  INFY,
  NIFTY,
  received,
  RELIANCE,
  sent,
  startKiteBench,
} from '../support/kite-bench.ts';
import { metricsUntil, readMetrics } from '../support/metrics-text.ts';
import { runTicker, temporaryFolder } from '../support/ticker-process.ts';

const TOKENS = [NIFTY, INFY, RELIANCE, HDFC_BANK];
/** Bytes of the broker's packets in each mode, tradable and index. */
const SIZES = { ltp: [8, 8], quote: [44, 28], full: [184, 32] } as const;
type Mode = keyof typeof SIZES;

function bytesOf(token: number, mode: Mode): number {
  return SIZES[mode][token === NIFTY ? 1 : 0];
}

test('packets are byte for byte what the broker sent, without a hole, in every mode', async (t) => {
  const { broker, connect } = await startKiteBench(t);
  const modes: Mode[] = ['full', 'quote', 'ltp'];
  const clients: [Mode, BrokerClient][] = [];
  for (const mode of modes) {
    const client = await connect();
    client.say('subscribe', TOKENS);
    client.say('mode', [mode, TOKENS]);
    clients.push([mode, client]);
  }
  for (const [mode, client] of clients) {
    await client.until(() => TOKENS.every((token) => received(client, token).length > 20));
    for (const token of TOKENS) {
      const packets = received(client, token).map((packet) => packet.toString('hex'));
      assertRun(packets, sent(broker, token, bytesOf(token, mode)), `${token} in mode ${mode}`);
    }
  }
  const [, full] = clients[0] ?? [];
  const kinds = new Set(full?.packets.map(({ kind }) => kind));
  assert.deepEqual([...kinds].sort(), ['full', 'index_full']);
});

test('a bare subscribe is quote mode; the mode can be changed; unsubscribe ends it', async (t) => {
  const { connect, service } = await startKiteBench(t);
  const client = await connect(`${service.url.replace('http', 'ws')}/kite/`);
  client.say('subscribe', [INFY]);
  await client.until(() => received(client, INFY).length > 2);
  assert.ok(received(client, INFY).every(({ length }) => length === 44));
  for (const [mode, [bytes]] of Object.entries(SIZES)) {
    client.say('mode', [mode, [INFY]]);
    await client.until(() => received(client, INFY).at(-1)?.length === bytes);
  }
  client.say('mode', ['full', [RELIANCE]]);
  client.say('unsubscribe', [INFY]);
  client.say('subscribe', [HDFC_BANK]);
  await client.until(() => received(client, HDFC_BANK).length > 0);
  const before = received(client, INFY).length;
  await client.until(() => received(client, HDFC_BANK).length > 5);
  assert.equal(received(client, INFY).length, before);
  assert.equal(received(client, RELIANCE).length, 0, 'a mode subscribes to nothing');
  client.end();
  const gone = await metricsUntil(service.url, (m) => m.get('ticker_kite_clients') === 0);
  assert.equal(gone.get('ticker_kite_subscriptions'), 0);
});

test('200 clients share the upstream sockets and subscriptions of one', async (t) => {
  const bench = await startKiteBench(t);
  const { broker, connect, service, url } = bench;
  const first = await connect();
  first.subscribeFull(TOKENS);
  await first.until(() => TOKENS.every((token) => received(first, token).length > 0));
  const name = 'ticker_upstream_subscribed_instruments';
  const before = await metricsUntil(service.url, (m) => (m.get(name) ?? 0) > TOKENS.length);
  const { connections } = broker;
  const limits = ['--limits', 'connections=200'];
  const { key } = await bench.createKey('--scopes', 'ticks:read', ...limits);
  const others: BrokerClient[] = [];
  for (let i = 0; i < 200; i++) {
    const client = await connect(url, key);
    client.subscribeFull(TOKENS);
    others.push(client);
  }
  for (const client of others) {
    await client.until(() => TOKENS.every((token) => received(client, token).length > 3));
  }
  const after = await metricsUntil(service.url, (m) => m.get('ticker_kite_clients') === 201);
  assert.equal(after.get('ticker_kite_subscriptions'), 201 * TOKENS.length);
  assert.equal(after.get(name), before.get(name));
  assert.equal(broker.connections, connections);
  const tooMany = await upgradeAnswer(`${url}?api_key=any&access_token=${key}`);
  assert.equal(tooMany.statusCode, 429);
  for (const client of others.slice(0, 20)) {
    for (const token of TOKENS) {
      const packets = received(client, token).map((packet) => packet.toString('hex'));
      assertRun(packets, sent(broker, token, bytesOf(token, 'full')), String(token));
    }
  }
});

test('a quiet market has heartbeats; what cannot be done is said in text frames', async (t) => {
  const { connect, fault, service } = await startKiteBench(t);
  const client = await connect();
  client.subscribeFull([INFY]);
  await client.until(() => received(client, INFY).length > 0);
  await fault({ fault: 'stop_ticks' });
  const before = client.heartbeats;
  await client.until(() => client.heartbeats >= before + 2);
  assert.deepEqual(client.binary.at(-1), Buffer.of(0));
  for (const [action, value, error] of [
    ['subscribe', [1, INFY], /UNKNOWN_INSTRUMENT: .* 1$/],
    ['subscribe', ['408065'], /tokens are numbers; 1 other/],
    ['mode', ['half', [INFY]], /"ltp", "quote" or "full"/],
    ['shout', [INFY], /subscribe, unsubscribe or mode/],
  ] as const) {
    const { length } = client.texts;
    client.say(action, value);
    await client.until(() => client.texts.length > length);
    const { type, data } = JSON.parse(client.texts.at(-1) ?? '') as { type: string; data: string };
    assert.equal(type, 'error');
    assert.match(data, error);
  }
  const metrics = await readMetrics(service.url);
  assert.equal(metrics.get('ticker_kite_messages_refused_total'), 4);
  assert.ok((metrics.get('ticker_kite_heartbeats_total') ?? 0) >= client.heartbeats);
});

test('who has no key is refused before the upgrade, and a revoked key is closed', async (t) => {
  const bench = await startKiteBench(t);
  const { service, url, environment, connect } = bench;
  const other = await bench.createKey('--scopes', 'metrics:read');
  const statuses: [string, number][] = [
    ['', 400],
    ['?api_key=sim-key-1', 400],
    ['?api_key=sim-key-1&access_token=', 400],
    ['?api_key=sim-key-1&access_token=wrong', 403],
    [`?api_key=${service.key}&access_token=sim-token-1`, 403],
    [`?api_key=any&access_token=${other.key}`, 403],
    [`?access_token=${service.key}`, 101],
  ];
  for (const [query, status] of statuses) {
    assert.equal((await upgradeAnswer(url + query)).statusCode, status, query);
  }
  const { id, key } = await bench.createKey('--scopes', 'ticks:read');
  const client = await connect(url, key);
  client.subscribeFull([INFY]);
  await client.until(() => received(client, INFY).length > 0);
  const revoked = await runTicker(['keys', 'revoke', id], environment);
  assert.equal(revoked.code, 0, revoked.errors);
  assert.equal(await client.closed, 4501);
  assert.match(client.texts.at(-1) ?? '', /"type":"error","data":"KEY_REVOKED/);
  const answer = await upgradeAnswer(`${url}?api_key=any&access_token=${key}`);
  assert.equal(answer.statusCode, 403);
  const metrics = await readMetrics(service.url);
  assert.equal(metrics.get('ticker_kite_clients_closed_total{cause="key_revoked"}'), 1);
});

test('an address that tries many keys is locked out', async (t) => {
  const { url, service } = await startKiteBench(t);
  let status: number | undefined = 403;
  for (let tries = 0; status === 403; tries++) {
    assert.ok(tries < 100, 'no end of tries');
    status = (await upgradeAnswer(`${url}?access_token=wrong-${tries}`)).statusCode;
  }
  assert.equal(status, 429);
  const right = await upgradeAnswer(`${url}?access_token=${service.key}`);
  assert.equal(right.statusCode, 429);
});

test('the key in the URL is in no log, metric or answer', async (t) => {
  const key = 'canary-of-the-kite-endpoint-0123456789';
  const wrong = 'canary-of-a-wrong-key-012345678901234567';
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'api-key'), key, { mode: 0o600 });
  const { url, service, connect, fault } = await startKiteBench(t, {
    TICKER_DATA_DIR: folder,
    TICKER_LOG_LEVEL: 'trace',
  });
  assert.equal(service.key, key);
  const client = await connect(url, key);
  client.subscribeFull([INFY]);
  client.say('nothing', []);
  await client.until(() => received(client, INFY).length > 0 && client.texts.length > 0);
  const said: string[] = [...client.texts];
  const http = service.url + '/kite';
  for (const token of [key, wrong]) {
    for (const path of [`${http}?access_token=${token}`, `${http}/x?access_token=${token}`]) {
      const answer = await fetch(path);
      said.push(await answer.text(), JSON.stringify([...answer.headers]));
    }
  }
  const refused = await upgradeAnswer(`${url}?api_key=${wrong}&access_token=${wrong}`);
  said.push(JSON.stringify(refused.headers));
  said.push(await (await fetch(`${service.url}/metrics`)).text());
  await fault({ fault: 'close' });
  await metricsUntil(service.url, (m) => {
    return (m.get('ticker_upstream_connection_events_total{event="disconnect"}') ?? 0) > 0;
  });
  said.push(service.errors());
  assert.match(service.errors(), /"path":"\/kite"/, 'the log has the request, without its query');
  for (const text of said) for (const token of [key, wrong]) assert.ok(!text.includes(token), text);
});
