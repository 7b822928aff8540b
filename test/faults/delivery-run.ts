import { createHash } from 'node:crypto';
import { Random } from '../../src/feed/sim/random.ts';
import { Broker } from './broker.ts';
import type { ClientLog, ServiceState } from './client-log.ts';
import { applyFault } from './fault-actions.ts';
import { GreeksWitness } from './greeks-witness.ts';
import type { Ledger } from './ledger.ts';
import { LogChecker } from './log-checker.ts';
import { Network } from './network.ts';
import { LibraryClient, WireClient, type RunClient } from './run-client.ts';
import {
  type Abilities,
  type ClientPlan,
  FAULTS_TO_MS,
  planRun,
  type RunPlan,
} from './run-plan.ts';
import { ServiceHost } from './service-host.ts';
import { Violation } from './violation.ts';
import { VirtualClock } from './virtual-clock.ts';

const START = '2026-09-10T10:00:00+05:30';
const LISTED = 160;
/** After the last fault has been repaired: ticks go on, then stop, then everybody is told. */
const HEALED_MS = FAULTS_TO_MS + 3_200;
const TICKS_END_MS = HEALED_MS + 4_000;
/** Two heartbeat periods. */
const END_MS = TICKS_END_MS + 32_000;
/** uWebSockets drops a message at so many times the size at which a client is closed. */
const BUFFER_FACTOR = 2;

/** What this version of the service can do. */
const ABILITIES: Abilities = { policies: true, windows: true, acks: true };

export interface RunResult {
  seed: number;
  plan: RunPlan;
  /** The first one of each client that has one. */
  violations: { client: string; entry: number; what: string }[];
  /** Of everything that every client has heard and when. */
  hash: string;
  /** Sums over all clients. */
  counts: Record<string, number>;
  /** Connections by the code with which they ended. */
  closes: Record<string, number>;
}

/** One seeded run: a market, the service, its clients and faults, in virtual time. */
export class DeliveryRun {
  readonly clock = new VirtualClock(START);
  readonly plan: RunPlan;
  readonly random: Random;
  readonly broker: Broker;
  readonly network: Network;
  readonly clients: readonly RunClient[];
  service: ServiceHost | undefined;
  readonly #ledgers = new Map<string, Ledger>();
  #services = 0;

  private constructor(plan: RunPlan, clock: VirtualClock, broker: Broker) {
    this.plan = plan;
    this.clock = clock;
    this.broker = broker;
    this.random = new Random(plan.seed, 'run');
    this.network = new Network({
      clock,
      publish: () => this.service?.publish,
      state: () => this.#state(),
      bufferBytesMax: plan.clientBufferBytes * BUFFER_FACTOR,
    });
    this.clients = plan.clients.map((client) => this.#createClient(client));
  }

  /** `adjust` may change what the seed has decided. */
  static async create(
    seed: number,
    adjust: (plan: RunPlan) => RunPlan = (plan) => plan,
  ): Promise<DeliveryRun> {
    const clock = new VirtualClock(START);
    const broker = await Broker.open(clock, seed, LISTED, 1000);
    const tokens = broker.instruments.map(({ token }) => token);
    const plan = adjust(planRun(seed, ABILITIES, tokens));
    broker.feed.setTicksPerSecond(plan.ticksPerSecond);
    return new DeliveryRun(plan, clock, broker);
  }

  ledgerOf(epoch: string): Ledger | undefined {
    return this.#ledgers.get(epoch);
  }

  startService(): void {
    const { clock, random, broker, plan } = this;
    const service = new ServiceHost({
      clock,
      random,
      broker,
      ringSlots: plan.ringSlots,
      start: plan.start,
      clientBufferBytes: plan.clientBufferBytes,
      windowMs: plan.windowMs,
      bursts: plan.bursts,
      number: ++this.#services,
      onPublishEnd: () => this.network.publishEnded(),
    });
    this.#ledgers.set(service.ledger.epoch, service.ledger);
    this.service = service;
  }

  /** Runs to the end of virtual time. */
  async run(): Promise<void> {
    const { clock, plan } = this;
    this.startService();
    for (const client of this.clients) {
      clock.setTimeout(() => client.start(), this.random.integer(1, 800));
    }
    for (const { atMs, fault } of plan.faults) {
      clock.setTimeout(() => applyFault(this, fault), atMs);
    }
    clock.setTimeout(() => (this.broker.feed.isRunning = false), TICKS_END_MS);
    await clock.run(END_MS);
  }

  #createClient(plan: ClientPlan): RunClient {
    const Client = plan.kind === 'library' ? LibraryClient : WireClient;
    const random = new Random(this.plan.seed, plan.name);
    return new Client(plan, this.clock, random, this.network);
  }

