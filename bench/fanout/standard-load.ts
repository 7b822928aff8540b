import type { HostContext } from '../harness/bench.ts';
import type { JitterReading } from '../harness/jitter.ts';
import { sleep } from '../socket/load.ts';
import { type CpuReading, readCpu, readResidentMiB } from '../socket/process-usage.ts';
import { readMetrics, sample } from '../socket/service-metrics.ts';
import { type ServiceRig, startServiceRig } from '../socket/service-rig.ts';
import {
  fetchLedger,
  type Ledger,
  scheduleTicks,
  sentBetween,
  type SentSums,
} from '../socket/simulator-control.ts';
import type { ClientPlan } from './receiver-messages.ts';
import { Receivers, type ReceiversReport } from './receivers.ts';

const CLIENT_INSTRUMENTS = 500;
/** Without a common factor with the number of instruments: every client has some popular ones. */
const SHUFFLE = 1471;
/** Accounts among which the instruments are spread: one carries no more than the clients want. */
const ACCOUNTS = 2;
const SLOW_BYTES_PER_SECOND = 64 * 1024;
/** Of so many clients one is checked tick by tick. */
const CLIENTS_PER_SAMPLE = 5;
const RECEIVERS = 2;
const POLL_MS = 100;
const QUIET_MAX_MS = 30_000;
/** After the end of the ticks: what was on its way to those who read has arrived. */
const SETTLE_MS = 300;
const DRAIN_MAX_MS = 20_000;
const STOPPED_MAX_MS = 5_000;

export interface StandardSizes {
  instruments: number;
  clients: number;
  slow: number;
  frozen: number;
  rate: number;
  warmupRate: number;
  warmupMs: number;
  durationMs: number;
  /** What the clients ask for; undefined: the service's own choice. */
  windowMs: number | undefined;
}

export const STANDARD: StandardSizes = {
  instruments: 9000,
  clients: 50,
  slow: 5,
  frozen: 2,
  rate: 50_000,
  warmupRate: 10_000,
  warmupMs: 2000,
  durationMs: 20_000,
  windowMs: undefined,
};

export const STANDARD_SMOKE: StandardSizes = {
  instruments: 3000,
  clients: 6,
  slow: 1,
  frozen: 1,
  rate: 2000,
  warmupRate: 2000,
  warmupMs: 200,
  durationMs: 1500,
  windowMs: undefined,
};

/** Everything known after the standard load. */
export interface StandardLoad {
  sizes: StandardSizes;
  sent: Map<number, SentSums>;
  optionTokens: ReadonlySet<number>;
  /** Ticks that the simulator made. */
  made: number;
  tokens: readonly number[][];
  /** Slow and frozen clients are the last ones. */
  readers: number;
  /** When the ticks had ended: slow and frozen clients had not got all of theirs. */
  atEnd: ReceiversReport;
  /** After all had read all that there was for them. */
  afterThaw: ReceiversReport;
  /** Ticks that each client should have got. */
  expected: number[];
  serviceMs: number;
  busiestThreadMs: number;
  residentMaxMiB: number;
  jitter: JitterReading;
}

/** The simulator, the service and its clients in processes of their own; one load. */
export async function runStandardLoad(
  context: HostContext,
  sizes: StandardSizes,
): Promise<StandardLoad> {
  const rig = await startServiceRig(context.processes, sizes.instruments, ACCOUNTS);
  const receivers = new Receivers(context.processes, RECEIVERS);
  try {
    return await Promise.race([measure(context, rig, receivers, sizes), rig.died]);
  } finally {
    await context.processes.end(receivers.processes);
    await rig.end();
  }
}

