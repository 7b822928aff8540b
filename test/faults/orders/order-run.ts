import { createHash } from 'node:crypto';
import { Random } from '../../../src/feed/sim/random.ts';
import { judgeClients } from './client-judge.ts';
import { judgeLedger } from './ledger-judge.ts';
import { OrderClient } from './order-client.ts';
import { END_MS, FAULTS_TO_MS, type OrderPlan, planOrders } from './order-plan.ts';
import { OrderRequests } from './order-requests.ts';
import { type Mutation, OrderWorld } from './order-world.ts';
import { OPERATOR, ServiceFaults } from './service-faults.ts';
import { judgeWire } from './wire-judge.ts';

/** The market stands still from here on, so that what is read is what is. */
const MARKET_TO_MS = FAULTS_TO_MS + 60_000;

export interface OrderRunResult {
  seed: number;
  plan: OrderPlan;
  violations: string[];
  /** Of every request, every answer and the end of every order. */
  hash: string;
  counts: Record<string, number>;
}

/** One seeded run of the order side: a broker, a journal, clients and faults in virtual time. */
export class OrderRun {
  readonly plan: OrderPlan;
  readonly world: OrderWorld;
  readonly clients: readonly OrderClient[];
  readonly faults: ServiceFaults;

  constructor(plan: OrderPlan, mutation: Mutation = {}) {
    this.plan = plan;
    const world = new OrderWorld(plan, mutation);
    this.world = world;
    this.faults = new ServiceFaults(world);
    const contracts = world.contracts();
    this.clients = plan.clients.map((client) => {
      const random = new Random(plan.seed, client.name);
      const requests = new OrderRequests(random, contracts, world.sources);
      return new OrderClient({ plan: client, clock: world.clock, random, door: world, requests });
    });
  }

  async run(): Promise<void> {
    const { world, plan } = this;
    const { clock } = world;
    world.runMarket(MARKET_TO_MS);
    world.start();
    for (const { atMs, fault } of plan.service) {
      clock.setTimeout(() => this.faults.apply(fault), atMs);
    }
    for (const client of this.clients) {
      client.run().catch((error: unknown) => {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        world.observe(`${client.principal.keyId} was told: ${what}`);
      });
    }
    await clock.run(END_MS);
  }

  /** Everything that broke a promise. */
  async judge(): Promise<string[]> {
    const { world } = this;
    const observed = world.observations.map(
      ({ atMs, what }) => `at ${Math.round(atMs)} ms: ${what}`,
    );
    return [...observed, ...judgeWire(this), ...this.#judgeLedger(), ...(await judgeClients(this))];
  }

  #judgeLedger(): string[] {
    const { service, broker } = this.world;
    if (service === undefined) return ['the service is not there at the end'];
    const orders = service.list(OPERATOR, {});
    const belief = { orders, trades: service.trades(OPERATOR, {}) };
    return judgeLedger(belief, broker.ordersLedger());
  }

  counts(): Record<string, number> {
    const { world, clients } = this;
    const counts: Record<string, number> = { processes: world.lives.length };
    const add = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
    for (const request of world.sent) {
      const isOrder = request.method !== 'GET';
      add(isOrder ? 'order requests' : 'reads');
    }
    for (const { asked } of clients) {
      for (const { kind, replies } of asked) {
        add(`asked: ${kind}`);
        for (const { reply } of replies) {
          if (reply.kind === 'answer') add(`answers: ${reply.answer.kind}`);
          else add(reply.kind === 'error' ? `errors: ${reply.code}` : 'answers: none');
        }
      }
    }
    for (const order of world.service?.list(OPERATOR, {}) ?? []) {
      add(`orders: ${order.intentState ?? 'from outside'}`);
    }
    return counts;
  }

  hash(): string {
    const { world, clients } = this;
    const hash = createHash('sha256');
    for (const { atMs, method, path, parameters } of world.sent) {
      hash.update(`${atMs} ${method} ${path} ${String(parameters)}\n`);
    }
    for (const { asked } of clients) hash.update(JSON.stringify(asked));
    hash.update(JSON.stringify(world.service?.list(OPERATOR, {}) ?? []));
    return hash.digest('hex');
  }
}

/** Runs one seed and judges it. */
export async function runOrderSeed(seed: number, mutation: Mutation = {}): Promise<OrderRunResult> {
  const run = new OrderRun(planOrders(seed), mutation);
  let violations: string[];
  try {
    await run.run();
    violations = await run.judge();
  } catch (error) {
    violations = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const { plan } = run;
  return { seed, plan, violations, hash: run.hash(), counts: run.counts() };
}
