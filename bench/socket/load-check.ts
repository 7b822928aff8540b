import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { Verifier } from '../harness/verifier.ts';
import type { Closed } from './bench-client.ts';
import type { ClientReport } from './client-messages.ts';
import type { LoadResult } from './load.ts';
import { sample } from './service-metrics.ts';
import type { SentSums } from './simulator-control.ts';

/** Series of the service that must not rise when nothing is lost. */
const LOSSES = [
  'ticker_dropped_ticks_total{reason="ring_overrun"}',
  'ticker_upstream_packets_rejected_total{reason="unknown_length"}',
  'ticker_upstream_packets_rejected_total{reason="truncated"}',
  'ticker_upstream_packets_rejected_total{reason="unknown_instrument"}',
  'ticker_clients_closed_total{cause="too_slow"}',
];

/** What no load may do: values wrong, ticks twice, ticks missing that nothing names. */
const NEVER = [
  'unexplained',
  'repeated',
  'snapshots',
  'badThrough',
  'badGreeks',
  'otherStatuses',
] as const satisfies readonly (keyof ClientReport)[];

/** What the check must know of a client. */
export interface CheckedClient {
  process: { name: string };
  tokens: readonly number[];
  closed: Closed | undefined;
}

/** What a client got of one instrument, against what was sent. */
export interface Comparison {
  /** Sent, not received, and not named in a jump either. */
  unnamed: number;
  named: number;
  differs: boolean;
}

/**
 * Compares every sum of every client with the simulator's ledger. `complete`: nothing may be
 * missing at all. Else what is missing must have been named by the service.
 */
export function checkLoad(
  clients: readonly CheckedClient[],
  load: LoadResult,
  complete: boolean,
): Verifier {
  const verifier = new Verifier();
  const at = `${load.rate.toLocaleString('en-US')}/s`;
  verifier.atLeast(`${at}: ticks made`, load.made, 1);
  clients.forEach((client, index) => {
    const report = load.reports[index];
    if (report === undefined) return;
    const who = `${at}: ${client.process.name}`;
    for (const name of NEVER) verifier.equal(`${who}: ${name}`, report[name], 0);
    checkStatuses(verifier, who, report);
    // What a client that was closed for reading too slowly has got is checked above, up to the end.
    if (client.closed === undefined) checkSums(verifier, who, client, report, load, complete);
  });
  if (!complete) return verifier;
  for (const series of LOSSES) {
    const rise = sample(load.metricsAfter, series) - sample(load.metricsBefore, series);
    verifier.equal(`${at}: rise of ${series}`, rise, 0);
  }
  const closed = clients.filter((client) => client.closed !== undefined);
  verifier.equal(
    `${at}: clients closed`,
    closed.map((client) => client.closed),
    [],
  );
  return verifier;
}

function checkSums(
  verifier: Verifier,
  who: string,
  client: CheckedClient,
  report: ClientReport,
  load: LoadResult,
  complete: boolean,
): void {
  const comparisons = client.tokens.map((token, place) =>
    compareWithLedger(report, place, load.sent.get(token)),
  );
  const unnamed = comparisons.reduce((total, comparison) => total + comparison.unnamed, 0);
  const named = comparisons.reduce((total, comparison) => total + comparison.named, 0);
  const differ = comparisons.filter(({ differs }) => differs).length;
  verifier.equal(`${who}: instruments that differ from the ledger`, differ, 0);
  if (complete) {
    verifier.equal(`${who}: ticks missing`, named + unnamed, 0);
  } else {
    // A gap after an instrument's last tick shows in no jump, only in the record.
    verifier.atMost(`${who}: ticks missing that nothing names`, unnamed, report.gapPositions);
  }
}

/** `place`: of the instrument among the client's. */
export function compareWithLedger(
  { sums }: Pick<ClientReport, 'sums'>,
  place: number,
  sent: SentSums | undefined,
): Comparison {
  const received = sums.counts[place] ?? 0;
  const named = sums.missing[place] ?? 0;
  const { count, last_price_sum: prices, volume_sum: volumes } = sent?.deliveries ?? NOTHING;
  const unnamed = count - received - named;
  const sameSums = sums.priceSums[place] === prices && sums.volumeSums[place] === volumes;
  const sameLast = received === 0 || sums.lastPrices[place] === sent?.lastPrice;
  // With ticks missing only the counts can be compared.
  const differs = unnamed < 0 || (received === count && !(sameSums && sameLast));
  return { unnamed, named, differs };
}

const NOTHING = { count: 0, last_price_sum: 0, volume_sum: 0 };

/** Every option tick carries Greeks or the reason why not. */
function checkStatuses(verifier: Verifier, who: string, report: ClientReport): void {
  const { UNSET, NOT_AN_OPTION, NOT_REQUESTED } = GREEKS_STATUS;
  const wrong = [UNSET, NOT_AN_OPTION, NOT_REQUESTED].map(
    (status) => report.optionStatuses[status] ?? 0,
  );
  verifier.equal(`${who}: option ticks without Greeks and without a reason`, wrong, [0, 0, 0]);
}
