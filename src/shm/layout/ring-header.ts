/**
 * Control words of the ring. Each word that one thread writes and another waits on sits alone on
 * 128 bytes (two cache lines: adjacent-line prefetch), so that cursors do not disturb each other.
 *
 * Word n is Int32 number n x 32 of the control area.
 *
 *  word  name            written by         meaning
 *     0  INTENT          ingest             positions up to here may be being overwritten
 *     1  PUBLISHED       ingest             positions up to here may be read
 *     2  GREEKS_WAKE     ingest             bumped to wake sleeping Greeks workers
 *     3  GREEKS_SLEEP    workers, ingest    1: a worker sleeps or is about to
 *     4  PUBLISH_WAKE    ingest, workers    bumped to wake the publish thread
 *     5  PUBLISH_SLEEP   publish, others    1: publish sleeps or is about to
 *     6  PUBLISH_CURSOR  publish            positions up to here are sent
 *     7  STOP            control            1: readers leave their loops
 *     8+2i   GREEKS_CURSOR  worker i        positions up to here are done or passed over
 *     9+2i   GREEKS_CLAIM   worker i        position whose Greeks section it may be writing
 */
export const CONTROL_WORD_BYTES = 128;
export const CONTROL_WORD_I32 = 32;

export const INTENT_WORD = 0;
export const PUBLISHED_WORD = 1;
export const GREEKS_WAKE_WORD = 2;
export const GREEKS_SLEEP_WORD = 3;
export const PUBLISH_WAKE_WORD = 4;
export const PUBLISH_SLEEP_WORD = 5;
export const PUBLISH_CURSOR_WORD = 6;
export const STOP_WORD = 7;
export const FIRST_GREEKS_WORD = 8;

/** Greeks workers a ring has room for. */
export const GREEKS_WORKERS_MAX = 16;
export const CONTROL_WORDS = FIRST_GREEKS_WORD + 2 * GREEKS_WORKERS_MAX;
export const CONTROL_BYTES = CONTROL_WORDS * CONTROL_WORD_BYTES;

export function greeksCursorWord(worker: number): number {
  return FIRST_GREEKS_WORD + 2 * worker;
}

export function greeksClaimWord(worker: number): number {
  return FIRST_GREEKS_WORD + 2 * worker + 1;
}
