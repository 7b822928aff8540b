/**
 * The service as it is used: the broker's simulator, the service, and clients, each a process of
 * its own, over real sockets. Every tick of every client is checked: its sequence, its Greeks'
 * status, and in the end count, sum of prices and sum of volumes of every instrument against the
 * simulator's own ledger. The first rate must be delivered whole, whatever the machine; above it
 * the bench looks for the rate at which the service falls behind, and then everything that is
 * missing must have been named. A regression here that the pipeline does not show is in the
 * sockets, the threads' wake-ups, or the fan-out.
 */
import type { HostContext } from '../harness/bench.ts';
import { type Measurement, type RunReport, spreadOf } from '../harness/result.ts';
import { INSTRUMENTS } from '../market/selection.ts';
import { BenchClient } from './bench-client.ts';
import { RateLadder } from './ladder.ts';
import { applyLoad, type LoadResult, type LoadTarget, sleep } from './load.ts';
import { checkLoad } from './load-check.ts';
import { deliveredTicks, loadFigures, namedMissing } from './load-figures.ts';
import { readMetrics, sample } from './service-metrics.ts';
import { type ServiceRig, startServiceRig } from './service-rig.ts';
import { fetchLedger } from './simulator-control.ts';

const CLIENT_INSTRUMENTS = 500;
/** Places between the first instruments of two clients: neighbours share some. */
const CLIENT_STEP = 300;
/** Odd and without a common factor with INSTRUMENTS: popular ones are spread over the clients. */
const SHUFFLE = 1471;
const QUIET_MS = 30_000;
const POLL_MS = 100;
/** No new rate after this. */
const CLIMB_MAX_MS = 130_000;

/** The simulator itself must have made this share of the ticks that it should. */
const MADE_SHARE_MIN = 0.97;
/** A rate is sustained if nobody is further behind at its end. */
const BEHIND_MAX_MS = 250;

interface Sizes {
  clients: number;
  runs: number;
  runMs: number;
  warmupMs: number;
}

const FULL: Sizes = { clients: 10, runs: 5, runMs: 2000, warmupMs: 1000 };
const SMOKE: Sizes = { clients: 2, runs: 1, runMs: 2000, warmupMs: 200 };
const SMOKE_RATE = 2000;
const WARMUP_RATE_MAX = 10_000;

export async function runSockets(context: HostContext): Promise<RunReport[]> {
  if (context.smoke) return (await runRate(context, SMOKE, SMOKE_RATE, true)).reports;
  const startedMs = performance.now();
  const ladder = new RateLadder();
  const reports: RunReport[] = [];
  let isFirst = true;
  for (let rate = ladder.next; rate !== undefined; rate = ladder.next) {
    if (performance.now() - startedMs > CLIMB_MAX_MS) {
      reports[0]?.notes.push(`out of time before ${rate} ticks/s`);
      break;
    }
    context.progress(`socket, ${rate} ticks/s`);
    const outcome = await runRate(context, FULL, rate, isFirst);
    reports.push(...outcome.reports);
    ladder.record(outcome.isSustained);
    isFirst = false;
  }
  reports.at(-1)?.measurements.push(...kneeFigures(ladder));
  return reports;
}

function kneeFigures({ sustained, failed }: RateLadder): Measurement[] {
  const figures: Measurement[] = [
    { name: 'highest rate sustained', unit: 'ticks/s', value: sustained },
  ];
  if (Number.isFinite(failed)) {
    figures.push({ name: 'lowest rate not sustained', unit: 'ticks/s', value: failed });
  }
  return figures;
}

interface RateOutcome {
  reports: RunReport[];
  isSustained: boolean;
}

/** All runs of one rate, on processes of their own. */
async function runRate(
  context: HostContext,
  sizes: Sizes,
  rate: number,
  complete: boolean,
): Promise<RateOutcome> {
  const rig = await startServiceRig(context.processes);
  const clients: BenchClient[] = [];
  try {
    for (let number = 0; number < sizes.clients; number++) {
      const tokens = tokensOfClient(rig, number);
      clients.push(new BenchClient(context.processes, `client ${number + 1}`, tokens));
    }
    const target: LoadTarget = { rig, clients, jitter: context.jitter };
    return await Promise.race([measureRate(target, sizes, rate, complete), rig.died]);
  } finally {
    await context.processes.end(clients.map(({ process }) => process));
    await rig.end();
  }
}

