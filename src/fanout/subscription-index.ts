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

/** What is known of a row. */
interface Row {
  /** Everybody who wants it. */
  readonly all: Set<Subscription>;
  /** Those to whom its ticks are pushed. */
  readonly active: Subscription[];
  readonly takers: TickTaker[];
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

  constructor(demand: UpstreamDemand) {
    this.#demand = demand;
  }

  /** Subscriptions to which the ticks of a row are pushed; do not keep or change the list. */
  ofRow(row: number): readonly Subscription[] | undefined {
    const active = this.#rows[row]?.active;
    return active === undefined || active.length === 0 ? undefined : active;
  }

  takersOf(row: number): readonly TickTaker[] | undefined {
    const takers = this.#rows[row]?.takers;
    return takers === undefined || takers.length === 0 ? undefined : takers;
  }

  /** Adds a subscription that gets ticks at once, or only counts as demand for now. */
  add(subscription: Subscription, isActive = true): void {
    const row = this.#row(subscription.instrument.row);
    if (row.all.has(subscription)) return;
    row.all.add(subscription);
    this.size++;
    if (isActive) row.active.push(subscription);
  }

  remove(subscription: Subscription): void {
    const row = this.#rows[subscription.instrument.row];
    if (row === undefined || !row.all.delete(subscription)) return;
    this.size--;
    removeFrom(row.active, subscription);
  }

  /** From now on its ticks are pushed. */
  activate(subscription: Subscription): void {
    const row = this.#rows[subscription.instrument.row];
    if (row?.all.has(subscription) !== true || row.active.includes(subscription)) return;
    row.active.push(subscription);
  }

  /** It is served otherwise, but still wanted. */
  deactivate(subscription: Subscription): void {
    const row = this.#rows[subscription.instrument.row];
    if (row !== undefined) removeFrom(row.active, subscription);
  }

  addTaker(row: number, taker: TickTaker): void {
    const { takers } = this.#row(row);
    if (!takers.includes(taker)) takers.push(taker);
    this.refreshDemand(row);
  }

  removeTaker(row: number, taker: TickTaker): void {
    const found = this.#rows[row];
    if (found === undefined) return;
    removeFrom(found.takers, taker);
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
    for (const taker of found.takers) {
      const mode = taker.upstreamMode(row);
      if (mode > wanted) wanted = mode;
    }
    if (found.demanded !== wanted) {
      found.demanded = wanted;
      this.#demand.setDemand(row, wanted);
    }
    if (found.all.size === 0 && found.takers.length === 0) this.#rows[row] = undefined;
  }

  #row(row: number): Row {
    return (this.#rows[row] ??= { all: new Set(), active: [], takers: [], demanded: 0 });
  }
}

/** Order within a row means nothing: the last one fills the hole. */
function removeFrom<Item>(list: Item[], item: Item): void {
  const at = list.indexOf(item);
  if (at < 0) return;
  const last = list.pop();
  if (last !== undefined && last !== item) list[at] = last;
}

/**
 * Only last-price clients without Greeks can do with less than full packets: `quote` towards our
 * clients has open interest and exchange time, which the broker's quote packet lacks.
 */
function upstreamMode(subscription: Subscription): UpstreamMode {
  return subscription.mode === MODE.LTP && !subscription.greeks ? MODE.LTP : MODE.FULL;
}
