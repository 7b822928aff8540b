import { Bench } from 'tinybench';
import type { Measurement } from './result.ts';

/** One operation, timed alone. */
export interface MicroCase {
  name: string;
  /** `ns/packet`, `ns/option`, ... */
  unit: string;
  /** Operations in one call of `run`: enough of them that reading the clock costs nothing. */
  operations: number;
  /** Before every call of `run`, neither timed nor in the CPU time. */
  prepare?(): void;
  run(): void;
}

/** Time for every case of one process, ms. */
export interface MicroBudget {
  warmupMs: number;
  timeMs: number;
}

const SMOKE: MicroBudget = { warmupMs: 20, timeMs: 30 };
const FULL: MicroBudget = { warmupMs: 100, timeMs: 150 };
const CALLS_MIN = 5;
const NS_PER_MS = 1_000_000;
const NS_PER_US = 1000;

export function microBudget(smoke: boolean): MicroBudget {
  return smoke ? SMOKE : FULL;
}

/**
 * Times every case. `value`: the median call, so that a call during which the machine did something
 * else does not count; `cpuNs`: the mean of all calls, garbage collection and compiler included.
 */
export async function measureCases(
  cases: readonly MicroCase[],
  budget: MicroBudget,
): Promise<Measurement[]> {
  const bench = new Bench({
    time: budget.timeMs,
    iterations: CALLS_MIN,
    warmupTime: budget.warmupMs,
    warmupIterations: CALLS_MIN,
    throws: true,
  });
  const cpuUs = new Map<string, number>();
  for (const microCase of cases) {
    const { name } = microCase;
    let before = process.cpuUsage();
    let totalUs = 0;
    bench.add(name, () => microCase.run(), {
      async: false,
      beforeAll: () => {
        totalUs = 0;
      },
      beforeEach: () => {
        microCase.prepare?.();
        before = process.cpuUsage();
      },
      afterEach: () => {
        const { user, system } = process.cpuUsage(before);
        totalUs += user + system;
      },
      afterAll: () => {
        cpuUs.set(name, totalUs);
      },
    });
  }
  await bench.run();
  return cases.map(({ name, unit, operations }): Measurement => {
    const task = bench.getTask(name);
    const result = task?.result;
    if (task === undefined || result?.state !== 'completed') {
      throw new Error(`${name} did not complete`);
    }
    const { p50, samplesCount } = result.latency;
    return {
      name,
      unit,
      value: (p50 * NS_PER_MS) / operations,
      cpuNs: ((cpuUs.get(name) ?? 0) * NS_PER_US) / (samplesCount * operations),
    };
  });
}

/** How many times as long `anchor` took as `own`, wall time of the same process. */
export function ratio(
  name: string,
  measurements: readonly Measurement[],
  own: string,
  anchor: string,
): Measurement {
  const find = (wanted: string): number => {
    const found = measurements.find((measurement) => measurement.name === wanted);
    if (found === undefined) throw new Error(`no measurement ${wanted}`);
    return found.value;
  };
  return { name, unit: 'x', value: find(anchor) / find(own) };
}
