import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientLog, LogEntry } from '../../faults/client-log.ts';
import { checkerOf, DeliveryRun, violationOf } from '../../faults/delivery-run.ts';
import { GreeksWitness } from '../../faults/greeks-witness.ts';
import type { RunClient } from '../../faults/run-client.ts';
import {
  replaced,
  ticksOf,
  withMergedChanged,
  withPriceChanged,
  withSequenceChanged,
  withThroughChanged,
} from '../../support/fault-mutations.ts';

type DataEntry = Extract<LogEntry, { kind: 'frame' | 'text' }>;

/** A run in which nothing fails but one overrun of the ring, so that there is a gap to name. */
const run = await DeliveryRun.create(7, (plan) => ({
  ...plan,
  ringSlots: 256,
  clientBufferBytes: 300_000,
  faults: [{ atMs: 3000, fault: { kind: 'ring-overrun', ticks: 600 } }],
}));
await run.run();

/** A run in which every client reads slowly for a while and loses its connection twice. */
const hardRun = await DeliveryRun.create(11, (plan) => ({
  ...plan,
  ringSlots: 2048,
  bursts: false,
  ticksPerSecond: 600,
  clientBufferBytes: 60_000,
  clients: plan.clients.map((client) => ({ ...client, resumes: true })),
  faults: plan.clients.flatMap((_client, client) => [
    { atMs: 2000, fault: { kind: 'slow' as const, client, forMs: 3000, bytesPerMs: 1 } },
    { atMs: 6000, fault: { kind: 'drop' as const, client, halfOpen: false } },
    { atMs: 7500, fault: { kind: 'drop' as const, client, halfOpen: true } },
  ]),
}));
await hardRun.run();

function problem(client: RunClient, log: ClientLog, of = run): string | undefined {
  return violationOf(checkerOf(of, client, new GreeksWitness()), log, true)?.message;
}

/** Entries that hold a tick of the stream, and after which the stream goes on. */
function streamEntries(log: ClientLog): number[] {
  const places = log.flatMap((entry, index) => {
    const ticks = ticksOf(entry)?.ticks ?? [];
    return ticks.some((tick) => !tick.isRepriced && !tick.isSnapshot) ? [index] : [];
  });
  return places.slice(0, -1);
}

/** Every client's log with a change at every place where it can be made: all must be found. */
function everyMutation(mutate: (log: ClientLog, index: number) => ClientLog | undefined): void {
  let made = 0;
  for (const client of run.clients) {
    const { log } = client.reader;
    const places = streamEntries(log);
    const step = Math.max(1, Math.floor(places.length / 25));
    for (let at = 0; at < places.length; at += step) {
      const index = places[at]!;
      const mutated = mutate(log, index);
      if (mutated === undefined) continue;
      made++;
      const found = problem(client, mutated);
      assert.ok(found !== undefined, `${client.plan.name}, entry ${index}: not found`);
    }
  }
  assert.ok(made >= 50, `only ${made} mutations`);
}

test('logs of a run in which nothing is wrong pass, a named gap included', () => {
  for (const client of run.clients) assert.equal(problem(client, client.reader.log), undefined);
  const formats = new Set(run.plan.clients.map(({ isBinary }) => isBinary));
  assert.equal(formats.size, 2, 'both formats are among them');
});

test('a message that is missing is found', () => {
  everyMutation((log, index) => replaced(log, index));
});

test('a message that comes twice is found', () => {
  everyMutation((log, index) => replaced(log, index, log[index]!, log[index]!));
});

test('two messages that have changed places are found', () => {
  everyMutation((log, index) => {
    const next = log[index + 1];
    if (ticksOf(next) === undefined) return undefined;
    const [first, second] = [ticksOf(log[index])!, ticksOf(next)!];
    // Frames of two modes that belong to one flush may leave in either order.
    if (first.through === second.through) return undefined;
    return replaced(replaced(log, index, next!), index + 1, log[index]!);
  });
});

test('a price that is another one is found', () => {
  everyMutation((log, index) => replaced(log, index, withPriceChanged(log[index] as DataEntry)));
});

test('a count that is another one is found', () => {
  everyMutation((log, index) => replaced(log, index, withSequenceChanged(log[index] as DataEntry)));
});

