import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Tick } from 'kiteconnect';
import { atEnd } from '../support/at-end.ts';
import type { OrderUpdateMessage, TickerMessage } from '../support/feed/sim/kite-ticker-child.ts';
import { HDFC_BANK, INFY, RELIANCE, startKiteBench } from '../support/kite-bench.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { OrderPortCaller } from '../support/order-caller.ts';
import {
  accountsFile,
  runTicker,
  startService,
  startSimulatorProcess,
  temporaryFolder,
} from '../support/ticker-process.ts';

const CHILD = fileURLToPath(new URL('../support/feed/sim/kite-ticker-child.js', import.meta.url));

/** The official client in a process of its own. */
class OfficialTicker {
  readonly ticks: Tick[] = [];
  readonly orders: Record<string, unknown>[] = [];
  connects = 0;
  heartbeats = 0;
  readonly #child: ChildProcess;
  #exited = false;

  constructor(t: TestContext, argv: string[]) {
    this.#child = fork(CHILD, argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const exited = once(this.#child, 'exit').then(() => (this.#exited = true));
    atEnd(t, () => {
      this.#child.kill('SIGKILL');
      return exited;
    });
    type Message = TickerMessage | OrderUpdateMessage | { connected: true };
    this.#child.on('message', (message: Message) => {
      if ('connected' in message) this.connects++;
      else if ('order' in message) this.orders.push(message.order);
      else if (message.ticks.length === 0) this.heartbeats++;
      else this.ticks.push(...message.ticks);
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#exited) throw new Error('the official client has ended its process');
      await Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')]);
    }
  }

  of(token: number): Tick[] {
    return this.ticks.filter((tick) => tick.instrument_token === token);
  }
}

test('the official KiteTicker gets exactly what the simulator sent, by its own books', async (t) => {
  const { service, fault, ledger, url } = await startKiteBench(t);
  const subscriptions = { full: [INFY], quote: [RELIANCE], ltp: [HDFC_BANK] };
  const tokens = Object.values(subscriptions).flat();
  const ticker = new OfficialTicker(t, [
    ...[`${url}/`, 'whatever', service.key, JSON.stringify(subscriptions)],
  ]);
  await ticker.until(() => tokens.every((token) => ticker.of(token).length > 20));
  await fault({ fault: 'stop_ticks' });
  const { instruments } = await ledger();
  for (const [mode, [token = 0]] of Object.entries(subscriptions)) {
    const entry = instruments.find(({ instrument_token: known }) => known === token);
    assert.ok(entry !== undefined);
    const { count, last_price_sum: priceSum, volume_sum: volumeSum } = entry.deliveries;
    await ticker.until(() => ticker.of(token).length >= count);
    const ticks = ticker.of(token);
    assert.equal(ticks.length, count, `${token}: one packet for one packet`);
    assert.ok(ticks.every((tick) => tick.mode === mode));
    const paise = ticks.reduce((sum, { last_price: price }) => sum + Math.round(price * 100), 0);
    assert.equal(paise % 2 ** 32, priceSum);
    const newest = ticks.at(-1) as unknown as Record<string, unknown>;
    assert.equal(newest['last_price'], entry.last.last_price / 100);
    if (mode === 'ltp') continue;
    const volumes = ticks.map((tick) => (tick as { volume_traded?: number }).volume_traded ?? 0);
    assert.equal(volumes.reduce((sum, volume) => sum + volume, 0) % 2 ** 32, volumeSum);
    const { open, high, low, close } = entry.last.ohlc ?? assert.fail('no ohlc');
    const ohlc = { open: open / 100, high: high / 100, low: low / 100, close: close / 100 };
    assert.deepEqual(newest['ohlc'], ohlc);
    if (mode === 'quote') continue;
    const rupees = (levels: { price: number }[] = []) =>
      levels.map((level) => ({ ...level, price: level.price / 100 }));
    const { buy, sell } = entry.last.depth ?? assert.fail('no depth');
    assert.deepEqual(newest['depth'], { buy: rupees(buy), sell: rupees(sell) });
  }
  const { heartbeats } = ticker;
  await ticker.until(() => ticker.heartbeats > heartbeats + 1);
});

/** A relay in front of `port` whose connections can be cut. */
async function startRelay(t: TestContext, port: number): Promise<{ port: number; cut(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const service = connect(port, '127.0.0.1');
    for (const socket of [client, service]) {
      sockets.add(socket);
      // The other end is closed with it.
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(service).pipe(client);
    client.on('close', () => service.destroy());
    service.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  atEnd(t, () => {
    cut();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, cut };
}

test('the official KiteTicker that is cut off reconnects by itself and goes on', async (t) => {
  const { service } = await startKiteBench(t);
  const relay = await startRelay(t, Number(new URL(service.url).port));
  const ticker = new OfficialTicker(t, [
    ...[`ws://127.0.0.1:${relay.port}/kite`, 'whatever', service.key],
    ...[JSON.stringify({ full: [INFY] }), 'reconnect'],
  ]);
  await ticker.until(() => ticker.ticks.length > 3);
  relay.cut();
  await ticker.until(() => ticker.connects === 2);
  const { length } = ticker.ticks;
  await ticker.until(() => ticker.ticks.length > length + 3);
  assert.equal(ticker.ticks.at(-1)?.mode, 'full');
  const metrics = await metricsUntil(service.url, (m) => m.get('ticker_kite_clients') === 1);
  assert.equal(metrics.get('ticker_kite_clients_opened_total'), 2);
  assert.equal(metrics.get('ticker_kite_subscriptions'), 1);
});

test('the official KiteTicker gets the order updates of the accounts that its key may touch', async (t) => {
  const simulator = await startSimulatorProcess(t, [
    ...['--port', '0', '--seed', '7', '--instruments', '200', '--accounts', '2'],
  ]);
  const environment = { TICKER_DATA_DIR: temporaryFolder(t) };
  const service = await startService(t, {
    ...environment,
    TICKER_ACCOUNTS_FILE: accountsFile(t, simulator, { trading: true, count: 2 }),
  });
  const scopes = ['--scopes', 'ticks:read', '--accounts', 'SIM002', '--json'];
  const made = await runTicker(['keys', 'create', ...scopes], environment);
  const { key } = JSON.parse(made.out) as { key: string };
  await metricsUntil(service.url, (samples) => samples.get('ticker_api_keys') === 2);
  const root = `${service.url.replace('http', 'ws')}/kite`;
  const [all, second] = [service.key, key].map(
    (token) => new OfficialTicker(t, [root, 'whatever', token, '{}']),
  );
  await all?.until(() => all.connects === 1);
  await second?.until(() => second.connects === 1);
  const orders = new OrderPortCaller(service.ordersUrl, service.key);
  await orders.untilReady();
  for (const account of ['SIM001', 'SIM002']) await orders.place({ account });
  const isOver = (ticker: OfficialTicker | undefined, account: string) =>
    ticker?.orders.some((order) => order['user_id'] === account && order['status'] === 'COMPLETE');
  await all?.until(() => ['SIM001', 'SIM002'].every((account) => isOver(all, account)));
  await second?.until(() => isOver(second, 'SIM002') === true);
  assert.ok(second?.orders.every((order) => order['user_id'] === 'SIM002'));
  // Several sockets of an account tell the same: each update comes once.
  const updates = all?.orders.map((order) => JSON.stringify(order)) ?? [];
  assert.equal(new Set(updates).size, updates.length);
});
