/** Thread: throws the ball, waits until every sleeper has acknowledged it, and so on. */
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

export interface ThrowerData {
  words: Int32Array<SharedArrayBuffer>;
  sleepers: number;
  rounds: number;
}

const { words, sleepers, rounds } = workerData as ThrowerData;
const ball = new WakeWord(words, BALL_WAKE_WORD, BALL_SLEEP_WORD);
const acknowledged = new WakeWord(words, ACK_WAKE_WORD, ACK_SLEEP_WORD);
const random = new SeededRandom(1);

/** Looks before it sleeps: some tens of microseconds. */
const SPINS_MAX = 5000;

function isAcknowledged(round: number): boolean {
  for (let sleeper = 0; sleeper < sleepers; sleeper++) {
    if (Atomics.load(words, ACK_WORD + sleeper) < round) return false;
  }
  return true;
}

/** Nanoseconds to microseconds, so that the threads meet at ever other places of the protocol. */
function dawdle(): void {
  for (let i = random.below(1 << random.below(12)); i > 0; i--) Atomics.load(words, BALL_WORD);
}

for (let round = 1; round <= rounds; round++) {
  dawdle();
  Atomics.store(words, BALL_WORD, round);
  // The sleeper may take the ball and announce its next sleep before this wake.
  dawdle();
  ball.wake();
  // Awake for a while, so that it throws again while the sleeper is about to sleep.
  for (let spin = 0; spin < SPINS_MAX && !isAcknowledged(round); spin++);
  while (!isAcknowledged(round)) {
    const seen = acknowledged.announce();
    if (!isAcknowledged(round)) acknowledged.waitBlocking(seen, Infinity);
  }
}
sendResult(rounds);