async function measure(
  context: HostContext,
  rig: ServiceRig,
  receivers: Receivers,
  sizes: StandardSizes,
): Promise<StandardLoad> {
  const { clients, slow, frozen, rate, durationMs } = sizes;
  const tokens = Array.from({ length: clients }, (_unused, client) => tokensOf(rig, client, sizes));
  const readers = clients - slow - frozen;
  const numbers = await receivers.connect(
    tokens.map((own, client) => planOf(rig, own, client, sizes)),
    [...rig.optionTokens],
  );
  await untilQuiet(rig, receivers);
  await scheduleTicks(rig.simulatorUrl, sizes.warmupRate, sizes.warmupMs);
  await sleep(sizes.warmupMs);
  await stoppedLedger(rig);
  await untilQuiet(rig, receivers);
  await receivers.begin();
  await receivers.pace(numbers.slice(readers, readers + slow), {
    bytesPerSecond: SLOW_BYTES_PER_SECOND,
  });
  await receivers.pace(numbers.slice(readers + slow), 'frozen');
  const before = await fetchLedger(rig.simulatorUrl);
  context.jitter.takeWindow();
  const cpuBefore = readCpu(rig.service.pid);
  await scheduleTicks(rig.simulatorUrl, rate, durationMs);
  const residentMaxMiB = await greatestResidentMiB(rig.service.pid, durationMs + SETTLE_MS);
  const cpu = usedSince(cpuBefore, readCpu(rig.service.pid));
  const jitter = context.jitter.takeWindow();
  const after = await stoppedLedger(rig);
  const atEnd = await receivers.report();
  const sent = sentBetween(before, after);
  const expected = tokens.map((own) =>
    own.reduce((sum, token) => sum + (sent.get(token)?.deliveries.count ?? 0), 0),
  );
  await receivers.pace(numbers.slice(readers), 'fast');
  await drained(receivers, expected);
  return {
    sizes,
    sent,
    optionTokens: rig.optionTokens,
    made: after.ticks - before.ticks,
    tokens,
    readers,
    atEnd,
    afterThaw: await receivers.report(),
    expected,
    ...cpu,
    residentMaxMiB,
    jitter,
  };
}

function planOf(
  rig: ServiceRig,
  tokens: number[],
  client: number,
  { clients, slow, frozen, windowMs }: StandardSizes,
): ClientPlan {
  const readers = clients - slow - frozen;
  const { hostname, port } = new URL(rig.serviceUrl);
  return {
    dialect: 'ticker',
    host: hostname,
    port: Number(port),
    key: rig.key,
    tokens,
    mode: 'full',
    windowMs,
    isSample: client < readers && client % CLIENTS_PER_SAMPLE === 0,
    mayBeSlow: client >= readers,
  };
}

function tokensOf({ instruments }: ServiceRig, client: number, { clients }: StandardSizes) {
  const step = Math.floor(instruments.length / clients);
  return Array.from({ length: CLIENT_INSTRUMENTS }, (_unused, index) => {
    const place = ((client * step + index) * SHUFFLE) % instruments.length;
    return instruments[place]?.token ?? 0;
  });
}

/** Waits until nothing is on its way any more. */
async function untilQuiet(rig: ServiceRig, receivers: Receivers): Promise<void> {
  const deadlineMs = performance.now() + QUIET_MAX_MS;
  let seen = '';
  for (;;) {
    const ledger = await fetchLedger(rig.simulatorUrl);
    const metrics = await readMetrics(rig.serviceUrl, rig.key);
    const sent = ledger.connections.reduce((total, { packets }) => total + packets, 0);
    const received = sample(metrics, 'ticker_upstream_ticks_total');
    const state = JSON.stringify({ sent, received, ...(await receivers.progress()) });
    if (sent === received && state === seen) return;
    if (performance.now() > deadlineMs) throw new Error(`not quiet: ${state}`);
    seen = state;
    await sleep(POLL_MS);
  }
}

async function greatestResidentMiB(pid: number, durationMs: number): Promise<number> {
  const endMs = performance.now() + durationMs;
  let greatest = 0;
  while (performance.now() < endMs) {
    greatest = Math.max(greatest, readResidentMiB(pid) ?? 0);
    await sleep(POLL_MS);
  }
  return greatest;
}

async function stoppedLedger({ simulatorUrl }: ServiceRig): Promise<Ledger> {
  const deadlineMs = performance.now() + STOPPED_MAX_MS;
  for (;;) {
    const ledger = await fetchLedger(simulatorUrl);
    if (!ledger.is_ticking) return ledger;
    if (performance.now() > deadlineMs) throw new Error('the simulator does not stop ticking');
    await sleep(POLL_MS);
  }
}

/** Waits until everything has come or been merged, or no more comes. */
async function drained(receivers: Receivers, expected: readonly number[]): Promise<void> {
  const total = expected.reduce((sum, ticks) => sum + ticks, 0);
  const deadlineMs = performance.now() + DRAIN_MAX_MS;
  while (performance.now() < deadlineMs) {
    const { ticks, merged, ended } = await receivers.progress();
    if (ticks + merged >= total || ended > 0) return;
    await sleep(POLL_MS);
  }
}

function usedSince(before: CpuReading | undefined, after: CpuReading | undefined) {
  let busiestThreadMs = 0;
  for (const [thread, ms] of after?.byThreadMs ?? []) {
    busiestThreadMs = Math.max(busiestThreadMs, ms - (before?.byThreadMs.get(thread) ?? 0));
  }
  return { serviceMs: (after?.totalMs ?? 0) - (before?.totalMs ?? 0), busiestThreadMs };
}
