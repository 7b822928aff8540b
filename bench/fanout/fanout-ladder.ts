import type { HostContext } from '../harness/bench.ts';
import type { RunReport } from '../harness/result.ts';
import { RateLadder } from '../socket/ladder.ts';
import { checkFanout, loadName } from './fanout-check.ts';
import {
  causeOf,
  type FanoutFigures,
  fanoutFigures,
  fanoutMeasurements,
  isNear,
  isSustained,
  outcomeOf,
} from './fanout-figures.ts';
import { type FanoutLoad, FanoutRig } from './fanout-rig.ts';
import { type Contender, type Scenario, ticksPerSecond } from './fanout-scenario.ts';

/** How long everything may take; see `runFanout`. */
export interface FanoutTimes {
  receivers: number;
  warmupMs: number;
  rungMs: number;
  /** Of the rate that must be held; 0: none is. */
  holdMs: number;
  /** Tick deliveries/s to hold, or the highest that were sustained if those are fewer. */
  holdDeliveries: number;
  /** No new rate after this, from the start of a ladder. */
  climbMaxMs: number;
}

/** One load as a row of a table. */
export interface FanoutRow {
  figures: FanoutFigures;
  outcome: string;
  durationMs: number;
}

/** What became of one contender in one scenario. */
export interface LadderResult {
  contender: Contender;
  rows: FanoutRow[];
  /** The long load. */
  held: FanoutRow | undefined;
  /** Highest rate sustained and lowest one not, tick deliveries/s; 0 and Infinity: none. */
  sustained: number;
  failed: number;
  /** Why it does not go faster; of the lowest rate not sustained. */
  cause: string | undefined;
}

/**
 * Climbs until a rate is not sustained, then tries the middle of the last step, then holds a rate.
 * At the first rate nothing may be lost and nobody cut off, whatever the machine.
 */
export async function climbLadder(
  context: HostContext,
  contender: Contender,
  scenario: Scenario,
  times: FanoutTimes,
): Promise<{ result: LadderResult; report: RunReport }> {
  const climb = new Climb(context, contender, scenario, times);
  try {
    await climb.run();
    return climb.outcome();
  } finally {
    await climb.end();
  }
}

class Climb {
  readonly #context: HostContext;
  readonly #contender: Contender;
  readonly #scenario: Scenario;
  readonly #times: FanoutTimes;
  readonly #ladder: RateLadder;
  readonly #report: RunReport = { measurements: [], checks: [], notes: [] };
  readonly #rows: FanoutRow[] = [];
  #held: FanoutRow | undefined;
  #failed: FanoutLoad | undefined;
  #rig: FanoutRig | undefined;

  constructor(context: HostContext, contender: Contender, scenario: Scenario, times: FanoutTimes) {
    this.#context = context;
    this.#contender = contender;
    this.#scenario = scenario;
    this.#times = times;
    const { serviceLadder, rivalLadder } = scenario;
    this.#ladder = new RateLadder(contender === 'service' ? serviceLadder : rivalLadder);
  }

  async run(): Promise<void> {
    const { rungMs, holdMs, holdDeliveries, climbMaxMs } = this.#times;
    const startedMs = performance.now();
    let isFirst = true;
    for (let rate = this.#ladder.next; rate !== undefined; rate = this.#ladder.next) {
      if (performance.now() - startedMs > climbMaxMs) {
        this.#note(`out of time before ${rate.toLocaleString('en-US')}/s`);
        break;
      }
      let load = await this.#load(rate, rungMs, isFirst);
      if (!isSustained(load) && isNear(load)) load = await this.#load(rate, rungMs, false);
      const sustained = isSustained(load);
      this.#report.measurements.push(...fanoutMeasurements(load));
      this.#rows.push(rowOf(load));
      this.#ladder.record(sustained);
      if (!sustained && rate === this.#ladder.failed) this.#failed = load;
      isFirst = false;
    }
    const held = Math.min(holdDeliveries, this.#ladder.sustained);
    if (holdMs === 0 || held === 0) return;
    const load = await this.#load(held, holdMs, false);
    this.#held = rowOf(load);
    const suffix = heldSuffix(holdMs);
    for (const figure of fanoutMeasurements(load)) {
      const name = figure.name.replace(loadName(load), loadName(load) + suffix);
      this.#report.measurements.push({ ...figure, name });
    }
  }

  async #load(deliveries: number, durationMs: number, complete: boolean): Promise<FanoutLoad> {
    const { name } = this.#scenario;
    const seconds = durationMs / 1000;
    this.#context.progress(`fanout, ${name}, ${this.#contender}, ${deliveries}/s for ${seconds} s`);
    const rig = await this.#ready();
    const load = await rig.load(ticksPerSecond(this.#scenario, deliveries), durationMs);
    const suffix = durationMs === this.#times.holdMs ? heldSuffix(durationMs) : '';
    this.#report.checks.push(
      ...checkFanout(load, complete).checks.map((check) => ({
        ...check,
        name: check.name.replace(loadName(load), loadName(load) + suffix),
      })),
    );
    // What is still on its way would be counted with the next load.
    if (!load.isDrained) await this.end();
    return load;
  }

  /** A rig that has seen some ticks. */
  async #ready(): Promise<FanoutRig> {
    if (this.#rig !== undefined) return this.#rig;
    const { receivers, warmupMs } = this.#times;
    const rig = await FanoutRig.start(this.#context, this.#contender, this.#scenario, receivers);
    this.#rig = rig;
    const [slowest = 0] =
      this.#contender === 'service' ? this.#scenario.serviceLadder : this.#scenario.rivalLadder;
    await rig.load(ticksPerSecond(this.#scenario, slowest), warmupMs);
    return rig;
  }

  async end(): Promise<void> {
    await this.#rig?.end();
    this.#rig = undefined;
  }

  outcome(): { result: LadderResult; report: RunReport } {
    const { sustained, failed } = this.#ladder;
    const contender = this.#contender;
    const cause = this.#failed === undefined ? undefined : causeOf(this.#failed);
    const name = `${this.#scenario.name}: ${contender}`;
    this.#report.measurements.push({
      name: `${name}: highest rate sustained`,
      unit: 'ticks/s',
      value: sustained,
    });
    if (Number.isFinite(failed)) {
      this.#report.measurements.push({
        name: `${name}: lowest rate not sustained`,
        unit: 'ticks/s',
        value: failed,
      });
    }
    if (cause !== undefined) this.#note(`at ${failed.toLocaleString('en-US')}/s ${cause}`);
    const result = { contender, rows: this.#rows, held: this.#held, sustained, failed, cause };
    return { result, report: this.#report };
  }

  #note(text: string): void {
    this.#report.notes.push(`${this.#scenario.name}: ${this.#contender}: ${text}`);
  }
}

function heldSuffix(durationMs: number): string {
  return `, held for ${durationMs / 1000} s`;
}

function rowOf(load: FanoutLoad): FanoutRow {
  const { durationMs } = load;
  return { figures: fanoutFigures(load), outcome: outcomeOf(load), durationMs };
}
