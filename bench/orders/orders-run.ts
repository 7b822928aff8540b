/**
 * What the order side adds to a commit: orders at 50 a second over HTTP, without the time that the
 * broker took, beside bare commits on the same database in the same seconds; once while the market
 * is quiet and once under the standard load of ticks. A regression here that the micro benches do
 * not show is in the way from the socket to the journal and from the journal to the wire.
 */
import { createSystemClock } from '../../src/domain/clock.ts';
import { Database } from '../../src/storage/postgres/database.ts';
import type { ClientPlan } from '../fanout/receiver-messages.ts';
import { Receivers } from '../fanout/receivers.ts';
import type { HostContext } from '../harness/bench.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { listingSize, selectInstruments } from '../market/selection.ts';
import { sleep } from '../socket/load.ts';
import { scheduleTicks } from '../socket/simulator-control.ts';
import { readInstrumentCsv } from '../../src/instruments/instrument-csv.ts';
import { OrderCaller } from './order-caller.ts';
import { type OrderLoad, overheadMs, percentile, runOrderLoad } from './order-load.ts';
import { type OrdersRig, startOrdersRig } from './orders-rig.ts';
import { ordersSection } from './orders-section.ts';

interface Sizes {
  rate: number;
  durationMs: number;
  warmupMs: number;
  instruments: number;
  clients: number;
  ticksPerSecond: number;
}

const FULL: Sizes = {
  rate: 50,
  durationMs: 20_000,
  warmupMs: 3000,
  instruments: 9000,
  clients: 50,
  ticksPerSecond: 50_000,
};
const SMOKE: Sizes = {
  rate: 20,
  durationMs: 1500,
  warmupMs: 300,
  instruments: 300,
  clients: 2,
  ticksPerSecond: 500,
};
const CLIENT_INSTRUMENTS = 500;
const RECEIVERS = 2;
/** The ticks begin before the orders and end after them. */
const MARGIN_MS = 2000;
const NO_LIMITS = {
  order_value: null,
  open_value: null,
  position_value: null,
  order_quantity: null,
  daily_loss: null,
  orders_per_second: null,
  orders_per_minute: null,
  price_band_percent: null,
  duplicate_window_ms: null,
};

/** One load with what the market did meanwhile. */
export interface OrdersFigures {
  name: 'quiet market' | 'standard ticks';
  load: OrderLoad;
  jitterP99Ms: number;
}

export async function runOrders(context: HostContext): Promise<RunReport[]> {
  const sizes = context.smoke ? SMOKE : FULL;
  const rig = await startOrdersRig(context.processes, listingSize(sizes.instruments));
  const caller = new OrderCaller(rig);
  const database = new Database({
    url: rig.databaseUrl,
    clock: createSystemClock(),
    random: Math.random,
    applicationName: 'ticker-bench',
  });
  try {
    await database.sql`create table bench_commits (id bigserial primary key, body text)`;
    return [await measure(context, rig, caller, database, sizes)];
  } finally {
    caller.close();
    await database.end();
    await rig.end();
  }
}

async function measure(
  context: HostContext,
  rig: OrdersRig,
  caller: OrderCaller,
  database: Database,
  sizes: Sizes,
): Promise<RunReport> {
  const path = '/v1/risk-limits';
  const lifted = await caller.send(
    'PUT',
    path,
    rig.keys[0] ?? '',
    JSON.stringify({ scope: 'all', limits: NO_LIMITS }),
    {},
  );
  if (lifted.status !== 200) throw new Error(`limits: ${lifted.status} ${lifted.text}`);
  const { rate, durationMs, warmupMs } = sizes;
  context.progress('orders, quiet market');
  const warmUp = await runOrderLoad(rig, caller, database, { rate, durationMs: warmupMs });
  context.jitter.takeWindow();
  const quiet = await runOrderLoad(rig, caller, database, { rate, durationMs });
  const quietJitter = context.jitter.takeWindow();
  context.progress('orders, standard ticks');
  const receivers = await startClients(context, rig, sizes);
  const forMs = durationMs + 2 * MARGIN_MS;
  await scheduleTicks(rig.marketUrl, sizes.ticksPerSecond, forMs);
  await sleep(MARGIN_MS);
  context.jitter.takeWindow();
  const loaded = await runOrderLoad(rig, caller, database, { rate, durationMs });
  const loadedJitter = context.jitter.takeWindow();
  await context.processes.end(receivers.processes);
  const figures: OrdersFigures[] = [
    { name: 'quiet market', load: quiet, jitterP99Ms: quietJitter.p99Us / 1000 },
    { name: 'standard ticks', load: loaded, jitterP99Ms: loadedJitter.p99Us / 1000 },
  ];
  const verifier = new Verifier();
  const all = [warmUp, quiet, loaded];
  const placed = all.reduce((sum, { orders }) => sum + orders, 0);
  verifier.equal(
    'orders refused',
    all.reduce((sum, { refused }) => sum + refused, 0),
    0,
  );
  const ledger = await rig.ledger();
  const taken = ledger.accounts.flatMap(({ orders }) => orders.map(({ tag }) => tag));
  verifier.equal('orders of the broker', taken.length, placed);
  verifier.equal('tags of the broker', new Set(taken).size, placed);
  return {
    measurements: figures.flatMap(measurementsOf),
    checks: verifier.checks,
    notes: ['overhead: an order without the time of the broker, less a bare commit beside it'],
    ...(context.smoke ? {} : { section: ordersSection(figures, rate) }),
  };
}

function measurementsOf({ name, load }: OrdersFigures): Measurement[] {
  const rows: [string, readonly number[]][] = [
    ['order', load.total],
    ['order without the broker', load.withoutBroker],
    ['bare commit', load.commits],
    ['plain request', load.floor],
  ];
  const all = rows.flatMap(([what, values]) =>
    ([0.5, 0.99] as const).map((fraction): Measurement => {
      const value = percentile(values, fraction);
      return { name: `${name}: ${what}, p${fraction * 100}`, unit: 'ms', value };
    }),
  );
  const overhead = ([0.5, 0.99] as const).map((fraction): Measurement => {
    const value = overheadMs(load, fraction);
    return { name: `${name}: overhead, p${fraction * 100}`, unit: 'ms', value };
  });
  return [...all, ...overhead];
}

/** The clients of the standard load, who all read what comes. */
async function startClients(
  context: HostContext,
  rig: OrdersRig,
  { clients, instruments: count }: Sizes,
): Promise<Receivers> {
  const response = await fetch(`${rig.marketUrl}/instruments`);
  if (response.body === null) throw new Error('the simulator has no instruments');
  const { instruments } = await readInstrumentCsv(response.body);
  const tokens = selectInstruments(instruments, count).map(({ token }) => token);
  const { hostname, port } = new URL(rig.ticksUrl.replace(/^ws/, 'http'));
  const plans = Array.from({ length: clients }, (_unused, client): ClientPlan => {
    const step = Math.floor(tokens.length / clients);
    const own = Array.from(
      { length: Math.min(CLIENT_INSTRUMENTS, tokens.length) },
      (_none, index) => tokens[(client * step + index) % tokens.length] ?? 0,
    );
    return {
      dialect: 'ticker',
      host: hostname,
      port: Number(port),
      key: rig.keys[0] ?? '',
      tokens: own,
      mode: 'full',
      windowMs: undefined,
      isSample: false,
      mayBeSlow: true,
    };
  });
  const receivers = new Receivers(context.processes, context.smoke ? 1 : RECEIVERS);
  await receivers.connect(plans, []);
  return receivers;
}