test('a position up to which the client is said to have everything, and has not, is found', () => {
  everyMutation((log, index) => {
    const { through } = ticksOf(log[index])!;
    // As far as the next message that brings something.
    const next = log.slice(index + 1).find((entry) => (ticksOf(entry)?.through ?? 0) > through);
    const by = (ticksOf(next)?.through ?? through) - through;
    if (by === 0) return undefined;
    return replaced(log, index, withThroughChanged(log[index] as DataEntry, by));
  });
});

test('a position that falls is found', () => {
  everyMutation((log, index) =>
    replaced(log, index, withThroughChanged(log[index] as DataEntry, -1_000)),
  );
});

test('a gap that is not said is found by everybody who misses something', () => {
  let found = 0;
  for (const client of run.clients) {
    const { log } = client.reader;
    const silent = log.filter((entry) => entry.kind !== 'text' || !entry.text.includes('"gap"'));
    assert.ok(silent.length < log.length, 'everybody was told of the gap');
    if (problem(client, silent) !== undefined) found++;
  }
  assert.ok(found > run.clients.length / 2, `${found} of ${run.clients.length} miss something`);
});

test('a gap that is said too narrowly is found', () => {
  let found = 0;
  for (const client of run.clients) {
    const narrow = client.reader.log.map((entry): LogEntry => {
      if (entry.kind !== 'text' || !entry.text.includes('"gap"')) return entry;
      const gap = JSON.parse(entry.text) as { from: number; to: number };
      return { ...entry, text: JSON.stringify({ ...gap, to: gap.from }) };
    });
    if (problem(client, narrow) !== undefined) found++;
  }
  assert.ok(found > run.clients.length / 2, `${found} of ${run.clients.length} miss something`);
});

test('logs of slow clients that resume pass; a wrong number of merged ticks is found', () => {
  let made = 0;
  for (const client of hardRun.clients) {
    const { log } = client.reader;
    assert.equal(problem(client, log, hardRun), undefined);
    log.forEach((entry, index) => {
      if (made >= 60 || ticksOf(entry)?.ticks.some(({ isConflated }) => isConflated) !== true) {
        return;
      }
      for (const by of [1, -1]) {
        const mutated = replaced(log, index, withMergedChanged(entry as DataEntry, by));
        made++;
        assert.ok(problem(client, mutated, hardRun) !== undefined, `${client.plan.name} ${index}`);
      }
    });
  }
  assert.ok(made >= 4, `only ${made} mutations`);
});

test('what a resume leaves out is found', () => {
  let made = 0;
  for (const client of hardRun.clients) {
    const { log } = client.reader;
    log.forEach((entry, index) => {
      if (entry.kind !== 'text' || !entry.text.includes('"recovered":true')) return;
      const completed = log.findIndex(
        (later, at) => at > index && later.kind === 'text' && later.text.includes('y_completed'),
      );
      if (completed < 0) return;
      const replay = log.slice(index + 1, completed);
      // All of it may have been read before the connection was lost.
      const brings = replay.some((one) => (ticksOf(one)?.ticks.length ?? 0) > 3);
      if (!brings) return;
      made++;
      const without = log.toSpliced(index + 1, completed - index - 1);
      assert.ok(problem(client, without, hardRun) !== undefined, `${client.plan.name} ${index}`);
    });
  }
  assert.ok(made >= 4, `only ${made} resumes`);
});

test('an answer that never comes is found', () => {
  for (const client of run.clients) {
    const { log } = client.reader;
    const index = log.findLastIndex(
      (entry) => entry.kind === 'text' && entry.text.includes('"type":"subscribed"'),
    );
    assert.ok(index >= 0);
    assert.ok(problem(client, replaced(log, index)) !== undefined, client.plan.name);
  }
});

test('the same seed gives the same run, another seed another one', async () => {
  const { runSeed } = await import('../../faults/delivery-run.ts');
  const [first, again, other] = [await runSeed(3), await runSeed(3), await runSeed(4)];
  assert.equal(first.hash, again.hash);
  assert.deepEqual(first.plan, again.plan);
  assert.notEqual(first.hash, other.hash);
});
