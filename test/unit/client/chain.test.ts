import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionChainView, type ChainListeners } from '../../../src/client/chain.ts';
import { GREEKS_STATUS } from '../../../src/domain/status.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import type { ChainRequest, SubscriptionResult } from '../../../src/wire/messages.ts';
import { ClientBench, rejectsWith } from '../../support/client/client-bench.ts';
import {
  chainContracts,
  contractTick,
  EXPIRY,
  FORWARD,
  SPOT_CONTRACT,
  spotTick,
} from '../../support/client/fake-chain.ts';
import { writeCompact } from '../../support/wire/narrow.ts';
import { UNDEFINED_GREEKS, writeTick, type RawTick } from '../../support/wire/sample-tick.ts';

const REQUEST = { underlying: 'NIFTY', strikes: 2 };
const CONTRACTS = chainContracts(2, REQUEST);
const KEY = { ...REQUEST, expiry: EXPIRY };

function compactFrame(...ticks: RawTick[]): Uint8Array {
  const source = new TickFrameBuffer('tick', 1, 1, 0);
  const buffer = new TickFrameBuffer('compact', ticks.length, 1, 0);
  for (const [index, tick] of ticks.entries()) {
    writeTick(source, 0, tick);
    writeCompact(source, 0, buffer, index * 128);
  }
  return buffer.finish(ticks.length, 1, 1);
}

function quoteFrame(tick: RawTick): Uint8Array {
  const buffer = new TickFrameBuffer('quote', 1, 1, 0);
  writeTick(buffer, 0, tick);
  return buffer.finish(1, 1, 1);
}

interface ChainBench {
  bench: ClientBench;
  view: OptionChainView;
  opened: Promise<void>;
  heard: string[];
}

async function setUp(request: ChainRequest = REQUEST): Promise<ChainBench> {
  const bench = new ClientBench();
  await bench.open();
  const heard: string[] = [];
  const listeners: ChainListeners = {
    rows: () => heard.push('rows'),
    leg: (row, side) => heard.push(`${row.strike} ${side}`),
    spot: () => heard.push('spot'),
  };
  const view = new OptionChainView(bench.client, request, listeners);
  return { bench, view, opened: view.open(), heard };
}

function answer(bench: ClientBench, chain: SubscriptionResult[] = CONTRACTS): void {
  for (const message of [...bench.socket.sent]) {
    if (message.type !== 'subscribe') continue;
    const results = message.chain === undefined ? [SPOT_CONTRACT] : chain;
    bench.socket.say({ id: message.id, type: 'subscribed', results });
  }
}

function strikes(view: OptionChainView): number[] {
  return view.rows.map((row) => row.strike);
}

test('a chain is asked for in mode compact with Greeks, its underlying in mode quote', async () => {
  const { bench, opened } = await setUp();
  assert.deepEqual(
    bench.socket.sent.map(({ id: _, ...message }) => message),
    [
      { type: 'subscribe', chain: REQUEST, mode: 'compact', greeks: true },
      { type: 'subscribe', instruments: ['NSE:NIFTY 50'], mode: 'quote' },
    ],
  );
  answer(bench);
  await opened;
});

test('rows are by rising strike, and ticks that come with the answer are taken', async () => {
  const { bench, view, opened } = await setUp();
  // No turn of the event loop between the answer and its snapshots.
  answer(bench, [...CONTRACTS].reverse());
  bench.socket.sayBytes(compactFrame(...CONTRACTS.map((contract) => contractTick(contract, 1))));
  bench.socket.sayBytes(quoteFrame(spotTick(1)));
  await opened;
  assert.deepEqual(strikes(view), [23_950, 24_000, 24_050, 24_100, 24_150]);
  for (const row of view.rows) {
    assert.equal(row.call?.tick?.instrument_token, row.call?.token);
    assert.equal(row.put?.tick?.instrument_token, row.put?.token);
    assert.equal(row.put?.lotSize, 65);
  }
  assert.equal(view.expiry, EXPIRY);
  assert.equal(view.spot?.last_price, 24_035.05);
  assert.equal(view.forward, FORWARD);
  assert.equal(view.atmStrike, 24_050);
  assert.equal(view.isSimulated, true);
});

test('before there is a forward the strike nearest to the spot is at the money', async () => {
  const { bench, view, opened } = await setUp();
  assert.equal(view.atmStrike, undefined);
  answer(bench);
  await opened;
  bench.socket.sayBytes(quoteFrame(spotTick(1, { lastPrice: 2_399_000 })));
  assert.equal(view.atmStrike, 24_000);
});

