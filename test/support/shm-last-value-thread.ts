/** Thread: a writer of one section of the last-value table, or a reader of its rows. */
import { workerData } from 'node:worker_threads';
import { createPrivateTicks, type SharedBlock, type TickViews } from '../../src/shm/block.ts';
import { LastValueTable } from '../../src/shm/last-value-table.ts';
import { TICK_DEPTH_U32, TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { Outcomes, sendEvent, sendResult } from './shm-outcomes.ts';
import {
  areGreeksIntact,
  fillTick,
  greeksPosition,
  isQuoteIntact,
  tickPosition,
} from './shm-pattern.ts';
import { SeededRandom } from './shm-random.ts';
import {
  blockUntil,
  isRaised,
  pause,
  RELEASE_SIGNAL,
  STOP_SIGNAL,
  type Signals,
} from './shm-signals.ts';

export type Section = 'quote' | 'greeks';

export const ROW_READER_OUTCOMES = [
  /** Both sections whole, Greeks of the same position as the quote. */
  'sameTick',
  /** Both sections whole, Greeks of another position: each section has its own writer. */
  'otherTick',
  /** No tick yet. */
  'empty',
  /** There is a tick, but a writer is in the middle of a write. */
  'busy',
  /** The first read of a row's tick that this reader has not seen before. */
  'fresh',
  /** A quote that mixes two ticks. Forbidden. */
  'tornQuote',
  /** Greeks that mix two ticks. Forbidden. */
  'tornGreeks',
  /** A quote or Greeks older than one read before. Forbidden. */
  'backwards',
] as const;
export type RowReaderOutcome = (typeof ROW_READER_OUTCOMES)[number];
export type RowReaderResult = Record<RowReaderOutcome, number>;

export interface LastValueThreadData {
  table: SharedBlock;
  signals: Signals;
  role: Section | 'reader';
  /** Writers: position of the first tick. */
  first: number;
  /** Writers: blocks for ever in the middle of the write of the first tick into row 0. */
  stuck?: boolean;
  wanted: Partial<Record<RowReaderOutcome, number>>;
}

const data = workerData as LastValueThreadData;
const table = new LastValueTable(data.table);
const tick = createPrivateTicks(1, TICK_SLOT_BYTES);
const random = new SeededRandom(data.role.length);

function write(row: number, source: TickViews): void {
  if (data.role === 'quote') table.writeQuote(row, source, 0);
  else table.writeGreeks(row, source, 0);
}

/** A tick whose words can be read up to the middle of a section; then the reader blocks. */
function blockingTick(): TickViews {
  fillTick(tick, 0, data.first);
  const middle = data.role === 'quote' ? TICK_DEPTH_U32 + 8 : TICK_DEPTH_U32 - 8;
  const words = new Proxy(tick.u32, {
    get(target, key) {
      if (key === String(middle)) {
        sendEvent('stuck');
        blockUntil(data.signals, RELEASE_SIGNAL);
      }
      return Reflect.get(target, key, target) as unknown;
    },
  });
  return Object.create(tick, { u32: { value: words } }) as TickViews;
}

function runWriter(): void {
  for (let position = data.first; !isRaised(data.signals, STOP_SIGNAL); position++) {
    const row = random.below(table.rows);
    fillTick(tick, 0, position);
    write(row, tick);
    if (position % 1000 === 0) pause(data.signals, 0.05);
  }
}

function runReader(): RowReaderResult {
  const outcomes = new Outcomes(ROW_READER_OUTCOMES, data.wanted, [
    'tornQuote',
    'tornGreeks',
    'backwards',
  ]);
  const quotes = new Float64Array(table.rows);
  const greeks = new Float64Array(table.rows);
  const judge = (row: number, hadTick: boolean): void => {
    if (!table.read(row, tick, 0)) {
      outcomes.count(hadTick ? 'busy' : 'empty');
      return;
    }
    const quote = tickPosition(tick, 0);
    const greek = greeksPosition(tick, 0);
    if (!isQuoteIntact(tick, 0, quote)) outcomes.count('tornQuote');
    if (greek !== 0 && !areGreeksIntact(tick, 0, greek)) outcomes.count('tornGreeks');
    if (quote < quotes[row]! || greek < greeks[row]!) outcomes.count('backwards');
    if (quote > quotes[row]!) outcomes.count('fresh');
    quotes[row] = quote;
    greeks[row] = greek;
    outcomes.count(greek === quote ? 'sameTick' : 'otherTick');
  };
  sendEvent('started');
  for (let reads = 0; !isRaised(data.signals, STOP_SIGNAL); reads++) {
    const row = random.below(table.rows);
    judge(row, quotes[row]! > 0);
    if (reads % 1000 === 0) {
      outcomes.reportWhenComplete();
      pause(data.signals, 0.05);
    }
  }
  return outcomes.counts;
}

if (data.role === 'reader') {
  sendResult(runReader());
} else {
  if (data.stuck === true) write(0, blockingTick());
  else runWriter();
  sendResult(undefined);
}
