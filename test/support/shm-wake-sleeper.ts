/**
 * Thread: sleeps on one wake word and answers on another. Waits have no time limit, so that a lost
 * wake-up hangs.
 */
import { workerData } from 'node:worker_threads';
import { WakeWord } from '../../src/shm/wake.ts';
import { sendResult } from './shm-outcomes.ts';
import { SeededRandom } from './shm-random.ts';
import {
  ACK_SLEEP_WORD,
  ACK_WAKE_WORD,
  ACK_WORD,
  BALL_SLEEP_WORD,
  BALL_WAKE_WORD,
  BALL_WORD,
} from './shm-wake-words.ts';

export interface WakeData {
  words: Int32Array<SharedArrayBuffer>;
  sleeper: number;
  rounds: number;
  /** Sleeps by `waitAsync`, as threads with sockets do. */
  asynchronous: boolean;
}

export interface WakeResult {
  /** Balls seen, one by one. */
  seen: number;
  /** Waits entered: the ball was not there at the second look. */
  waits: number;
  /** Balls that were there at the second look, after the announcement. */
  caughtByLook: number;
}

const data = workerData as WakeData;
const { words, rounds } = data;
const ball = new WakeWord(words, BALL_WAKE_WORD, BALL_SLEEP_WORD);
const acknowledged = new WakeWord(words, ACK_WAKE_WORD, ACK_SLEEP_WORD);
const random = new SeededRandom(data.sleeper + 3);
const result: WakeResult = { seen: 0, waits: 0, caughtByLook: 0 };

/** Nanoseconds to microseconds, so that the threads meet at ever other places of the protocol. */
function dawdle(bits = 12): void {
  for (let i = random.below(1 << random.below(bits)); i > 0; i--) Atomics.load(words, BALL_WORD);
}

function answer(round: number): void {
  result.seen++;
  Atomics.store(words, ACK_WORD + data.sleeper, round);
  dawdle();
  acknowledged.wake();
}

function isThere(round: number): boolean {
  return Atomics.load(words, BALL_WORD) >= round;
}

/** Announces, looks once more; true if it is worth waiting, on the returned value. */
function announce(round: number): { wait: boolean; seen: number } {
  dawdle();
  const seen = ball.announce();
  // At once in every other round: the store of the flag and the look must not change places.
  if (round % 2 === 0) dawdle(17);
  const wait = !isThere(round);
  if (wait) result.waits++;
  else result.caughtByLook++;
  dawdle();
  return { wait, seen };
}

function sleepBlocking(): void {
  for (let round = 1; round <= rounds; round++) {
    while (!isThere(round)) {
      const { wait, seen } = announce(round);
      if (wait) ball.waitBlocking(seen, Infinity);
    }
    answer(round);
  }
}

async function sleepAsynchronously(): Promise<void> {
  // A pending wait does not keep the thread's event loop alive.
  const keepAlive = setInterval(() => undefined, 60_000);
  for (let round = 1; round <= rounds; round++) {
    while (!isThere(round)) {
      const { wait, seen } = announce(round);
      if (wait) await ball.waitAsync(seen, Infinity);
    }
    answer(round);
  }
  clearInterval(keepAlive);
}

if (data.asynchronous) await sleepAsynchronously();
else sleepBlocking();
sendResult(result);
