import { randomBytes } from 'node:crypto';
import type { HostContext } from '../harness/bench.ts';
import type { JitterReading } from '../harness/jitter.ts';
import { sleep } from '../socket/load.ts';
import { readCpu } from '../socket/process-usage.ts';
import { readMetrics, sample } from '../socket/service-metrics.ts';
import { FanoutHost } from './fanout-host.ts';
import { placesOfSet, ticksBetween } from './fanout-market.ts';
import { type Contender, dialectOf, type Scenario } from './fanout-scenario.ts';
import type { Fed, HostUsage } from './host-messages.ts';
import type { ClientPlan } from './receiver-messages.ts';
import { Receivers, type ReceiversReport } from './receivers.ts';

const HOST = '127.0.0.1';
const KEY_BYTES = 24;
const POLL_MS = 20;
/** Ticks on their way this long after the end are not coming any more. */
const DRAIN_MAX_MS = 4_000;
const QUIET_MAX_MS = 20_000;
const US_PER_MS = 1000;

/** CPU time of one process during a load, ms. */
export interface ServerUse {
  /** Without the feeder, which stands for parts that are not measured. */
  totalMs: number;
  busiestThreadMs: number;
  /** The part of the busiest thread's time that the kernel spent for it. */
  busiestSystemMs: number;
}

/** Everything known after one load. */
export interface FanoutLoad {
  contender: Contender;
  scenario: Scenario;
  /** Ticks/s in. */
  rate: number;
  durationMs: number;
  fed: Fed;
  /** Ticks that each client should have got; 0: it is frozen. */
  expected: number[];
  /** Places of each client's instruments. */
  places: readonly number[][];
  report: ReceiversReport;
  /** Everything that the clients should have got has come or been named. */
  isDrained: boolean;
  server: ServerUse;
  /** CPU time of each receiver process, ms. */
  receiversMs: number[];
  residentMiB: number;
  /** From when the ticks should have ended to the last one at a client; below 0: in time. */
  behindMs: number;
  /** Until the last tick had come, ms; at least `durationMs`. */
  elapsedMs: number;
  jitter: JitterReading;
}

/** A contender's process with clients on it. */
export class FanoutRig {
  readonly receivers: Receivers;
  readonly host: FanoutHost;
  readonly contender: Contender;
  readonly #context: HostContext;
  readonly #key: string;
  #scenario: Scenario;
  /** Places of each client. */
  #places: number[][] = [];
  /** They read nothing: what they should get is not waited for. */
  readonly #frozen = new Set<number>();

  private constructor(
    context: HostContext,
    contender: Contender,
    scenario: Scenario,
    parts: { host: FanoutHost; receivers: Receivers; key: string },
  ) {
    this.#context = context;
    this.contender = contender;
    this.#scenario = scenario;
    this.host = parts.host;
    this.receivers = parts.receivers;
    this.#key = parts.key;
  }

  /** Starts the server and `receivers` processes, and connects the clients of `scenario`. */
  static async start(
    context: HostContext,
    contender: Contender,
    scenario: Scenario,
    receivers: number,
  ): Promise<FanoutRig> {
    const key = randomBytes(KEY_BYTES).toString('hex');
    const { processes } = context;
    const host = await FanoutHost.start(processes, contender, {
      key,
      windowMs: scenario.rivalWindowMs,
    });
    const parts = { host, key, receivers: new Receivers(processes, receivers) };
    const rig = new FanoutRig(context, contender, scenario, parts);
    try {
      await rig.#connectAll();
      return rig;
    } catch (error) {
      await rig.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.#context.processes.end([...this.receivers.processes, this.host.process]);
  }

  async #connectAll(): Promise<void> {
    const { clients, setOf, clientsPerSample } = this.#scenario;
    const plans = Array.from({ length: clients }, (_unused, client) =>
      this.plan(placesOfSet(setOf(client)), client % clientsPerSample < 2, false),
    );
    await this.connect(plans);
    await this.untilQuiet();
  }

  /** Connects more clients; returns their numbers. */
  connect(plans: readonly { plan: ClientPlan; places: number[] }[]): Promise<number[]> {
    this.#places.push(...plans.map(({ places }) => places));
    return this.receivers.connect(
      plans.map(({ plan }) => plan),
      this.host.optionTokens,
    );
  }

