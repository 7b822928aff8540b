import { createSystemClock } from '../../src/domain/clock.ts';
import type { JitterProbe, JitterReading } from '../harness/jitter.ts';
import type { BenchClient } from './bench-client.ts';
import type { ClientReport } from './client-messages.ts';
import { type CpuReading, readCpu, readResidentMiB } from './process-usage.ts';
import { readMetrics } from './service-metrics.ts';
import type { ServiceRig } from './service-rig.ts';
import {
  fetchLedger,
  type Ledger,
  scheduleTicks,
  sentBetween,
  type SentSums,
} from './simulator-control.ts';

/** After the end of the ticks, before the CPU time is read: what was on its way has arrived. */
const SETTLE_MS = 100;
const POLL_MS = 25;
/** Ticks on their way this long after the end are not coming any more. */
const DRAIN_MAX_MS = 10_000;
const STOPPED_MAX_MS = 5_000;
const US_PER_MS = 1000;

export interface LoadTarget {
  rig: ServiceRig;
  clients: readonly BenchClient[];
  jitter: JitterProbe;
}

/** CPU time of one process during a load, ms. */
export interface CpuUse {
  totalMs: number;
  busiestThreadMs: number;
}

/** Everything known after one load. */
export interface LoadResult {
  rate: number;
  durationMs: number;
  sent: Map<number, SentSums>;
  /** Ticks that the simulator made, of all instruments. */
  made: number;
  /** Ticks that the simulator left out because it was late itself. */
  skipped: number;
  /** Ticks that the clients should have got, summed over clients. */
  expected: number;
  reports: ClientReport[];
  metricsBefore: Map<string, number>;
  metricsAfter: Map<string, number>;
  simulatorCpu: CpuUse | undefined;
  serviceCpu: CpuUse | undefined;
  serviceMiB: number | undefined;
  jitter: JitterReading;
  /** From the end of the ticks to the last one at a client; less than 0 if nobody was behind. */
  behindMs: number;
}

/** Lets the simulator tick at `rate` for `durationMs` and waits until everything has arrived. */
export async function applyLoad(
  target: LoadTarget,
  rate: number,
  durationMs: number,
): Promise<LoadResult> {
  const { rig, clients, jitter } = target;
  const clock = createSystemClock();
  await Promise.all(clients.map((client) => client.begin()));
  const before = await fetchLedger(rig.simulatorUrl);
  const metricsBefore = await readMetrics(rig.serviceUrl, rig.key);
  jitter.takeWindow();
  const simulatorBefore = readCpu(rig.simulator.pid);
  const serviceBefore = readCpu(rig.service.pid);
  await scheduleTicks(rig.simulatorUrl, rate, durationMs);
  const endUs = clock.nowUs() + durationMs * US_PER_MS;
  await sleep(durationMs + SETTLE_MS);
  const simulatorCpu = usedSince(simulatorBefore, readCpu(rig.simulator.pid));
  const serviceCpu = usedSince(serviceBefore, readCpu(rig.service.pid));
  const jitterReading = jitter.takeWindow();
  const after = await stoppedLedger(rig.simulatorUrl);
  const sent = sentBetween(before, after);
  const expected = expectedTicks(clients, sent);
  await drained(clients, expected);
  const reports = await Promise.all(clients.map((client) => client.report()));
  const lastTickUs = Math.max(...reports.map((report) => report.lastTickUs));
  return {
    rate,
    durationMs,
    sent,
    made: after.ticks - before.ticks,
    skipped: after.ticks_skipped - before.ticks_skipped,
    expected,
    reports,
    metricsBefore,
    metricsAfter: await readMetrics(rig.serviceUrl, rig.key),
    simulatorCpu,
    serviceCpu,
    serviceMiB: readResidentMiB(rig.service.pid),
    jitter: jitterReading,
    behindMs: (lastTickUs - endUs) / US_PER_MS,
  };
}

export function expectedTicks(
  clients: readonly BenchClient[],
  sent: ReadonlyMap<number, SentSums>,
): number {
  let expected = 0;
  for (const { tokens } of clients) {
    for (const token of tokens) expected += sent.get(token)?.deliveries.count ?? 0;
  }
  return expected;
}

/** Waits until the clients have got `expected` ticks, or get no more. */
async function drained(clients: readonly BenchClient[], expected: number): Promise<void> {
  const deadlineMs = performance.now() + DRAIN_MAX_MS;
  while (performance.now() < deadlineMs) {
    const progress = await Promise.all(clients.map((client) => client.progress()));
    const ticks = progress.reduce((total, client) => total + client.ticks, 0);
    // A closed client gets nothing more: nothing to wait for.
    if (ticks >= expected || clients.some(({ closed }) => closed !== undefined)) return;
    await sleep(POLL_MS);
  }
}

async function stoppedLedger(simulatorUrl: string): Promise<Ledger> {
  const deadlineMs = performance.now() + STOPPED_MAX_MS;
  for (;;) {
    const ledger = await fetchLedger(simulatorUrl);
    if (!ledger.is_ticking) return ledger;
    if (performance.now() > deadlineMs) throw new Error('the simulator does not stop ticking');
    await sleep(POLL_MS);
  }
}

function usedSince(before?: CpuReading, after?: CpuReading): CpuUse | undefined {
  if (before === undefined || after === undefined) return undefined;
  let busiestThreadMs = 0;
  for (const [thread, ms] of after.byThreadMs) {
    busiestThreadMs = Math.max(busiestThreadMs, ms - (before.byThreadMs.get(thread) ?? 0));
  }
  return { totalMs: after.totalMs - before.totalMs, busiestThreadMs };
}

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
