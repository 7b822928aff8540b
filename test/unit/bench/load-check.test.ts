import assert from 'node:assert/strict';
import test from 'node:test';
import { LatencyHistogram } from '../../../bench/harness/latency-histogram.ts';
import type { ClientReport } from '../../../bench/socket/client-messages.ts';
import type { LoadResult } from '../../../bench/socket/load.ts';
import { checkLoad, type CheckedClient } from '../../../bench/socket/load-check.ts';
import { GREEKS_STATUS } from '../../../src/domain/status.ts';

const LOSSES = [
  'ticker_dropped_ticks_total{reason="ring_overrun"}',
  'ticker_upstream_packets_rejected_total{reason="unknown_length"}',
  'ticker_upstream_packets_rejected_total{reason="truncated"}',
  'ticker_upstream_packets_rejected_total{reason="unknown_instrument"}',
  'ticker_clients_closed_total{cause="too_slow"}',
];
const TOKENS = [11, 12];

/** A client that got everything of the load below, unless `change` says otherwise. */
function reportOf(change: (report: ClientReport) => void = () => undefined): ClientReport {
  const latencies = new LatencyHistogram().recorded();
  const report: ClientReport = {
    sums: {
      counts: Uint32Array.of(3, 1),
      priceSums: Uint32Array.of(300, 50),
      volumeSums: Uint32Array.of(30, 5),
      missing: Uint32Array.of(0, 0),
      lastPrices: Uint32Array.of(101, 50),
    },
    ticks: 4,
    frames: 2,
    bytes: 1280,
    snapshots: 0,
    repriced: 0,
    unexplained: 0,
    repeated: 0,
    gapPositions: 0,
    badThrough: 0,
    optionStatuses: new Uint32Array(16),
    otherStatuses: 0,
    badGreeks: 0,
    fromReceive: latencies,
    fromSend: latencies,
    cpuUs: 1,
    lastTickUs: 1,
  };
  change(report);
  return report;
}

function loadOf(report: ClientReport, losses = 0): LoadResult {
  const sums = (count: number, price: number, volume: number) => ({
    count,
    last_price_sum: price,
    volume_sum: volume,
  });
  const metrics = (value: number) => new Map(LOSSES.map((series) => [series, value]));
  return {
    rate: 1000,
    durationMs: 1000,
    sent: new Map([
      [11, { deliveries: sums(3, 300, 30), lastPrice: 101 }],
      [12, { deliveries: sums(1, 50, 5), lastPrice: 50 }],
    ]),
    made: 4,
    skipped: 0,
    expected: 4,
    reports: [report],
    metricsBefore: metrics(1),
    metricsAfter: metrics(1 + losses),
    simulatorCpu: undefined,
    serviceCpu: undefined,
    serviceMiB: undefined,
    jitter: { samples: 0, p50Us: 0, p99Us: 0, maxUs: 0 },
    behindMs: 0,
  };
}

function failures(load: LoadResult, complete: boolean, closed?: CheckedClient['closed']): string[] {
  const client: CheckedClient = { process: { name: 'client 1' }, tokens: TOKENS, closed };
  return checkLoad([client], load, complete)
    .checks.filter(({ ok }) => !ok)
    .map(({ name }) => name.replace(/^1,000\/s: (client 1: )?/, ''));
}

/** What is found if a client reports `change`, where nothing may be missing and where it may. */
function found(change: (report: ClientReport) => void): { complete: string[]; loose: string[] } {
  const load = loadOf(reportOf(change));
  return { complete: failures(load, true), loose: failures(load, false) };
}

test('a load of which everything arrived passes', () => {
  assert.deepEqual(
    found(() => undefined),
    { complete: [], loose: [] },
  );
});

test('a wrong value, a wrong last price or a tick too many is found at every rate', () => {
  const differ = ['instruments that differ from the ledger'];
  const price = found(({ sums }) => (sums.priceSums[0] = 299));
  assert.deepEqual(price, { complete: differ, loose: differ });
  const volume = found(({ sums }) => (sums.volumeSums[1] = 6));
  assert.deepEqual(volume, { complete: differ, loose: differ });
  const last = found(({ sums }) => (sums.lastPrices[0] = 100));
  assert.deepEqual(last, { complete: differ, loose: differ });
  const extra = found(({ sums }) => (sums.counts[1] = 2));
  assert.ok(extra.loose.includes('instruments that differ from the ledger'));
});

test('a missing tick that nothing names is found at every rate', () => {
  const { complete, loose } = found(({ sums }) => (sums.counts[0] = 2));
  assert.deepEqual(complete, ['ticks missing']);
  assert.deepEqual(loose, ['ticks missing that nothing names']);
});

test('a missing tick that is named fails only where nothing may be missing', () => {
  const { complete, loose } = found((report) => {
    report.sums.counts[0] = 2;
    report.sums.missing[0] = 1;
    report.gapPositions = 1;
  });
  assert.deepEqual(complete, ['ticks missing']);
  assert.deepEqual(loose, []);
});

test('faults that a client saw itself, and options without a status, fail at every rate', () => {
  for (const name of ['unexplained', 'repeated', 'snapshots', 'badThrough', 'badGreeks'] as const) {
    const { complete, loose } = found((report) => (report[name] = 1));
    assert.deepEqual([complete, loose], [[name], [name]]);
  }
  const { loose } = found(({ optionStatuses }) => (optionStatuses[GREEKS_STATUS.UNSET] = 1));
  assert.deepEqual(loose, ['option ticks without Greeks and without a reason']);
});

test('losses that the service counts fail where nothing may be missing', () => {
  const load = loadOf(reportOf(), 2);
  assert.equal(failures(load, true).length, LOSSES.length);
  assert.deepEqual(failures(load, false), []);
});

test('a client that the service closed fails where nothing may be missing', () => {
  const load = loadOf(reportOf());
  const closed = { code: 4008, reason: 'TOO_SLOW' };
  assert.deepEqual(failures(load, true, closed), ['clients closed']);
  assert.deepEqual(failures(load, false, closed), []);
});
