import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { LatencyHistogram } from '../harness/latency-histogram.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import type { ClientReport } from '../socket/client-messages.ts';
import { compareWithLedger } from '../socket/load-check.ts';
import type { ClientCount } from './receiver-messages.ts';
import type { StandardLoad } from './standard-load.ts';

const NAME = 'standard load';
const US_PER_MS = 1000;
const MS_PER_S = 1000;
const SHOWN_MAX = 5;

/** What no load may do to a client that checks everything. */
const NEVER = [
  'unexplained',
  'repeated',
  'snapshots',
  'badThrough',
  'badGreeks',
  'otherStatuses',
] as const;

/** The standard load in numbers. */
export interface StandardFigures {
  offered: number;
  made: number;
  /** Of the ticks made, %. */
  optionPercent: number;
  /** To those who read all that comes. */
  delivered: number;
  /** Per tick in. */
  serviceUs: number;
  busiestPercent: number;
  p50Ms: number;
  p99Ms: number;
  jitterP50Ms: number;
  jitterP99Ms: number;
  latePercent: number;
  residentMaxMiB: number;
  slowMerged: number;
  frozenMerged: number;
  receiversNs: number;
}

export function standardFigures(load: StandardLoad): StandardFigures {
  const { sizes, readers, atEnd, afterThaw, made, jitter } = load;
  const seconds = sizes.durationMs / MS_PER_S;
  const reading = atEnd.clients.slice(0, readers);
  const delivered = reading.reduce((sum, { ticks }) => sum + ticks, 0);
  const merged = (from: number, to: number): number =>
    afterThaw.clients.slice(from, to).reduce((sum, client) => sum + client.merged, 0);
  const latency = new LatencyHistogram();
  let options = 0;
  let late = 0;
  for (const { ticks } of atEnd.samples) {
    if (ticks === undefined) continue;
    latency.add(new LatencyHistogram(ticks.fromReceive));
    options += ticks.optionStatuses.reduce((sum, count) => sum + count, 0);
    late += ticks.optionStatuses[GREEKS_STATUS.GREEKS_LATE] ?? 0;
    late += ticks.optionStatuses[GREEKS_STATUS.GREEKS_SKIPPED] ?? 0;
  }
  return {
    offered: sizes.rate,
    made: made / seconds,
    optionPercent: optionPercent(load),
    delivered: delivered / seconds,
    serviceUs: (load.serviceMs * US_PER_MS) / Math.max(1, made),
    busiestPercent: (100 * load.busiestThreadMs) / sizes.durationMs,
    p50Ms: latency.percentile(0.5) / US_PER_MS,
    p99Ms: latency.percentile(0.99) / US_PER_MS,
    jitterP50Ms: jitter.p50Us / US_PER_MS,
    jitterP99Ms: jitter.p99Us / US_PER_MS,
    latePercent: (100 * late) / Math.max(1, options),
    residentMaxMiB: load.residentMaxMiB,
    slowMerged: merged(readers, readers + sizes.slow),
    frozenMerged: merged(readers + sizes.slow, sizes.clients),
    receiversNs: (atEnd.cpuUs * US_PER_MS) / Math.max(1, delivered),
  };
}

function optionPercent({ sent, optionTokens }: StandardLoad): number {
  let options = 0;
  let all = 0;
  for (const [token, { deliveries }] of sent) {
    all += deliveries.count;
    if (optionTokens.has(token)) options += deliveries.count;
  }
  return (100 * options) / Math.max(1, all);
}

export function standardReport(load: StandardLoad): RunReport {
  const figures = standardFigures(load);
  const rows: [string, string, number][] = [
    ['ticks made', 'ticks/s', figures.made],
    ['of them ticks of options', '%', figures.optionPercent],
    ['ticks delivered to those who read', 'ticks/s', figures.delivered],
    ['CPU of the service, per tick in', 'us/tick', figures.serviceUs],
    ['busiest thread of the service', '% of a core', figures.busiestPercent],
    ['received by the service to client, p50', 'ms', figures.p50Ms],
    ['received by the service to client, p99', 'ms', figures.p99Ms],
    ['lateness of a 1 ms timer, p50', 'ms', figures.jitterP50Ms],
    ['lateness of a 1 ms timer, p99', 'ms', figures.jitterP99Ms],
    ['option ticks late or skipped', '%', figures.latePercent],
    ['greatest resident memory of the service', 'MiB', figures.residentMaxMiB],
    ['merged for the slow clients', 'ticks', figures.slowMerged],
    ['merged for the frozen clients', 'ticks', figures.frozenMerged],
    ['CPU of the receivers, per tick delivered', 'ns/tick', figures.receiversNs],
  ];
  const measurements: Measurement[] = rows.map(([name, unit, value]) => ({
    name: `${NAME}: ${name}`,
    unit,
    value,
  }));
  const { clients, slow, frozen } = load.sizes;
  const notes = [
    `${NAME}: ${clients} clients, ${slow} of them slow and ${frozen} frozen; afterwards these ` +
      'read all that there is for them, and are counted too',
  ];
  return { measurements, checks: checkStandard(load).checks, notes };
}

/** Counts every delivery against the simulator's ledger, slow and frozen clients' too. */
function checkStandard(load: StandardLoad): Verifier {
  const verifier = new Verifier();
  const { afterThaw, expected, made } = load;
  verifier.atLeast(`${NAME}: ticks made`, made, 1);
  const ended = afterThaw.clients.flatMap(({ ended: reason }) => reason ?? []);
  verifier.equal(`${NAME}: clients cut off`, ended.slice(0, SHOWN_MAX), []);
  const malformed = afterThaw.clients.reduce((sum, client) => sum + client.malformed, 0);
  verifier.equal(`${NAME}: malformed messages`, malformed, 0);
  const wrong = afterThaw.clients.flatMap((client, index) => {
    const missing = (expected[index] ?? 0) - client.ticks - client.merged;
    const isNamed = missing >= 0 && missing <= namedPositions(client);
    return isNamed ? [] : [`client ${index + 1}: ${missing} of ${expected[index] ?? 0}`];
  });
  verifier.equal(`${NAME}: clients with ticks unaccounted`, wrong.slice(0, SHOWN_MAX), []);
  for (const { client, ticks } of afterThaw.samples) {
    if (ticks === undefined) continue;
    const who = `${NAME}: client ${client + 1}`;
    for (const name of NEVER) verifier.equal(`${who}: ${name}`, ticks[name], 0);
    const differ = differences(load, client, ticks);
    verifier.equal(`${who}: instruments that differ from the ledger`, differ, 0);
  }
  return verifier;
}

/** Upper bound of the ticks that a client's gap records name. */
function namedPositions({ gaps }: ClientCount): number {
  return gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

function differences({ tokens, sent }: StandardLoad, client: number, ticks: ClientReport): number {
  const own = tokens[client] ?? [];
  return own.filter((token, place) => compareWithLedger(ticks, place, sent.get(token)).differs)
    .length;
}
