import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientEvents, TickerClient } from '../../../../src/client/client.ts';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { ServicePrices } from '../../../../src/threads/orders/service-prices.ts';
import type { TickObject } from '../../../../src/wire/messages.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';
import { settled } from '../../../support/fanout-rig.ts';

const TOKEN = 408065;
const CONTRACT = { token: TOKEN } as Parameters<ServicePrices['watch']>[0];

/** A client that connects, subscribes and ticks as the test says. */
function start() {
  const clock = new ManualClock('2026-11-24T10:00:00+05:30');
  const listeners = new Map<string, (value: unknown) => void>();
  const rig = {
    clock,
    url: '',
    calls: [] as string[],
    problems: [] as string[],
    refuses: false,
    emit: <Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]) => {
      if (name === 'state') client.state = value as ClientEvents['state'];
      listeners.get(name)?.(value);
    },
  };
  const client = {
    state: 'idle',
    on: (name: string, listener: (value: unknown) => void) => listeners.set(name, listener),
    connect: () => new Promise(() => undefined),
    subscribe: ({ instruments }: { instruments: number[] }) => {
      rig.calls.push(`subscribe ${instruments.join()}`);
      return Promise.resolve([rig.refuses ? { ok: false } : { ok: true }]);
    },
    unsubscribe: ({ instruments }: { instruments: number[] }) => {
      rig.calls.push(`unsubscribe ${instruments.join()}`);
      return Promise.resolve([]);
    },
    close: () => rig.calls.push('close'),
  };
  const prices = new ServicePrices({
    clock,
    random: () => 0.5,
    url: 'http://127.0.0.1:8080/',
    key: 'key-of-the-market-side',
    onProblem: (error) => rig.problems.push(error.code),
    createClient: ({ url }) => {
      rig.url = url;
      return client as unknown as TickerClient;
    },
  });
  return { rig, prices };
}

test('a contract is followed once, and its newest tick is the price', async () => {
  const { rig, prices } = start();
  assert.equal(rig.url, 'ws://127.0.0.1:8080/ws/ticks');
  rig.emit('state', 'open');
  assert.equal(await prices.watch(CONTRACT), true);
  assert.equal(await prices.watch(CONTRACT), true);
  assert.deepEqual(rig.calls, [`subscribe ${TOKEN}`]);
  assert.equal(prices.last(TOKEN), undefined);
  const level = (price: number) => ({ price, quantity: 1, orders: 1 });
  rig.emit('tick', {
    instrument_token: TOKEN,
    last_price: 1500,
    receive_time: 7,
    depth: { buy: [level(1499.95)], sell: [level(1500.05)] },
  } as TickObject);
  assert.deepEqual(prices.last(TOKEN), {
    lastRupees: 1500,
    bidRupees: 1499.95,
    askRupees: 1500.05,
    lowerCircuitRupees: null,
    upperCircuitRupees: null,
    receivedUs: 7,
    source: 'stream',
  });
});

test('what no order asks for any more is not followed any more', async () => {
  const { rig, prices } = start();
  rig.emit('state', 'open');
  await prices.watch(CONTRACT);
  rig.clock.advance(200_000);
  await prices.watch(CONTRACT);
  rig.clock.advance(200_000);
  assert.deepEqual(rig.calls, [`subscribe ${TOKEN}`]);
  rig.clock.advance(110_000);
  await settled();
  assert.deepEqual(rig.calls, [`subscribe ${TOKEN}`, `unsubscribe ${TOKEN}`]);
});

test('without a connection, or refused, it cannot be had, and is asked for again', async () => {
  const { rig, prices } = start();
  assert.match(prices.problem() ?? '', /not been reached/);
  assert.equal(await prices.watch(CONTRACT), false);
  rig.emit('state', 'open');
  assert.equal(prices.problem(), undefined);
  rig.refuses = true;
  assert.equal(await prices.watch(CONTRACT), false);
  rig.refuses = false;
  assert.equal(await prices.watch(CONTRACT), true);
  rig.emit('error', new TickerError('SERVICE_UNREACHABLE', 'gone'));
  rig.emit('state', 'waiting');
  assert.match(prices.problem() ?? '', /cannot be reached/);
  assert.equal(await prices.watch(CONTRACT), false);
  assert.deepEqual(rig.problems, ['SERVICE_UNREACHABLE']);
  prices.close();
  assert.equal(rig.calls.at(-1), 'close');
});
