/**
 * Delivery to hundreds of clients: how many tick deliveries a second, until what gives, what a slow
 * or frozen client costs the others, and how it all ends up beside `ws` + JSON and socket.io doing
 * the same. The clients are real sockets in processes of their own that read as cheaply as Node
 * can; all of their ticks are counted against what the ring holds (delivered + merged + named in a
 * gap = made), those of a sample are checked one by one. A regression here that the socket bench
 * does not show is in shared frames, in windows, or in what happens to readers that fall behind.
 *
 * Fan-out and frozen clients run on the real publish thread alone: its ticks come finished from a
 * thread that stands for broker, ingest and Greeks. The standard load runs on everything.
 */
import type { HostContext } from '../harness/bench.ts';
import type { RunReport } from '../harness/result.ts';
import { climbLadder, type FanoutTimes, type LadderResult } from './fanout-ladder.ts';
import {
  type Contender,
  CONTENDERS,
  MIXED,
  type Scenario,
  SHARED,
  smokeSize,
  UNBATCHED,
} from './fanout-scenario.ts';
import { fanoutSection, type FanoutResults } from './fanout-section.ts';
import { FROZEN, FROZEN_SMOKE, runFrozen } from './frozen-clients.ts';
import { runStandardLoad, STANDARD, STANDARD_SMOKE } from './standard-load.ts';
import { standardFigures, standardReport } from './standard-report.ts';

const FULL: FanoutTimes = {
  receivers: 2,
  warmupMs: 500,
  rungMs: 2000,
  holdMs: 0,
  holdDeliveries: 0,
  climbMaxMs: 18_000,
};
/** What DESIGN asks to be held. */
const HELD: FanoutTimes = { ...FULL, holdMs: 60_000, holdDeliveries: 2_000_000 };
const SMOKE: FanoutTimes = { ...FULL, receivers: 1, warmupMs: 100, rungMs: 400 };

export async function runFanout(context: HostContext): Promise<RunReport[]> {
  const { smoke } = context;
  const report: RunReport = { measurements: [], checks: [], notes: [] };
  const part = <Result>(name: string, run: () => Promise<Result>): Promise<Result | undefined> => {
    context.progress(`fanout, ${name}`);
    return attempt(report, name, run);
  };
  const ladders: FanoutResults['ladders'] = [];
  for (const [scenario, contenders] of smoke ? smokeScenarios() : scenarios()) {
    const results: LadderResult[] = [];
    for (const contender of contenders) {
      const isHeld = scenario === MIXED && contender === 'service';
      const times = smoke ? SMOKE : isHeld ? HELD : FULL;
      const climbed = await part(`${scenario.name}: ${contender}`, () =>
        climbLadder(context, contender, scenario, times),
      );
      if (climbed === undefined) continue;
      results.push(climbed.result);
      add(report, climbed.report);
    }
    ladders.push({ scenario, results });
  }
  const standard = await part('standard load', () =>
    runStandardLoad(context, smoke ? STANDARD_SMOKE : STANDARD),
  );
  if (standard !== undefined) add(report, standardReport(standard));
  const frozen = await part('frozen clients', () =>
    runFrozen(context, smoke ? FROZEN_SMOKE : FROZEN),
  );
  if (frozen !== undefined) add(report, frozen.report);
  if (standard === undefined || frozen === undefined) return [report];
  report.section = fanoutSection({
    ladders,
    standard: standardFigures(standard),
    standardSizes: standard.sizes,
    frozen: frozen.figures,
    jitter: context.jitter.reading(),
    checks: report.checks.filter(({ ok }) => ok).length,
    failures: report.checks.filter(({ ok }) => !ok).length,
  });
  return [report];
}

/** The other parts are worth having when one fails: that is a failed check. */
async function attempt<Result>(
  report: RunReport,
  name: string,
  run: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await run();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    report.checks.push({ name, ok: false, detail });
    return undefined;
  }
}

function scenarios(): [Scenario, readonly Contender[]][] {
  return [
    [MIXED, CONTENDERS],
    [SHARED, CONTENDERS],
    [UNBATCHED, CONTENDERS],
  ];
}

function smokeScenarios(): [Scenario, readonly Contender[]][] {
  return [
    [smokeSize(MIXED), CONTENDERS],
    [smokeSize(UNBATCHED), ['service']],
  ];
}

function add(report: RunReport, more: RunReport): void {
  report.measurements.push(...more.measurements);
  report.checks.push(...more.checks);
  report.notes.push(...more.notes);
}
