import type { Database } from '../../src/storage/postgres/database.ts';
import { sleep } from '../socket/load.ts';
import type { OrderCaller } from './order-caller.ts';
import type { OrdersRig } from './orders-rig.ts';

/** What one stretch of orders showed; all in ms, rising. */
export interface OrderLoad {
  /** Answers other than 201. */
  refused: number;
  orders: number;
  total: number[];
  /** Of each order without the broker's own time. */
  withoutBroker: number[];
  broker: number[];
  /** Bare commits of one row, in between. */
  commits: number[];
  /** Requests that need neither journal nor broker. */
  floor: number[];
}

const MS_PER_S = 1000;
const US_PER_MS = 1000;

/** Orders at `rate`, and between each two of them a bare commit and a plain request. */
export async function runOrderLoad(
  rig: OrdersRig,
  caller: OrderCaller,
  database: Database,
  { rate, durationMs }: { rate: number; durationMs: number },
): Promise<OrderLoad> {
  const everyMs = MS_PER_S / rate;
  const placed: Promise<Awaited<ReturnType<OrderCaller['place']>>>[] = [];
  const commits: Promise<number>[] = [];
  const floor: Promise<number>[] = [];
  const startedMs = performance.now();
  for (let number = 0; number * everyMs < durationMs; number++) {
    await until(startedMs + number * everyMs);
    placed.push(caller.place());
    await until(startedMs + (number + 0.4) * everyMs);
    commits.push(commit(database));
    await until(startedMs + (number + 0.7) * everyMs);
    floor.push(caller.floorMs());
  }
  const orders = await Promise.all(placed);
  const taken = orders.filter(({ status }) => status === 201);
  const broker = new Map<string, number>();
  for (const { id } of taken) broker.set(id, await brokerMs(rig, caller, id));
  return {
    refused: orders.length - taken.length,
    orders: taken.length,
    total: rising(taken.map(({ totalMs }) => totalMs)),
    withoutBroker: rising(taken.map(({ id, totalMs }) => totalMs - (broker.get(id) ?? 0))),
    broker: rising([...broker.values()]),
    commits: rising(await Promise.all(commits)),
    floor: rising(await Promise.all(floor)),
  };
}

async function until(ms: number): Promise<void> {
  const leftMs = ms - performance.now();
  if (leftMs > 0) await sleep(leftMs);
}

async function commit(database: Database): Promise<number> {
  const startedMs = performance.now();
  await database.sql`insert into bench_commits (body) values ('one row')`;
  return performance.now() - startedMs;
}

/** From the audit record: how long the broker took, as the service saw it. */
async function brokerMs(rig: OrdersRig, caller: OrderCaller, id: string): Promise<number> {
  const path = `/v1/orders/${id}/history`;
  const { text } = await caller.send('GET', path, rig.keys[0] ?? '', null, {});
  const { events } = JSON.parse(text) as { events: { action: string; detail: unknown }[] };
  const answer = events.find(({ action }) => action === 'order.answer');
  const { evidence } = (answer?.detail ?? {}) as {
    evidence?: { sentUs: number | string; answeredUs: number | string };
  };
  if (evidence === undefined) throw new Error(`${id} has no answer in the record`);
  return (Number(evidence.answeredUs) - Number(evidence.sentUs)) / US_PER_MS;
}

function rising(values: number[]): number[] {
  return values.sort((left, right) => left - right);
}

/** `values` rise; `fraction` of them are not greater. */
export function percentile(values: readonly number[], fraction: number): number {
  const at = Math.ceil(fraction * values.length) - 1;
  return values[Math.max(0, at)] ?? 0;
}

/** What an order costs beyond the broker and one commit. */
export function overheadMs(load: OrderLoad, fraction: number): number {
  return percentile(load.withoutBroker, fraction) - percentile(load.commits, fraction);
}
