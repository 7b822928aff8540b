import { Ring } from '../../src/shm/ring.ts';
import type { SharedBlock } from '../../src/shm/block.ts';

/**
 * A reader's view of the ring that lets something happen in the middle of its work, as other
 * threads do: wherever the reader looks at a slot or a cursor.
 */
export class HookedRing extends Ring {
  readonly #hook: () => void;

  constructor(block: SharedBlock, hook: () => void) {
    super(block);
    this.#hook = hook;
  }

  override slotBytes(position: number): number {
    this.#hook();
    return super.slotBytes(position);
  }

  override firstIntact(near: number): number {
    this.#hook();
    return super.firstIntact(near);
  }

  override published(near: number): number {
    this.#hook();
    return super.published(near);
  }
}
