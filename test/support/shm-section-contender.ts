/** Thread: ingest or a worker, contending for one and the same Greeks section as fast as it can. */
import { workerData } from 'node:worker_threads';
import {
  armGreeks,
  claimGreeks,
  finishGreeks,
  GREEKS_PENDING,
  takeGreeks,
} from '../../src/shm/greeks-section.ts';
import {
  CONTENDER_OUTCOMES,
  STATE_WORD,
  WRITERS_WORD,
  type ContenderData,
} from './shm-contender-outcomes.ts';
import { Outcomes, sendEvent, sendResult } from './shm-outcomes.ts';
import { isRaised, STOP_SIGNAL } from './shm-signals.ts';

const { section, signals, role, wanted } = workerData as ContenderData;
const outcomes = new Outcomes(CONTENDER_OUTCOMES, wanted, ['shared']);

function write(): void {
  if (Atomics.add(section, WRITERS_WORD, 1) !== 0) outcomes.count('shared');
  Atomics.sub(section, WRITERS_WORD, 1);
}

function ingest(position: number): void {
  if (position % 3 !== 0) {
    outcomes.count(armGreeks(section, STATE_WORD, position) ? 'armed' : 'inUse');
  } else if (takeGreeks(section, STATE_WORD, position)) {
    write();
    finishGreeks(section, STATE_WORD, position);
    outcomes.count('blanked');
  } else {
    outcomes.count('inUse');
  }
}

function work(): void {
  const state = Atomics.load(section, STATE_WORD);
  if ((state & 3) !== GREEKS_PENDING) return;
  const position = state >>> 2;
  if (!claimGreeks(section, STATE_WORD, position)) {
    outcomes.count('tooLate');
    return;
  }
  write();
  finishGreeks(section, STATE_WORD, position);
  outcomes.count('finished');
}

sendEvent('started');
for (let round = 1; round % 1024 !== 0 || !isRaised(signals, STOP_SIGNAL); round++) {
  if (role === 'ingest') ingest(round);
  else work();
  if (round % 1024 === 0) outcomes.reportWhenComplete();
}
sendResult(outcomes.counts);
