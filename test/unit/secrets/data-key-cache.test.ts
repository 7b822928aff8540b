import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataKey } from '../../../src/secrets/data-key.ts';
import { DataKeyCache } from '../../../src/secrets/data-key-cache.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

const LIMITS = { ageMaxMs: 1000, usesMax: 3, keysMax: 2 };

interface Fetch {
  name: string;
  key: DataKey;
  arrive(): void;
  fail(error: Error): void;
}

/** A cache, what it has asked for, and answers that come when the test says so. */
function rig(limits = LIMITS): {
  clock: ManualClock;
  cache: DataKeyCache;
  fetches: Fetch[];
  use: (name: string, seen?: (key: DataKey) => void) => Promise<string>;
} {
  const clock = new ManualClock();
  const cache = new DataKeyCache(limits, clock);
  const fetches: Fetch[] = [];
  const use = (name: string, seen?: (key: DataKey) => void): Promise<string> =>
    cache.use(
      name,
      () =>
        new Promise((resolve, reject) => {
          const id = fetches.length + 1;
          const plaintext = new Uint8Array(32).fill(id);
          const key = { plaintext, wrapped: Uint8Array.of(id), keyId: `key-${id}` };
          fetches.push({ name, key, arrive: () => resolve(key), fail: reject });
        }),
      (key) => {
        seen?.(key);
        assert.ok(
          key.plaintext.every((byte) => byte !== 0),
          'a wiped key was used',
        );
        return key.keyId;
      },
    );
  return { clock, cache, fetches, use };
}

const isWiped = ({ key }: Fetch): boolean => key.plaintext.every((byte) => byte === 0);

test('callers who miss the same key at once share one request', async () => {
  const { fetches, use } = rig();
  const uses = [use('a'), use('a'), use('b')];
  assert.deepEqual(
    fetches.map(({ name }) => name),
    ['a', 'b'],
  );
  for (const fetch of fetches) fetch.arrive();
  assert.deepEqual(await Promise.all(uses), ['key-1', 'key-1', 'key-2']);
});

test('a key is replaced after its uses, those of waiting callers included, and wiped', async () => {
  const { fetches, use } = rig();
  const uses = [use('a'), use('a'), use('a'), use('a')];
  assert.equal(fetches.length, 2);
  for (const fetch of fetches) fetch.arrive();
  assert.deepEqual(await Promise.all(uses), ['key-1', 'key-1', 'key-1', 'key-2']);
  assert.ok(isWiped(fetches[0]!));
  assert.ok(!isWiped(fetches[1]!));
});

test('a key is not used from its age on, counted from the request', async () => {
  const { clock, fetches, use } = rig();
  const first = use('a');
  clock.advance(999);
  fetches[0]!.arrive();
  await first;
  assert.equal(await use('a'), 'key-1');
  clock.advance(1);
  const second = use('a');
  assert.equal(fetches.length, 2);
  fetches[1]!.arrive();
  assert.equal(await second, 'key-2');
});

test('a key that nobody asks for again is wiped when its time is over', async () => {
  const { clock, cache, fetches, use } = rig();
  const used = use('a');
  fetches[0]!.arrive();
  await used;
  clock.advance(1000);
  assert.equal(cache.size, 0);
  assert.ok(isWiped(fetches[0]!));
  assert.deepEqual(clock.pendingMs, []);
});

test('no more keys are held than allowed: the oldest goes', async () => {
  const { cache, fetches, use } = rig();
  const uses = [use('a'), use('b'), use('c')];
  for (const fetch of fetches) fetch.arrive();
  await Promise.all(uses);
  assert.equal(cache.size, 2);
  assert.deepEqual(fetches.map(isWiped), [true, false, false]);
  assert.equal(await use('b'), 'key-2');
});

test('a key that is evicted while callers wait for it serves them and is wiped then', async () => {
  const { cache, fetches, use } = rig();
  const uses = [use('a'), use('a')];
  cache.clear();
  fetches[0]!.arrive();
  assert.deepEqual(await Promise.all(uses), ['key-1', 'key-1']);
  assert.ok(isWiped(fetches[0]!));
});

test('a failure reaches everybody who waited and is not remembered', async () => {
  const { fetches, use } = rig();
  const uses = [use('a'), use('a')];
  fetches[0]!.fail(new Error('throttled'));
  for (const result of await Promise.allSettled(uses)) {
    assert.equal(result.status, 'rejected');
  }
  const again = use('a');
  assert.equal(fetches.length, 2);
  fetches[1]!.arrive();
  assert.equal(await again, 'key-2');
});

test('a late failure does not take the key that came after it', async () => {
  const { cache, fetches, use } = rig();
  const first = use('a');
  cache.clear();
  const second = use('a');
  fetches[0]!.fail(new Error('late'));
  await assert.rejects(first);
  fetches[1]!.arrive();
  await second;
  assert.equal(await use('a'), 'key-2');
});

test('keys of other master keys can be forgotten', async () => {
  const { cache, fetches, use } = rig();
  const uses = [use('a'), use('b')];
  for (const fetch of fetches) fetch.arrive();
  await Promise.all(uses);
  cache.evictOthers('key-2');
  assert.deepEqual(fetches.map(isWiped), [true, false]);
});

test('clear wipes everything and leaves no timer', async () => {
  const { clock, cache, fetches, use } = rig();
  const used = use('a');
  fetches[0]!.arrive();
  await used;
  cache.clear();
  assert.ok(isWiped(fetches[0]!));
  assert.deepEqual(clock.pendingMs, []);
});

test('an error of the caller leaves the key in the cache', async () => {
  const { fetches, use } = rig();
  const failing = use('a', () => {
    throw new Error('not authentic');
  });
  fetches[0]!.arrive();
  await assert.rejects(failing, /not authentic/);
  assert.equal(await use('a'), 'key-1');
});
