import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeFrame, type BrokerPacket } from '../../../support/feed/sim/broker-packet.ts';
import type {
  OrderUpdateMessage,
  TickerMessage,
} from '../../../support/feed/sim/kite-ticker-child.ts';
import { OrderCaller } from '../../../support/feed/sim/order-caller.ts';
import { shares } from '../../../support/feed/sim/order-rig.ts';
import { runSimulator } from '../../../support/feed/sim/running-simulator.ts';

const CHILD = fileURLToPath(
  new URL('../../../support/feed/sim/kite-ticker-child.js', import.meta.url),
);
const NIFTY = 256_265;
const RELIANCE = 738_561;
const INFY = 408_065;
const HDFC_BANK = 341_249;

/** Runs the official ticker in a process of its own and hands over what it reports. */
async function runOfficialTicker(
  t: TestContext,
  wsUrl: string,
  subscriptions: Record<string, number[]>,
): Promise<{
  messages: TickerMessage[];
  orders: OrderUpdateMessage['order'][];
  next: () => Promise<unknown>;
}> {
  const argv = [wsUrl, 'sim-key-1', 'sim-token-1', JSON.stringify(subscriptions)];
  const child = fork(CHILD, argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const messages: TickerMessage[] = [];
  const orders: OrderUpdateMessage['order'][] = [];
  child.on('message', (message: TickerMessage | OrderUpdateMessage | { connected: true }) => {
    if ('frame' in message) messages.push(message);
    else if ('order' in message) orders.push(message.order);
  });
  const next = (): Promise<unknown> =>
    Promise.race([
      once(child, 'message'),
      exited.then(() => Promise.reject(new Error('the official ticker has ended'))),
    ]);
  await next();
  return { messages, orders, next };
}

function isoTime(epochSeconds: number | undefined): string | null {
  return epochSeconds === undefined || epochSeconds === 0
    ? null
    : new Date(epochSeconds * 1000).toISOString();
}

/** What the official client should have made of a packet. */
function expectedTick(packet: BrokerPacket): object {
  const rupees = (value = 0): number => value / 100;
  const common = { instrument_token: packet.token, last_price: rupees(packet.lastPrice) };
  if (packet.kind === 'ltp') return { ...common, tradable: true, mode: 'ltp' };
  const ohlc = {
    open: rupees(packet.open),
    high: rupees(packet.high),
    low: rupees(packet.low),
    close: rupees(packet.close),
  };
  const change = ((common.last_price - ohlc.close) * 100) / ohlc.close;
  if (packet.kind === 'index_full') {
    const timestamp = isoTime(packet.exchangeTime);
    return {
      ...common,
      tradable: false,
      mode: 'full',
      ohlc,
      change,
      exchange_timestamp: timestamp,
    };
  }
  const quote = {
    ...common,
    tradable: true,
    ohlc,
    change,
    last_traded_quantity: packet.lastQuantity,
    average_traded_price: rupees(packet.averagePrice),
    volume_traded: packet.volume,
    total_buy_quantity: packet.buyQuantity,
    total_sell_quantity: packet.sellQuantity,
  };
  if (packet.kind === 'quote') return { ...quote, mode: 'quote' };
  const levels = (side: BrokerPacket['bids'] = []): object[] =>
    side.map((level) => ({ ...level, price: rupees(level.price) }));
  return {
    ...quote,
    mode: 'full',
    last_trade_time: isoTime(packet.lastTradeTime),
    exchange_timestamp: isoTime(packet.exchangeTime),
    oi: packet.openInterest,
    oi_day_high: packet.openInterestHigh,
    oi_day_low: packet.openInterestLow,
    depth: { buy: levels(packet.bids), sell: levels(packet.offers) },
  };
}

test('the official KiteTicker receives every tick that was sent, with its values', async (t) => {
  const { simulator, clock } = await runSimulator(t, { ticksPerSecond: 400 });
  const csv = await (await fetch(`${simulator.restUrl}/instruments/NFO`)).text();
  const derivatives = csv
    .trim()
    .split('\n')
    .slice(1, 60)
    .map((row) => Number(row.split(',', 1)[0]));
  const { messages, next } = await runOfficialTicker(t, simulator.wsUrl, {
    full: [NIFTY, RELIANCE, ...derivatives],
    quote: [INFY],
    ltp: [HDFC_BANK],
  });
  const received = (): number => messages.reduce((sum, { ticks }) => sum + ticks.length, 0);
  const sent = (): number =>
    simulator.ledger().instruments.reduce((sum, { deliveries }) => sum + deliveries.count, 0);
  const subscribed = (): number => simulator.ledger().connections[0]?.subscriptions ?? 0;
  while (subscribed() < derivatives.length + 4)
    await new Promise((resolve) => setImmediate(resolve));
  clock.advance(3000);
  while (received() < sent()) await next();

  assert.ok(received() > 1100, `${received()} ticks`);
  const kinds = new Set<string>();
  for (const { frame, ticks } of messages) {
    const packets = decodeFrame(Buffer.from(frame, 'base64'));
    assert.deepEqual(ticks, packets.map(expectedTick));
    for (const { kind } of packets) kinds.add(kind);
  }
  assert.deepEqual([...kinds].sort(), ['full', 'index_full', 'ltp', 'quote']);
  for (const entry of simulator.ledger().instruments) {
    const tick = messages
      .flatMap(({ ticks }) => ticks)
      .findLast(({ instrument_token: token }) => token === entry.instrument_token);
    assert.equal(tick?.last_price, entry.last.last_price / 100);
  }
});

test('the official KiteTicker hears the heartbeats of a quiet market', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const { messages, next } = await runOfficialTicker(t, simulator.wsUrl, {});
  clock.advance(2000);
  while (messages.length < 2) await next();
  assert.deepEqual(messages, [
    { frame: 'AA==', ticks: [] },
    { frame: 'AA==', ticks: [] },
  ]);
});

test('the official ticker reports the updates of every order of its account', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const { orders, next } = await runOfficialTicker(t, simulator.wsUrl, { ltp: [NIFTY] });
  const [mine, other] = [new OrderCaller(simulator, 1), new OrderCaller(simulator, 2)];
  await other.placed(shares({ price: 1450, tag: 'other' }));
  mine.fault('limit_fills', { max_quantity: 6 });
  await mine.placed(shares({ price: 1450, tag: 'mine' }));
  clock.advance(500);
  while (orders.length < 2) await next();
  assert.deepEqual(
    orders.map((order) => [order['tag'], order['status'], order['filled_quantity']]),
    [
      ['mine', 'UPDATE', 6],
      ['mine', 'COMPLETE', 10],
    ],
  );
});