test('it is complete when every contract has a value and no Greeks are on their way', async () => {
  const { bench, view, opened } = await setUp();
  assert.equal(view.isComplete, false);
  answer(bench);
  await opened;
  bench.socket.sayBytes(quoteFrame(spotTick(1)));
  const [first, ...others] = CONTRACTS;
  bench.socket.sayBytes(compactFrame(...others.map((contract) => contractTick(contract, 1))));
  assert.equal(view.isComplete, false);
  const late = { ...UNDEFINED_GREEKS, status: GREEKS_STATUS.GREEKS_LATE };
  bench.socket.sayBytes(compactFrame(contractTick(first!, 1, late)));
  assert.equal(view.isComplete, false);
  const none = { ...UNDEFINED_GREEKS, status: GREEKS_STATUS.NO_QUOTE };
  bench.socket.sayBytes(compactFrame(contractTick(first!, 2, none)));
  assert.equal(view.isComplete, true);
});

test('each tick is heard with its row and side', async () => {
  const { bench, view, opened, heard } = await setUp();
  answer(bench);
  await opened;
  heard.length = 0;
  bench.socket.sayBytes(compactFrame(contractTick(CONTRACTS[0]!, 1)));
  bench.socket.sayBytes(compactFrame(contractTick(CONTRACTS[0]!, 2)));
  bench.socket.sayBytes(compactFrame(contractTick(CONTRACTS[3]!, 1)));
  bench.socket.sayBytes(compactFrame({ instrumentToken: 5 }));
  bench.socket.sayBytes(quoteFrame(spotTick(1)));
  assert.deepEqual(heard, ['23950 call', '23950 call', '24000 put', 'spot']);
  assert.equal(view.rows[0]?.call?.tick?.instrument_sequence, 2);
});

test('the window follows the money', async () => {
  const { bench, view, opened, heard } = await setUp();
  answer(bench);
  await opened;
  heard.length = 0;
  const added = chainContracts(3, REQUEST).slice(-2);
  const removed = CONTRACTS.slice(0, 2).map((contract) => contract.token);
  bench.socket.say({ type: 'chain_changed', chain: KEY, added, removed });
  assert.deepEqual(strikes(view), [24_000, 24_050, 24_100, 24_150, 24_200]);
  assert.deepEqual(heard, ['rows']);
  for (const other of [
    { ...KEY, expiry: '2026-12-08' },
    { ...KEY, strikes: 5 },
    { ...KEY, underlying: 'BANKNIFTY' },
  ]) {
    bench.socket.say({
      type: 'chain_changed',
      chain: other,
      added: [],
      removed: [added[0]!.token],
    });
  }
  assert.equal(heard.length, 1);
});

test('after a reconnect the new window replaces the old one', async () => {
  const { bench, view, opened } = await setUp();
  answer(bench);
  await opened;
  bench.socket.sayBytes(compactFrame(contractTick(CONTRACTS[9]!, 7)));
  bench.reconnectWithoutResume();
  answer(bench, chainContracts(4, REQUEST).slice(6));
  assert.deepEqual(strikes(view), [24_000, 24_050, 24_100, 24_150, 24_200, 24_250]);
  assert.equal(view.rows[3]?.put?.tick?.instrument_sequence, 7, 'kept what it knew');
});

for (const [name, recovered] of [
  ['recovers', true],
  ['does not recover', false],
] as const) {
  test(`a resume that ${name} leaves the chain current, its window moved meanwhile`, async () => {
    const { bench, view, opened } = await setUp();
    answer(bench);
    await opened;
    const each = (count: number, chain = CONTRACTS) => {
      bench.socket.sayBytes(compactFrame(...chain.map((line) => contractTick(line, count))));
      bench.socket.sayBytes(quoteFrame(spotTick(count)));
    };
    each(7);
    bench.reconnect({ sequence: recovered ? 0 : 1 });
    const moved = chainContracts(3, REQUEST).slice(4);
    const { id, subscriptions } = bench.socket.last('resume');
    assert.deepEqual(subscriptions, [
      { chain: REQUEST, mode: 'compact', greeks: true },
      { instruments: ['NSE:NIFTY 50'], mode: 'quote' },
    ]);
    bench.socket.say({ id, type: 'resumed', recovered, results: [...moved, SPOT_CONTRACT] });
    assert.deepEqual(strikes(view), [24_000, 24_050, 24_100, 24_150, 24_200]);
    assert.equal(view.rows[0]?.put?.tick?.instrument_sequence, 7, 'kept what it knew');
    assert.equal(view.rows[4]?.put?.tick, undefined);
    if (recovered) {
      each(8, moved.slice(0, -2));
      bench.socket.say({ type: 'replay_completed', through: 8 });
      // The new strike has not ticked: its value has to be asked for.
      const again = bench.socket.last('subscribe');
      assert.deepEqual(again.chain, REQUEST);
      bench.socket.say({ id: again.id, type: 'subscribed', results: moved });
    }
    const snapshots = moved.map((line) => contractTick(line, 8, { flags: 9 }));
    bench.socket.sayBytes(compactFrame(...snapshots));
    bench.socket.sayBytes(quoteFrame(spotTick(8, { flags: 9 })));
    for (const row of view.rows) {
      assert.equal(row.call?.tick?.instrument_sequence, 8);
      assert.equal(row.put?.tick?.instrument_sequence, 8);
    }
    assert.equal(view.spot?.instrument_sequence, 8);
    assert.equal(view.isComplete, true);
    assert.deepEqual(bench.heard.gap, []);
  });
}