  #state(): ServiceState | undefined {
    const ledger = this.service?.ledger;
    return ledger === undefined ? undefined : { epoch: ledger.epoch, newest: ledger.newest };
  }
}

/** Runs one seed and checks every client's log. */
export async function runSeed(seed: number): Promise<RunResult> {
  const run = await DeliveryRun.create(seed);
  const violations: RunResult['violations'] = [];
  try {
    await run.run();
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    violations.push({ client: 'the service', entry: -1, what });
  }
  const greeks = new GreeksWitness();
  const counts: Record<string, number> = {};
  const closes: Record<string, number> = {};
  for (const client of run.clients) {
    const checker = checkerOf(run, client, greeks);
    const found = violationOf(checker, client.reader.log, violations.length === 0);
    if (found !== undefined) {
      violations.push({ client: client.plan.name, entry: found.entry, what: found.message });
    }
    for (const what of client.complaints) {
      violations.push({ client: client.plan.name, entry: -1, what: `the client says: ${what}` });
    }
    for (const [name, value] of Object.entries(checker.counts)) {
      counts[name] = (counts[name] ?? 0) + value;
    }
    for (const entry of client.reader.log) {
      if (entry.kind === 'closed') closes[entry.code] = (closes[entry.code] ?? 0) + 1;
    }
  }
  return { seed, plan: run.plan, violations, hash: hashOf(run), counts, closes };
}

export function checkerOf(run: DeliveryRun, client: RunClient, greeks: GreeksWitness): LogChecker {
  return new LogChecker({
    ledgerOf: (epoch) => run.ledgerOf(epoch),
    greeks,
    ...allowancesOf(run.plan, run.clients.indexOf(client)),
  });
}

/** The first thing that a log breaks; `isWhole`: it goes on to the end of its run. */
export function violationOf(
  checker: LogChecker,
  log: ClientLog,
  isWhole: boolean,
): Violation | undefined {
  try {
    checker.check(log);
    if (isWhole) checker.finish();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

/** Ends and errors that a client's own faults may bring. */
function allowancesOf(plan: RunPlan, client: number) {
  const closeCodes = new Set([1012, 4008]);
  const errorCodes = new Set<string>();
  for (const { fault } of plan.faults) {
    if (!('client' in fault) || fault.client !== client) continue;
    if (fault.kind === 'garbage') {
      closeCodes.add(1008);
      for (const code of ['BAD_JSON', 'BAD_MESSAGE']) errorCodes.add(code);
    }
  }
  return { closeCodes, errorCodes };
}

function hashOf(run: DeliveryRun): string {
  const hash = createHash('sha256');
  for (const { reader } of run.clients) {
    for (const entry of reader.log) {
      hash.update(`${entry.kind} ${entry.atMs} `);
      if (entry.kind === 'frame') hash.update(entry.bytes);
      else if (entry.kind === 'closed') hash.update(`${entry.code} ${entry.reason}`);
      else if (entry.kind !== 'open') hash.update(entry.text);
    }
  }
  return hash.digest('hex');
}
