import assert from 'node:assert/strict';
import test from 'node:test';
import type { WakeData, WakeResult } from '../../support/shm-wake-sleeper.ts';
import type { ThrowerData } from '../../support/shm-wake-thrower.ts';
import { ACK_WAKE_WORD, BALL_WAKE_WORD, WAKE_WORDS } from '../../support/shm-wake-words.ts';
import { threadStarter } from '../../support/shm-threads.ts';

/** A lost wake-up hangs for ever; the watchdog makes it a failure. */
const WATCHDOG_MS = 60_000;

const CASES = [
  { name: 'one blocked sleeper', asynchronous: [false], rounds: 100_000 },
  { name: 'one sleeper on the event loop', asynchronous: [true], rounds: 10_000 },
  {
    name: 'three sleepers of both kinds on one word',
    asynchronous: [false, false, true],
    rounds: 3000,
  },
];

for (const { name, asynchronous, rounds } of CASES) {
  test(`${name}: of ${rounds} wake-ups none is lost`, { timeout: WATCHDOG_MS }, async (t) => {
    const startThread = threadStarter(t);
    const words = new Int32Array(new SharedArrayBuffer(WAKE_WORDS * 4));
    // The wake words wrap too.
    words[BALL_WAKE_WORD] = 0x7fff_ffff - 100;
    words[ACK_WAKE_WORD] = -100;
    const sleepers = asynchronous.map((isAsynchronous, sleeper) => {
      return startThread<WakeResult>('shm-wake-sleeper', {
        words,
        sleeper,
        rounds,
        asynchronous: isAsynchronous,
      } satisfies WakeData);
    });
    const thrower = startThread<number>('shm-wake-thrower', {
      words,
      sleepers: sleepers.length,
      rounds,
    } satisfies ThrowerData);
    assert.equal(await thrower.result, rounds);
    const results = await Promise.all(sleepers.map((sleeper) => sleeper.result));
    // How often work came between announcement and sleep is chance; the interleavings are walked
    // through one by one in test/unit/shm/wake-interleavings.test.ts.
    t.diagnostic(JSON.stringify(results));
    for (const { seen } of results) assert.equal(seen, rounds);
  });
}
