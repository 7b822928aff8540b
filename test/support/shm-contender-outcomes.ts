/** What threads that contend for one Greeks section share with their test. */
import type { Signals } from './shm-signals.ts';

/** Words of the section: its state, and how many threads are writing it. */
export const STATE_WORD = 0;
export const WRITERS_WORD = 1;
export const SECTION_WORDS = 2;

export const CONTENDER_OUTCOMES = [
  /** Ingest armed the section, or took and blanked it. */
  'armed',
  'blanked',
  /** Ingest met it in use. */
  'inUse',
  /** A worker claimed and finished it. */
  'finished',
  /** A worker saw it pending and came too late. */
  'tooLate',
  /** Two threads were writing it at once. Forbidden. */
  'shared',
] as const;
export type ContenderResult = Record<(typeof CONTENDER_OUTCOMES)[number], number>;

export interface ContenderData {
  section: Int32Array<SharedArrayBuffer>;
  signals: Signals;
  role: 'ingest' | 'worker';
  wanted: Partial<ContenderResult>;
}
