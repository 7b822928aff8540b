import type { HostContext } from '../harness/bench.ts';
import { type RunReport, spreadOf } from '../harness/result.ts';
import { sleep } from '../socket/load.ts';
import { checkFanout, deliveredTicks } from './fanout-check.ts';
import { FANOUT_INSTRUMENTS } from './fanout-market.ts';
import { type FanoutLoad, FanoutRig } from './fanout-rig.ts';
import { MIXED, type Scenario, ticksPerSecond } from './fanout-scenario.ts';

const NAME = 'frozen clients';
const NS_PER_MS = 1_000_000;
/** Loads after which the buffers of frozen clients are taken as they are. */
const FILLS_MAX = 5;
/** After clients have gone, before the next run. */
const SETTLE_MS = 100;

export interface FrozenSizes {
  clients: number;
  frozen: number;
  pairs: number;
  deliveries: number;
  /** Of one load to fill the buffers of the frozen clients. */
  fillMs: number;
  runMs: number;
}

export const FROZEN: FrozenSizes = {
  clients: 100,
  frozen: 40,
  pairs: 10,
  deliveries: 500_000,
  fillMs: 600,
  runMs: 4000,
};

export const FROZEN_SMOKE: FrozenSizes = {
  clients: 10,
  frozen: 2,
  pairs: 1,
  deliveries: 20_000,
  fillMs: 300,
  runMs: 300,
};

/** One run without and one with frozen clients, one after the other. */
interface Pair {
  /**
   * CPU time of the publish thread per tick delivered to those who read, ns. Of the thread alone:
   * what the collector and the compiler do beside it comes by chance.
   */
  withoutNs: number;
  withNs: number;
  withoutMiB: number;
  withMiB: number;
  /** Clients that the service found to be behind, in the run with frozen ones. */
  behind: number;
}

export interface FrozenFigures {
  sizes: FrozenSizes;
  pairs: Pair[];
  /** Median over the pairs, %; more than 0: the others cost more with frozen clients. */
  changePercent: number;
  changeMinPercent: number;
  changeMaxPercent: number;
  /** Frozen clients that the service found to be behind, in the middle pair. */
  behind: number;
  /**
   * What the process had more with a frozen client: in the middle pair, and in the first one, when
   * the heap held nothing yet of clients that had gone.
   */
  mebibytesMore: number;
  mebibytesFirst: number;
}

/** Pairs of runs, one with the frozen clients first, the next with them last, on one service. */
export async function runFrozen(
  context: HostContext,
  sizes: FrozenSizes,
): Promise<{ figures: FrozenFigures; report: RunReport }> {
  const scenario: Scenario = {
    ...MIXED,
    name: NAME,
    clients: sizes.clients,
    clientsPerSample: sizes.clients,
  };
  const rig = await FanoutRig.start(context, 'service', scenario, 1);
  const report: RunReport = { measurements: [], checks: [], notes: [] };
  const runs = new FrozenRuns(rig, scenario, sizes, report);
  try {
    await runs.warmUp();
    const pairs: Pair[] = [];
    for (let pair = 0; pair < sizes.pairs; pair++) {
      context.progress(`fanout, frozen clients, pair ${pair + 1} of ${sizes.pairs}`);
      pairs.push(await runs.pair(pair % 2 === 0));
    }
    const figures = figuresOf(sizes, pairs);
    report.measurements.push(...measurementsOf(figures));
    return { figures, report };
  } finally {
    await rig.end();
  }
}

class FrozenRuns {
  readonly #rig: FanoutRig;
  readonly #sizes: FrozenSizes;
  readonly #report: RunReport;
  readonly #rate: number;

  constructor(rig: FanoutRig, scenario: Scenario, sizes: FrozenSizes, report: RunReport) {
    this.#rig = rig;
    this.#sizes = sizes;
    this.#report = report;
    this.#rate = ticksPerSecond(scenario, sizes.deliveries);
  }

  async warmUp(): Promise<void> {
    await this.#rig.load(this.#rate, 2 * this.#sizes.runMs);
  }

  async pair(withoutFirst: boolean): Promise<Pair> {
    const before = withoutFirst ? await this.#without() : undefined;
    const { load: with_, behind } = await this.#with();
    const without = before ?? (await this.#without());
    return {
      withoutNs: nsPerDelivery(without),
      withNs: nsPerDelivery(with_),
      withoutMiB: without.residentMiB,
      withMiB: with_.residentMiB,
      behind,
    };
  }

  #without(): Promise<FanoutLoad> {
    return this.#run();
  }

  async #with(): Promise<{ load: FanoutLoad; behind: number }> {
    const rig = this.#rig;
    const { frozen, fillMs } = this.#sizes;
    const places = Array.from({ length: FANOUT_INSTRUMENTS }, (_unused, place) => place);
    const plans = Array.from({ length: frozen }, () => rig.plan(places, false, true));
    const numbers = await rig.connect(plans);
    await rig.untilQuiet();
    await rig.freeze(numbers);
    // Until then the kernel's buffers take what the service sends them.
    for (let fill = 0; fill < FILLS_MAX; fill++) {
      await rig.load(this.#rate, fillMs);
      if ((await rig.clientsBehind()) >= frozen) break;
    }
    const load = await this.#run();
    const behind = await rig.clientsBehind();
    await rig.disconnectNewest(frozen);
    await sleep(SETTLE_MS);
    return { load, behind };
  }

  async #run(): Promise<FanoutLoad> {
    const load = await this.#rig.load(this.#rate, this.#sizes.runMs);
    this.#report.checks.push(...checkFanout(load, true).checks);
    return load;
  }
}

function nsPerDelivery(load: FanoutLoad): number {
  return (load.server.busiestThreadMs * NS_PER_MS) / Math.max(1, deliveredTicks(load));
}

function figuresOf(sizes: FrozenSizes, pairs: Pair[]): FrozenFigures {
  const changes = pairs.map(({ withNs, withoutNs }) => 100 * (withNs / withoutNs - 1));
  const { median, min, max } = spreadOf(changes);
  const each = pairs.map(({ withMiB, withoutMiB }) => (withMiB - withoutMiB) / sizes.frozen);
  return {
    sizes,
    pairs,
    changePercent: median,
    changeMinPercent: min,
    changeMaxPercent: max,
    behind: spreadOf(pairs.map((pair) => pair.behind)).median,
    mebibytesMore: spreadOf(each).median,
    mebibytesFirst: each[0] ?? 0,
  };
}

function measurementsOf({ sizes, pairs, ...figures }: FrozenFigures): RunReport['measurements'] {
  const middle = (of: (pair: Pair) => number): number => spreadOf(pairs.map(of)).median;
  const rows: [string, string, number][] = [
    [
      'CPU of publish per tick delivered to the others, without',
      'ns/tick',
      middle((p) => p.withoutNs),
    ],
    [
      `CPU of publish per tick delivered to the others, with ${sizes.frozen}`,
      'ns/tick',
      middle((p) => p.withNs),
    ],
    ['change of it, middle pair', '%', figures.changePercent],
    ['change of it, least', '%', figures.changeMinPercent],
    ['change of it, greatest', '%', figures.changeMaxPercent],
    ['found to be behind, middle pair', 'clients', figures.behind],
    ['memory of the service for each, middle pair', 'MiB', figures.mebibytesMore],
    ['memory of the service for each, first pair', 'MiB', figures.mebibytesFirst],
  ];
  return rows.map(([name, unit, value]) => ({ name: `${NAME}: ${name}`, unit, value }));
}