test('strikes by delta: the window is what the service makes of them', async () => {
  const request = { underlying: 'NIFTY', strikes: { delta: [0.1, 0.9] as [number, number] } };
  const { bench, view, opened } = await setUp(request);
  assert.deepEqual(bench.socket.last('subscribe').instruments, ['NSE:NIFTY 50']);
  const contracts = chainContracts(1, request);
  answer(bench, contracts);
  await opened;
  const chain = { ...request, strikes: { delta: [0.1, 0.9] as [number, number] }, expiry: EXPIRY };
  const added = chainContracts(2, request).slice(-2);
  const removed = contracts.slice(0, 2).map((contract) => contract.token);
  bench.socket.say({ type: 'chain_changed', chain, added, removed });
  assert.deepEqual(strikes(view), [24_050, 24_100, 24_150]);
  const other = { ...chain, strikes: { delta: [0.2, 0.8] as [number, number] } };
  bench.socket.say({ type: 'chain_changed', chain: other, added: [], removed: [added[0]!.token] });
  assert.equal(view.rows.length, 3);
  bench.reconnect();
  const { id, subscriptions } = bench.socket.last('resume');
  assert.deepEqual(subscriptions[0]?.chain, request);
  const results = [...contracts, SPOT_CONTRACT];
  bench.socket.say({ id, type: 'resumed', recovered: true, results });
  assert.deepEqual(strikes(view), [24_000, 24_050, 24_100]);
});

test('when the nearest expiry is another one after a reconnect, nothing of the old one stays', async () => {
  const { bench, view, opened } = await setUp();
  answer(bench);
  await opened;
  bench.socket.sayBytes(compactFrame(contractTick(CONTRACTS[0]!, 1)));
  assert.equal(view.forward, FORWARD);
  bench.reconnect({ epoch: '0000000000000002' });
  const next = CONTRACTS.map((line) => ({
    ...line,
    token: line.token + 100_000,
    request: { ...REQUEST, expiry: '2026-12-08' },
    expiry: '2026-12-08',
  }));
  answer(bench, next);
  assert.equal(view.expiry, '2026-12-08');
  assert.equal(view.forward, undefined);
  assert.equal(view.rows[0]?.call?.token, next[0]!.token);
});

test('a chain that does not exist rejects, one without its underlying does not', async () => {
  const refused = await setUp({ underlying: 'NIFTY', strikes: 2 });
  for (const message of [...refused.bench.socket.sent]) {
    const code = 'UNKNOWN_UNDERLYING';
    refused.bench.socket.say({ type: 'error', id: message.id, code, detail: 'no' });
  }
  await rejectsWith(refused.opened, 'UNKNOWN_UNDERLYING');
  const { length } = refused.bench.socket.sent;
  await refused.view.close();
  assert.equal(refused.bench.socket.sent.length, length, 'nothing to end');

  const { bench, view, opened } = await setUp();
  for (const message of [...bench.socket.sent]) {
    if (message.type !== 'subscribe') continue;
    const { id } = message;
    const failed = { request: 'NSE:NIFTY 50', ok: false as const, code: 'UNKNOWN_INSTRUMENT' };
    const results = message.chain === undefined ? [failed] : CONTRACTS;
    bench.socket.say({ id, type: 'subscribed', results });
  }
  await opened;
  assert.equal(view.rows.length, 5);
});

test('close ends both subscriptions and hears nothing more', async () => {
  const { bench, view, opened, heard } = await setUp();
  answer(bench);
  await opened;
  const closed = view.close();
  for (const { id, type } of [...bench.socket.sent]) {
    if (type === 'unsubscribe') bench.socket.say({ id, type: 'unsubscribed', results: [] });
  }
  await closed;
  const ended = bench.socket.sent.filter((message) => message.type === 'unsubscribe');
  assert.deepEqual(
    ended.map(({ id: _, ...message }) => message),
    [
      { type: 'unsubscribe', chain: REQUEST },
      { type: 'unsubscribe', instruments: ['NSE:NIFTY 50'] },
    ],
  );
  heard.length = 0;
  bench.socket.sayBytes(compactFrame(contractTick(CONTRACTS[0]!, 1)));
  assert.deepEqual(heard, []);
});
