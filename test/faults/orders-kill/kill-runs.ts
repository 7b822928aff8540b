import { Random } from '../../../src/feed/sim/random.ts';
import { judgeLedger } from '../orders/ledger-judge.ts';
import { readBelief, type ShownOrder } from './kill-belief.ts';
import { type KillAsk, KillClient, rest } from './kill-client.ts';
import { killFaults } from './kill-faults.ts';
import { KillRig } from './kill-rig.ts';

const CLIENTS = 3;
/** The service is killed so long after it takes orders, at most. */
const LONGEST_LIFE_MS = 1500;
/** By the machine's clock; by the service's, more than the longest bound on what is unknown. */
const SETTLED_MAX_MS = 90_000;
const LOOK_MS = 500;
const UNSETTLED: ReadonlySet<string | null> = new Set(['INTENT', 'SENT', 'UNKNOWN']);

export interface KillResult {
  kills: number;
  asks: number;
  orders: number;
  violations: string[];
}

/**
 * Kills the real service `runs` times at random instants while clients place orders over HTTP and
 * the broker misbehaves, then judges by the broker's ledger what is known of every order.
 */
export async function runKills(
  seed: number,
  runs: number,
  onKill: (kills: number) => void = () => undefined,
): Promise<KillResult> {
  const random = new Random(seed, 'kills');
  const rig = new KillRig();
  try {
    await rig.open();
    await rig.start();
    const clients = Array.from({ length: CLIENTS }, (_unused, index) => {
      const name = `k${seed}c${index + 1}`;
      return new KillClient(rig, new Random(seed, name), name);
    });
    const running = clients.map((client) => client.run());
    for (let kills = 1; kills <= runs; kills++) {
      await rig.schedule(killFaults(random, rig.accounts));
      await rest(random.integer(0, LONGEST_LIFE_MS));
      await rig.kill();
      await rig.start();
      onKill(kills);
    }
    for (const client of clients) client.stop();
    await Promise.all(running);
    const asks = clients.flatMap((client) => client.asks);
    return { kills: runs, asks: asks.length, ...(await judge(rig, asks)) };
  } finally {
    await rig.close();
  }
}

async function judge(
  rig: KillRig,
  asks: readonly KillAsk[],
): Promise<Pick<KillResult, 'orders' | 'violations'>> {
  await settled(rig);
  await rig.call('POST', '/v1/sync', {});
  const belief = await readBelief(rig);
  const audit = await rig.verifyAudit();
  return {
    orders: belief.orders.length,
    violations: [
      ...judgeLedger(belief, await rig.ledger()),
      ...asks.flatMap((ask) => ofAsk(ask, belief.orders)),
      ...(audit.code === 0 ? [] : [`audit verify ended with ${audit.code}: ${audit.text}`]),
    ],
  };
}

/** Waits until nothing is under way or unknown, or gives up: the judge then says what is. */
async function settled(rig: KillRig): Promise<void> {
  const untilMs = performance.now() + SETTLED_MAX_MS;
  while (performance.now() < untilMs) {
    const { orders } = await readBelief(rig);
    if (!orders.some(({ intentState }) => UNSETTLED.has(intentState))) return;
    await rest(LOOK_MS);
  }
}

/** A key made one order at the most, and what it was told of is known. */
function ofAsk(ask: KillAsk, orders: readonly ShownOrder[]): string[] {
  const known = new Set(orders.map(({ id }) => id));
  const lost = [...ask.orderIds].filter((id) => !known.has(id));
  const violations = lost.map((id) => `${ask.key}: ${id} is not known any more`);
  if (ask.method !== 'POST') return violations;
  const made = orders.filter(
    ({ clientTag, brokerOrders }) => clientTag === ask.key && brokerOrders.length > 0,
  );
  if (made.length > 1) violations.push(`${ask.key} was placed ${made.length} times`);
  if (ask.orderIds.size > 1) violations.push(`${ask.key} was told of several orders`);
  return violations;
}
