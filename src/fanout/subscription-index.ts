import type { Subscription } from './connection.ts';
import type { UpstreamDemand, UpstreamMode } from '../domain/ports.ts';
import { MODE } from '../domain/status.ts';
import type { TickViews } from '../shm/block.ts';

/** Takes ticks of the rows that it was added for, as they pass: other protocols stand on this. */
export interface TickTaker {
  /** What it needs of the row from the broker. */
  upstreamMode(row: number): UpstreamMode;
  /**
   * A tick, in the order of the ring. The words at `slotBytes` are the ring's: to be read during
   * the call only, and the Greeks section only if `greeksDone`.
   */
  take(row: number, ticks: TickViews, slotBytes: number, greeksDone: boolean): void;
  /** The run is over, and nothing of it was overwritten meanwhile: what was taken may be sent. */
  flush(): void;
  /** The run was overwritten while it was read: forget what was taken since the last flush. */
  discard(): void;
}

/** Who wants a row, and what is asked of the broker for it. */
interface Row {
  readonly all: Set<Subscription>;
  demanded: UpstreamMode;
}

/**
 * Who gets what: the subscriptions of every instrument row. Tells `demand` when what all of them
 * together want of an instrument changes.
 */
export class SubscriptionIndex {
  /** Subscriptions in all, takers not counted. */
  size = 0;
  readonly #demand: UpstreamDemand;
  readonly #rows: (Row | undefined)[] = [];
  /* Looked at with every tick, of thousands of rows: apart from the rest, so that little of memory
     is touched. By row: those to whom its ticks are pushed; undefined if there is nobody. */
  readonly #active: (Subscription[] | undefined)[] = [];
  readonly #takers: (TickTaker[] | undefined)[] = [];

  constructor(demand: UpstreamDemand) {
    this.#demand = demand;
  }

  /** Subscriptions to which the ticks of a row are pushed; do not keep or change the list. */
  ofRow(row: number): readonly Subscription[] | undefined {
    return this.#active[row];
  }

  takersOf(row: number): readonly TickTaker[] | undefined {
    return this.#takers[row];
  }

  /** Adds a subscription that gets ticks at once, or only counts as demand for now. */
  add(subscription: Subscription, isActive = true): void {
    const row = this.#row(subscription.instrument.row);
    if (row.all.has(subscription)) return;
    row.all.add(subscription);
    this.size++;
    if (isActive) addTo(this.#active, subscription.instrument.row, subscription);
  }

  remove(subscription: Subscription): void {
    const row = this.#rows[subscription.instrument.row];
    if (row === undefined || !row.all.delete(subscription)) return;
    this.size--;
    removeFrom(this.#active, subscription.instrument.row, subscription);
  }

  /** From now on its ticks are pushed. */
  activate(subscription: Subscription): void {
    const { row } = subscription.instrument;
    if (this.#rows[row]?.all.has(subscription) !== true) return;
    addTo(this.#active, row, subscription);
  }

  /** It is served otherwise, but still wanted. */
  deactivate(subscription: Subscription): void {
    removeFrom(this.#active, subscription.instrument.row, subscription);
  }

  addTaker(row: number, taker: TickTaker): void {
    this.#row(row);
    addTo(this.#takers, row, taker);
    this.refreshDemand(row);
  }

  removeTaker(row: number, taker: TickTaker): void {
    removeFrom(this.#takers, row, taker);
    this.refreshDemand(row);
  }

  /** Recomputes what is wanted of a row, and passes on a change. */
  refreshDemand(row: number): void {
    const found = this.#rows[row];
    if (found === undefined) return;
    let wanted: UpstreamMode = 0;
    for (const subscription of found.all) {
      const mode = upstreamMode(subscription);
      if (mode > wanted) wanted = mode;
      if (wanted === MODE.FULL) break;
    }
    const takers = this.#takers[row] ?? [];
    for (const taker of takers) {
      const mode = taker.upstreamMode(row);
      if (mode > wanted) wanted = mode;
    }
    if (found.demanded !== wanted) {
      found.demanded = wanted;
      this.#demand.setDemand(row, wanted);
    }
    if (found.all.size === 0 && takers.length === 0) this.#rows[row] = undefined;
  }

  #row(row: number): Row {
    return (this.#rows[row] ??= { all: new Set(), demanded: 0 });
  }
}

function addTo<Item>(lists: (Item[] | undefined)[], row: number, item: Item): void {
  const list = lists[row];
  if (list === undefined) lists[row] = [item];
  else if (!list.includes(item)) list.push(item);
}

/** Order within a row means nothing: the last one fills the hole. */
function removeFrom<Item>(lists: (Item[] | undefined)[], row: number, item: Item): void {
  const list = lists[row];
  const at = list?.indexOf(item) ?? -1;
  if (list === undefined || at < 0) return;
  const last = list.pop();
  if (list.length === 0) lists[row] = undefined;
  else if (last !== undefined && last !== item) list[at] = last;
}

/**
 * Only last-price clients without Greeks can do with less than full packets: `quote` towards our
 * clients has open interest and exchange time, which the broker's quote packet lacks.
 */
function upstreamMode(subscription: Subscription): UpstreamMode {
  return subscription.mode === MODE.LTP && !subscription.greeks ? MODE.LTP : MODE.FULL;
}
