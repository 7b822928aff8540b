import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOOP_BEAT, METER_WRITER } from '../../../../src/shm/layout/meters.ts';
import { createMeters, ThreadMeters } from '../../../../src/shm/meters.ts';
import { HangWatch } from '../../../../src/threads/control/hang-watch.ts';

const SILENT_CHECKS_MAX = 10;

function create(clockSpeed = 1) {
  const meters = createMeters(METER_WRITER.GREEKS);
  const watch = new HangWatch(meters, clockSpeed);
  const beatOf = (writer: number) => {
    const own = new ThreadMeters(meters, writer);
    return () => own.add(LOOP_BEAT, 1);
  };
  return { watch, ingest: beatOf(METER_WRITER.INGEST), publish: beatOf(METER_WRITER.PUBLISH) };
}

function checks(watch: HangWatch, count: number, between = (): void => undefined): unknown[] {
  return Array.from({ length: count }, () => {
    between();
    return watch.check();
  });
}

const well = (count: number): undefined[] => new Array<undefined>(count).fill(undefined);

test('threads that beat are well', () => {
  const { watch, ingest, publish } = create();
  const both = (): void => {
    ingest();
    publish();
  };
  assert.deepEqual(checks(watch, 50, both), well(50));
});

test('a thread without a beat in ten checks hangs', () => {
  const { watch, ingest, publish } = create();
  publish();
  ingest();
  assert.deepEqual(checks(watch, SILENT_CHECKS_MAX, ingest), well(SILENT_CHECKS_MAX));
  assert.equal(checks(watch, 1, ingest)[0], 'publish');
});

test('a beat in between starts the count again', () => {
  const { watch, publish } = create();
  publish();
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(checks(watch, SILENT_CHECKS_MAX), well(SILENT_CHECKS_MAX));
    publish();
  }
});

test('a thread that has never beaten is starting, not hanging', () => {
  const { watch, publish } = create();
  assert.deepEqual(checks(watch, 30), well(30));
  publish();
  assert.deepEqual(checks(watch, SILENT_CHECKS_MAX), well(SILENT_CHECKS_MAX));
  assert.equal(watch.check(), 'publish');
});

test('a thread that has exited is its supervisor’s business until the next one beats', () => {
  const { watch, ingest } = create();
  ingest();
  watch.check();
  watch.forget('ingest');
  assert.deepEqual(checks(watch, 30), well(30));
  ingest();
  assert.deepEqual(checks(watch, SILENT_CHECKS_MAX), well(SILENT_CHECKS_MAX));
  assert.equal(watch.check(), 'ingest');
});

test('a fast clock checks more often and is given as many more', () => {
  const { watch, publish } = create(20);
  publish();
  assert.deepEqual(checks(watch, 200), well(200));
  assert.equal(watch.check(), 'publish');
});
