import assert from 'node:assert/strict';
import test from 'node:test';
import { checkFanout } from '../../../bench/fanout/fanout-check.ts';
import { isSustained, outcomeOf } from '../../../bench/fanout/fanout-figures.ts';
import { placesOfSet, ticksBetween } from '../../../bench/fanout/fanout-market.ts';
import type { FanoutLoad } from '../../../bench/fanout/fanout-rig.ts';
import { MIXED, ticksPerSecond } from '../../../bench/fanout/fanout-scenario.ts';
import type { ClientCount } from '../../../bench/fanout/receiver-messages.ts';
import { LatencyHistogram } from '../../../bench/harness/latency-histogram.ts';

const FROM = 1000;
const TO = 3000;
const PLACES = placesOfSet(3);
const EXPECTED = PLACES.reduce((sum, place) => sum + ticksBetween(place, FROM, TO), 0);
const SCENARIO = { ...MIXED, clients: 1 };

/** One client that got everything, unless `change` says otherwise. */
function loadOf(change: Partial<ClientCount> = {}, rest: Partial<FanoutLoad> = {}): FanoutLoad {
  const client: ClientCount = {
    ticks: EXPECTED,
    merged: 0,
    snapshots: 0,
    repriced: 0,
    frames: 10,
    bytes: 1000,
    malformed: 0,
    gaps: [],
    warnings: 0,
    lastTickUs: 1,
    ended: undefined,
    ...change,
  };
  return {
    contender: 'service',
    scenario: SCENARIO,
    rate: ticksPerSecond(SCENARIO, EXPECTED),
    durationMs: 1000,
    fed: { from: FROM, to: TO, startedUs: 0, skipped: 0 },
    expected: [EXPECTED],
    places: [PLACES],
    report: { clients: [client], samples: [], fromReceive: new LatencyHistogram(), cpuUs: 0 },
    isDrained: true,
    server: { totalMs: 1, busiestThreadMs: 1, busiestSystemMs: 1 },
    receiversMs: [1],
    residentMiB: 1,
    behindMs: 1,
    elapsedMs: 1001,
    jitter: { samples: 1, p50Us: 1, p99Us: 1, maxUs: 1 },
    ...rest,
  };
}

function failures(load: FanoutLoad, complete: boolean): string[] {
  return checkFanout(load, complete)
    .checks.filter(({ ok }) => !ok)
    .map(({ name }) => name.replace(/^.*\/s: /, ''));
}

test('a client that got everything is complete and sustained', () => {
  assert.deepEqual(failures(loadOf(), true), []);
  assert.equal(isSustained(loadOf()), true);
  assert.equal(outcomeOf(loadOf()), 'complete');
});

test('a tick too few and a tick too many are unaccounted', () => {
  for (const ticks of [EXPECTED - 1, EXPECTED + 1]) {
    assert.deepEqual(failures(loadOf({ ticks }), false), ['clients with ticks unaccounted']);
  }
});

test('merged ticks are accounted, but a rate with merged ticks is not sustained', () => {
  const load = loadOf({ ticks: EXPECTED - 7, merged: 7 });
  assert.deepEqual(failures(load, true), []);
  assert.equal(isSustained(load), false);
});

test('a gap record accounts for the ticks of the client within it, and for no more', () => {
  const [first, last] = [1201, 1400];
  const named = PLACES.reduce((sum, place) => sum + ticksBetween(place, first - 1, last), 0);
  assert.ok(named > 1);
  const gaps: [number, number][] = [[first, last]];
  assert.deepEqual(failures(loadOf({ ticks: EXPECTED - named, gaps }), false), []);
  assert.deepEqual(failures(loadOf({ ticks: EXPECTED - named, gaps }), true), ['gap records']);
  assert.deepEqual(failures(loadOf({ ticks: EXPECTED - named - 1, gaps }), false), [
    'clients with ticks unaccounted',
  ]);
});

test('a client cut off fails a load that must be complete', () => {
  assert.deepEqual(failures(loadOf({ ticks: 1, ended: '4008' }), false), []);
  assert.deepEqual(failures(loadOf({ ticks: 1, ended: '4008' }), true), ['clients cut off']);
});

test('a frozen client owes nothing, a rival that is behind is not counted but not sustained', () => {
  assert.deepEqual(failures(loadOf({ ticks: 0 }, { expected: [0] }), true), []);
  const behind = loadOf({ ticks: 5 }, { contender: 'ws', isDrained: false });
  assert.deepEqual(failures(behind, false), []);
  assert.equal(isSustained(behind), false);
  assert.equal(outcomeOf(behind), 'did not catch up');
});

test('a server that took fewer ticks than it should is not sustained', () => {
  const load = loadOf({}, { rate: 2 * ticksPerSecond(SCENARIO, EXPECTED) });
  assert.equal(isSustained(load), false);
  assert.match(outcomeOf(load), /^took only/);
});
