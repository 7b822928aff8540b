import { Verifier } from '../harness/verifier.ts';
import { ticksBetween } from './fanout-market.ts';
import type { FanoutLoad } from './fanout-rig.ts';
import { deliveriesPerSecond } from './fanout-scenario.ts';
import type { ClientCount, SampleReport } from './receiver-messages.ts';

const SHOWN_MAX = 5;

/** What no load may do to a client that checks everything. */
const NEVER = ['snapshots', 'badThrough', 'badGreeks', 'otherStatuses'] as const;

/**
 * Counts every delivery against what the ring holds: delivered + merged + named in a gap = made.
 * `complete`: nothing may be lost from the ring, and nobody be cut off, whatever the machine.
 */
export function checkFanout(load: FanoutLoad, complete: boolean): Verifier {
  const verifier = new Verifier();
  const at = loadName(load);
  verifier.atLeast(`${at}: ticks made`, load.fed.to - load.fed.from, 1);
  const { clients, samples } = load.report;
  const malformed = clients.reduce((sum, client) => sum + client.malformed, 0);
  verifier.equal(`${at}: malformed messages`, malformed, 0);
  for (const sample of samples) checkSample(verifier, at, sample);
  if (complete) {
    const ended = clients.flatMap((client) => client.ended ?? []);
    verifier.equal(`${at}: clients cut off`, ended.slice(0, SHOWN_MAX), []);
    verifier.equal(`${at}: gap records`, gapRecords(load), 0);
  }
  // A rival that has fallen behind names nothing: what it still owes cannot be checked.
  if (load.contender !== 'service' && !load.isDrained) return verifier;
  const wrong = clients.flatMap((client, index) => {
    const expected = load.expected[index] ?? 0;
    if (expected === 0 || client.ended !== undefined) return [];
    const unaccounted = expected - accountedTicks(client, load.places[index] ?? [], load);
    return unaccounted === 0 ? [] : [`client ${index + 1}: ${unaccounted} of ${expected}`];
  });
  verifier.equal(`${at}: clients with ticks unaccounted`, wrong.slice(0, SHOWN_MAX), []);
  return verifier;
}

/** `half shared: service, 2,000,000/s` */
export function loadName({ scenario, contender, rate }: FanoutLoad): string {
  const deliveries = Math.round(deliveriesPerSecond(scenario, rate)).toLocaleString('en-US');
  return `${scenario.name}: ${contender}, ${deliveries}/s`;
}

function accountedTicks(
  client: ClientCount,
  places: readonly number[],
  { fed }: FanoutLoad,
): number {
  let named = 0;
  for (const [from, to] of client.gaps) {
    const first = Math.max(from - 1, fed.from);
    const last = Math.min(to, fed.to);
    if (last <= first) continue;
    for (const place of places) named += ticksBetween(place, first, last);
  }
  return client.ticks + client.merged + named;
}

function checkSample(verifier: Verifier, at: string, sample: SampleReport): void {
  const who = `${at}: client ${sample.client + 1}`;
  verifier.equal(`${who}: ticks missing that nothing names`, sample.unexplained, 0);
  verifier.equal(`${who}: repeated ticks`, sample.repeated, 0);
  if (sample.ticks === undefined) return;
  for (const name of NEVER) verifier.equal(`${who}: ${name}`, sample.ticks[name], 0);
}

export function deliveredTicks({ report }: FanoutLoad): number {
  return report.clients.reduce((sum, { ticks }) => sum + ticks, 0);
}

export function mergedTicks({ report }: FanoutLoad): number {
  return report.clients.reduce((sum, { merged }) => sum + merged, 0);
}

export function gapRecords({ report }: FanoutLoad): number {
  return report.clients.reduce((sum, { gaps }) => sum + gaps.length, 0);
}