async function measureRate(
  target: LoadTarget,
  sizes: Sizes,
  rate: number,
  complete: boolean,
): Promise<RateOutcome> {
  const { rig } = target;
  await Promise.all(
    target.clients.map((client) => client.subscribe(rig.ticksUrl, rig.key, rig.optionTokens)),
  );
  await untilQuiet(target);
  await applyLoad(target, Math.min(rate, WARMUP_RATE_MAX), sizes.warmupMs);
  const reports: RunReport[] = [];
  const loads: LoadResult[] = [];
  for (let run = 0; run < sizes.runs; run++) {
    const load = await applyLoad(target, rate, sizes.runMs);
    loads.push(load);
    const verifier = checkLoad(target.clients, load, complete);
    reports.push({
      measurements: loadFigures(load),
      checks: verifier.checks,
      notes: notesOf(target, sizes, load),
    });
    if (target.clients.some(({ closed }) => closed !== undefined)) break;
  }
  return { reports, isSustained: isSustained(target, loads) };
}

/** By the median of the runs: a machine's hiccup is not the service's limit. */
function isSustained({ clients }: LoadTarget, loads: readonly LoadResult[]): boolean {
  const made = spreadOf(
    loads.map(({ made, rate, durationMs }) => made / (rate * durationMs)),
  ).median;
  const behindMs = spreadOf(loads.map((load) => load.behindMs)).median;
  return (
    clients.every(({ closed }) => closed === undefined) &&
    loads.every((load) => deliveredTicks(load) === load.expected) &&
    loads.every(({ reports }) => namedMissing(reports) === 0) &&
    made * 1000 >= MADE_SHARE_MIN &&
    behindMs <= BEHIND_MAX_MS
  );
}

function notesOf({ clients }: LoadTarget, sizes: Sizes, load: LoadResult): string[] {
  const at = `${load.rate.toLocaleString('en-US')}/s`;
  const notes = [
    `${sizes.clients} client processes x ${CLIENT_INSTRUMENTS} of ${INSTRUMENTS} instruments, ` +
      `mode full with Greeks; ${sizes.runMs / 1000} s a run`,
    'ticks made include the few of indices and of contracts that the service itself needs',
  ];
  if (load.skipped > 0) notes.push(`${at}: the simulator was late and left out ticks`);
  for (const { process, closed } of clients) {
    if (closed === undefined) continue;
    notes.push(`${at}: the service closed ${process.name} with ${closed.code} ${closed.reason}`);
  }
  return notes;
}

/** Instruments of client `number`: each is some client's, two thirds are two clients'. */
function tokensOfClient({ instruments }: ServiceRig, number: number): number[] {
  return Array.from({ length: CLIENT_INSTRUMENTS }, (_unused, index) => {
    const place = ((number * CLIENT_STEP + index) * SHUFFLE) % instruments.length;
    return instruments[place]?.token ?? 0;
  });
}

/** Waits until every client has a value of every instrument and nothing is on its way any more. */
async function untilQuiet({ rig, clients }: LoadTarget): Promise<void> {
  const deadlineMs = performance.now() + QUIET_MS;
  let seen = '';
  let state: string;
  do {
    state = seen;
    if (performance.now() > deadlineMs) throw new Error(`not quiet after ${QUIET_MS} ms: ${state}`);
    await sleep(POLL_MS);
    const progress = await Promise.all(clients.map((client) => client.progress()));
    const ledger = await fetchLedger(rig.simulatorUrl);
    const metrics = await readMetrics(rig.serviceUrl, rig.key);
    const sent = ledger.connections.reduce((total, { packets }) => total + packets, 0);
    const received = sample(metrics, 'ticker_upstream_ticks_total');
    const waiting = clients.reduce(
      (total, { tokens }, index) => total + tokens.length - (progress[index]?.tokensSeen ?? 0),
      0,
    );
    const ticks = progress.reduce((total, client) => total + client.ticks, 0);
    seen = JSON.stringify({ sent, received, waiting, ticks });
    if (waiting > 0 || sent !== received) seen += ' (on their way)';
  } while (seen !== state || seen.endsWith(')'));
}
