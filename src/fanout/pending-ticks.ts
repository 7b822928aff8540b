/** Room at first; it doubles when needed. */
const ROOM = 32;

/**
 * Ticks of one connection that wait to be sent. Its memory stays: emptied and filled thousands of
 * times a second it must leave no garbage.
 */
export class PendingTicks<Subscription> {
  count = 0;
  /** Ring position of the first one. */
  from = 0;
  /** Byte offset of each slot plus a BLANK code. */
  slots = new Int32Array(ROOM);
  /** The subscription that each is for; what lies behind `count` is old. */
  readonly subscriptions: Subscription[] = [];
  /** Ticks that were merged into the one at this index. */
  readonly merged = new Map<number, number>();

  /** Notes a tick to be sent. `merged`: ticks that were left out before it. */
  push(slot: number, subscription: Subscription, merged: number): void {
    const { count } = this;
    if (count === this.slots.length) this.#grow();
    if (merged > 0) this.merged.set(count, merged);
    this.slots[count] = slot;
    this.subscriptions[count] = subscription;
    this.count = count + 1;
  }

  clear(): void {
    this.count = 0;
    if (this.merged.size > 0) this.merged.clear();
  }

  #grow(): void {
    const slots = new Int32Array(this.slots.length * 2);
    slots.set(this.slots);
    this.slots = slots;
  }
}
