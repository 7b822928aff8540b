/** Thread: looks instruments and chains up while the test's own thread adds and changes them. */
import { isDeepStrictEqual } from 'node:util';
import { workerData } from 'node:worker_threads';
import type { SharedBlock } from '../../src/shm/block.ts';
import { InstrumentTable } from '../../src/shm/instrument-table.ts';
import { chainState, instrument } from './shm-instrument-samples.ts';
import { Outcomes, sendEvent, sendResult } from './shm-outcomes.ts';
import { SeededRandom } from './shm-random.ts';
import { isRaised, STOP_SIGNAL, type Signals } from './shm-signals.ts';

export const FINDER_OUTCOMES = [
  /** Not in the table (yet). */
  'notFound',
  /** Found, and every column is the instrument's. */
  'complete',
  /** Found, with a column that is not the instrument's. Forbidden. */
  'incomplete',
  /** Found once, then not, or at another row. Forbidden. */
  'vanished',
  /** A row below the count that cannot be found by its token. Forbidden. */
  'countedNotFound',
  /** A chain whose values belong together. */
  'wholeChain',
  /** A chain in a state not seen by this thread before. */
  'changedChain',
  /** A chain that mixes two states. Forbidden. */
  'mixedChain',
  /** A change that the version does not show. Forbidden. */
  'versionBehind',
] as const;
export type FinderOutcome = (typeof FINDER_OUTCOMES)[number];
export type FinderResult = Record<FinderOutcome, number>;

export interface FinderData {
  table: SharedBlock;
  signals: Signals;
  seed: number;
  wanted: Partial<FinderResult>;
}

function run({ table: block, signals, seed, wanted }: FinderData): FinderResult {
  const table = new InstrumentTable(block);
  const outcomes = new Outcomes(FINDER_OUTCOMES, wanted, [
    'incomplete',
    'vanished',
    'countedNotFound',
    'mixedChain',
    'versionBehind',
  ]);
  const random = new SeededRandom(seed);
  const rows = new Int32Array(table.rows).fill(-1);
  let state = -1;

  const find = (index: number): void => {
    const expected = instrument(index);
    const row = table.find(expected.token);
    if (rows[index]! >= 0 && row !== rows[index]) outcomes.count('vanished');
    rows[index] = row;
    if (row < 0) {
      outcomes.count('notFound');
      return;
    }
    const same =
      table.tokens[row] === expected.token &&
      table.optionTypes[row] === expected.optionType &&
      table.chains[row] === expected.chain &&
      table.strikes[row] === expected.strike;
    outcomes.count(same ? 'complete' : 'incomplete');
  };
  const checkNewest = (): void => {
    const row = table.count - 1;
    if (row >= 0 && table.find(table.tokens[row]!) !== row) outcomes.count('countedNotFound');
  };
  const readChain = (): void => {
    const { version } = table;
    const chain = table.chain(0);
    const expected = chainState(chain.spotRow);
    outcomes.count(isDeepStrictEqual(chain, expected) ? 'wholeChain' : 'mixedChain');
    if (chain.spotRow === state) return;
    outcomes.count('changedChain');
    state = chain.spotRow;
    // The change may have come after the version was read, but then the version rises.
    if (table.version < version) outcomes.count('versionBehind');
  };

  sendEvent('started');
  for (let round = 0; !isRaised(signals, STOP_SIGNAL); round++) {
    find(random.below(table.rows));
    checkNewest();
    readChain();
    if (round % 256 === 0) outcomes.reportWhenComplete();
  }
  return outcomes.counts;
}

sendResult(run(workerData as FinderData));
