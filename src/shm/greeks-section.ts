/**
 * Ownership of a slot's Greeks section: one word that names a state and the position it is about.
 *
 *   ingest:  anything but CLAIMED -> PENDING(p)         the quote of p needs Greeks
 *            anything but CLAIMED -> DONE(p)            the quote of p has none (section blanked)
 *   worker:  PENDING(p) -> CLAIMED(p) -> DONE(p)        by compare-exchange, then by store
 *   control: CLAIMED(p) -> FREE(p)                      the worker that claimed it has exited
 *
 * Ingest that laps a CLAIMED section leaves it alone: the late worker writes into the section and
 * nobody takes the result for the new quote's, because DONE names the old position.
 *
 * The position is kept in 30 bits. The same slot holds positions that differ by multiples of the
 * ring's size, so two of them agree in 30 bits only after 2^30 positions.
 */
export const GREEKS_FREE = 0;
export const GREEKS_PENDING = 1;
export const GREEKS_CLAIMED = 2;
export const GREEKS_DONE = 3;

/** The state word for `state` of the quote at `position`. */
export function greeksWord(state: number, position: number): number {
  return (position << 2) | state;
}

/**
 * Ingest: declares that the quote now being written at `position` needs Greeks. False if a worker
 * is in the middle of writing this section for an older quote: the tick then goes without.
 */
export function armGreeks(words: Int32Array, index: number, position: number): boolean {
  return replaceUnlessClaimed(words, index, greeksWord(GREEKS_PENDING, position));
}

/**
 * Ingest: takes the section of a quote that needs no Greeks, to blank it; then call
 * `finishGreeks`. False as in `armGreeks`.
 */
export function takeGreeks(words: Int32Array, index: number, position: number): boolean {
  return replaceUnlessClaimed(words, index, greeksWord(GREEKS_FREE, position));
}

function replaceUnlessClaimed(words: Int32Array, index: number, wanted: number): boolean {
  for (;;) {
    const found = Atomics.load(words, index);
    if ((found & 3) === GREEKS_CLAIMED) return false;
    // A worker may claim between the load and here; then the exchange fails and we look again.
    if (Atomics.compareExchange(words, index, found, wanted) === found) return true;
  }
}

/** Worker: takes the section of the quote at `position`. False if it is not pending (any more). */
export function claimGreeks(words: Int32Array, index: number, position: number): boolean {
  const pending = greeksWord(GREEKS_PENDING, position);
  const claimed = greeksWord(GREEKS_CLAIMED, position);
  return Atomics.compareExchange(words, index, pending, claimed) === pending;
}

/** Owner of the section: the values for the quote at `position` are complete. */
export function finishGreeks(words: Int32Array, index: number, position: number): void {
  Atomics.store(words, index, greeksWord(GREEKS_DONE, position));
}

/** True if the section's values belong to the quote at `position`. */
export function isGreeksDone(words: Int32Array, index: number, position: number): boolean {
  return Atomics.load(words, index) === greeksWord(GREEKS_DONE, position);
}

/** Control: gives up the claim of a worker that has exited. True if there was one. */
export function releaseClaim(words: Int32Array, index: number, position: number): boolean {
  const claimed = greeksWord(GREEKS_CLAIMED, position);
  const free = greeksWord(GREEKS_FREE, position);
  return Atomics.compareExchange(words, index, claimed, free) === claimed;
}
