import assert from 'node:assert/strict';
import test from 'node:test';
import {
  CLIENT_INSTRUMENTS,
  FANOUT_INSTRUMENTS,
  placeAt,
  placesOfSet,
  ticksBetween,
} from '../../../bench/fanout/fanout-market.ts';
import { TickPace } from '../../../bench/fanout/tick-pace.ts';

test('every instrument ticks once in a turn', () => {
  const places = Array.from({ length: FANOUT_INSTRUMENTS }, (_unused, i) => placeAt(7001 + i));
  assert.equal(new Set(places).size, FANOUT_INSTRUMENTS);
});

test('the number of ticks of an instrument between two positions is that of the positions', () => {
  for (const [from, to] of [
    [0, 1],
    [0, 1000],
    [999, 1001],
    [1234, 5677],
    [5000, 5000],
  ] as const) {
    const counts = new Array<number>(FANOUT_INSTRUMENTS).fill(0);
    for (let position = from + 1; position <= to; position++) counts[placeAt(position)]! += 1;
    const computed = counts.map((_count, place) => ticksBetween(place, from, to));
    assert.deepEqual(computed, counts, `after ${from} up to ${to}`);
  }
});

test('a set has its instruments once each, and no two clients have the same one', () => {
  const names = new Set<string>();
  for (let number = 0; number < 500; number++) {
    const places = placesOfSet(number);
    assert.equal(new Set(places).size, CLIENT_INSTRUMENTS);
    assert.ok(places.every((place) => place >= 0 && place < FANOUT_INSTRUMENTS));
    names.add([...places].sort((a, b) => a - b).join());
  }
  assert.equal(names.size, 500);
});

test('a pace gives as many ticks as the rate says, whenever it is asked', () => {
  const pace = new TickPace(1000, 50, 2000);
  let ticks = 0;
  for (const nowMs of [50.5, 51, 250, 251.25, 450, 600, 800, 1000, 1200, 1390, 1590, 1790, 1990]) {
    assert.equal(pace.isOver, false);
    ticks += pace.due(nowMs);
  }
  ticks += pace.due(9000);
  assert.equal(ticks, 2000);
  assert.equal(pace.isOver, true);
  assert.equal(pace.skipped, 0);
});

test('what a very late round does not make up for is counted', () => {
  const pace = new TickPace(1000, 0, 2000);
  assert.equal(pace.due(800), 200);
  assert.equal(pace.skipped, 600);
});