  /** Ends the newest clients, `clients` of them. */
  async disconnectNewest(clients: number): Promise<void> {
    await this.receivers.disconnectNewest(clients);
    this.#places.length -= clients;
    for (const client of this.#frozen) {
      if (client >= this.#places.length) this.#frozen.delete(client);
    }
  }

  /** From now on these clients read nothing. */
  async freeze(clients: readonly number[]): Promise<void> {
    for (const client of clients) this.#frozen.add(client);
    await this.receivers.pace(clients, 'frozen');
  }

  /** A client of the scenario with the instruments at `places`. */
  plan(
    places: number[],
    isSample: boolean,
    mayBeSlow: boolean,
  ): { plan: ClientPlan; places: number[] } {
    const { mode, serviceWindowMs } = this.#scenario;
    const plan: ClientPlan = {
      dialect: dialectOf(this.contender),
      host: HOST,
      port: this.host.port,
      key: this.#key,
      tokens: places.map((place) => this.host.tokens[place] ?? 0),
      mode,
      windowMs: serviceWindowMs,
      isSample,
      mayBeSlow,
    };
    return { plan, places };
  }

  /** Waits until nothing comes any more: the snapshots are there. */
  async untilQuiet(): Promise<void> {
    const deadlineMs = performance.now() + QUIET_MAX_MS;
    let seen = '';
    for (;;) {
      const state = JSON.stringify(await this.receivers.progress());
      if (state === seen) return;
      if (performance.now() > deadlineMs) throw new Error(`not quiet: ${state}`);
      seen = state;
      await sleep(5 * POLL_MS);
    }
  }

  /** Feeds `rate` ticks/s for `durationMs` and waits until everything has arrived. */
  async load(rate: number, durationMs: number): Promise<FanoutLoad> {
    const { host, receivers, contender } = this;
    const scenario = this.#scenario;
    const { jitter } = this.#context;
    await receivers.begin();
    jitter.takeWindow();
    const before = await this.#readings();
    const fed = await host.feed(rate, durationMs, scenario.feedPeriodMs);
    const expected = this.#places.map((places, client) =>
      this.#frozen.has(client) ? 0 : ticksOf(places, fed.from, fed.to),
    );
    const isDrained = await this.#drained(expected, fed);
    const after = await this.#readings();
    const report = await receivers.report();
    const lastTickUs = report.clients.reduce(
      (newest, { lastTickUs: of }) => Math.max(newest, of),
      0,
    );
    const behindMs = (lastTickUs - fed.startedUs) / US_PER_MS - durationMs;
    return {
      contender,
      scenario,
      rate,
      durationMs,
      fed,
      expected,
      places: [...this.#places],
      report,
      isDrained,
      server: serverUse(before, after),
      receiversMs: after.receiversMs.map((ms, index) => ms - (before.receiversMs[index] ?? 0)),
      residentMiB: after.usage.residentBytes / 2 ** 20,
      behindMs,
      elapsedMs: durationMs + Math.max(0, behindMs),
      jitter: jitter.takeWindow(),
    };
  }

  /** Clients to which the service pushes nothing, because they do not read. */
  async clientsBehind(): Promise<number> {
    const metrics = await readMetrics(`http://${HOST}:${this.host.port}`, this.#key);
    return sample(metrics, 'ticker_clients_behind');
  }

  async #drained(expected: readonly number[], fed: Fed): Promise<boolean> {
    const total = expected.reduce((sum, ticks) => sum + ticks, 0);
    const deadlineMs = performance.now() + DRAIN_MAX_MS;
    for (;;) {
      const { ticks, merged, ended } = await this.receivers.progress();
      if (ticks + merged >= total || fed.to === fed.from) return true;
      // A closed client gets nothing more: nothing to wait for.
      if (ended > 0 || performance.now() > deadlineMs) return false;
      await sleep(POLL_MS);
    }
  }

  async #readings(): Promise<Readings> {
    return {
      usage: await this.host.usage(),
      threads: readCpu(this.host.process.pid),
      receiversMs: this.receivers.processes.map(({ pid }) => readCpu(pid)?.totalMs ?? 0),
    };
  }
}

interface Readings {
  usage: HostUsage;
  threads: ReturnType<typeof readCpu>;
  receiversMs: number[];
}

/** Ticks of the instruments at `places` after position `from`, up to `to`. */
export function ticksOf(places: readonly number[], from: number, to: number): number {
  return places.reduce((sum, place) => sum + ticksBetween(place, from, to), 0);
}

function serverUse(before: Readings, after: Readings): ServerUse {
  const usedUs = after.usage.cpuUs - before.usage.cpuUs;
  const feederUs = after.usage.feederCpuUs - before.usage.feederCpuUs;
  let busiestThreadMs = 0;
  let busiestSystemMs = 0;
  for (const [thread, ms] of after.threads?.byThreadMs ?? []) {
    const used = ms - (before.threads?.byThreadMs.get(thread) ?? 0);
    if (used <= busiestThreadMs) continue;
    busiestThreadMs = used;
    const system = after.threads?.systemByThreadMs.get(thread) ?? 0;
    busiestSystemMs = system - (before.threads?.systemByThreadMs.get(thread) ?? 0);
  }
  return { totalMs: (usedUs - feederUs) / US_PER_MS, busiestThreadMs, busiestSystemMs };
}
