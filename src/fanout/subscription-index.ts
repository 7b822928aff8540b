import type { UpstreamDemand, UpstreamMode } from '../domain/ports.ts';
import { MODE } from '../domain/status.ts';
import type { Subscription } from './connection.ts';

/**
 * Who gets what: the subscriptions of every instrument row. Tells `demand` when what all of them
 * together want of an instrument changes.
 */
export class SubscriptionIndex {
  /** Subscriptions in all. */
  size = 0;
  readonly #demand: UpstreamDemand;
  readonly #byRow: (Subscription[] | undefined)[] = [];
  readonly #demanded = new Map<number, UpstreamMode>();

  constructor(demand: UpstreamDemand) {
    this.#demand = demand;
  }

  /** Subscriptions of a row; do not keep or change the list. */
  ofRow(row: number): readonly Subscription[] | undefined {
    return this.#byRow[row];
  }

  add(subscription: Subscription): void {
    const { row } = subscription.instrument;
    const list = this.#byRow[row];
    if (list === undefined) this.#byRow[row] = [subscription];
    else list.push(subscription);
    this.size++;
  }

  remove(subscription: Subscription): void {
    const { row } = subscription.instrument;
    const list = this.#byRow[row];
    const at = list?.indexOf(subscription) ?? -1;
    if (list === undefined || at < 0) return;
    // Order within a row means nothing: the last one fills the hole.
    const last = list.pop();
    if (last !== undefined && last !== subscription) list[at] = last;
    if (list.length === 0) this.#byRow[row] = undefined;
    this.size--;
  }

  /** Recomputes what is wanted of a row, and passes on a change. */
  refreshDemand(row: number): void {
    let wanted: UpstreamMode = 0;
    for (const subscription of this.#byRow[row] ?? []) {
      const mode = upstreamMode(subscription);
      if (mode > wanted) wanted = mode;
    }
    if ((this.#demanded.get(row) ?? 0) === wanted) return;
    if (wanted === 0) this.#demanded.delete(row);
    else this.#demanded.set(row, wanted);
    this.#demand.setDemand(row, wanted);
  }
}

/**
 * Only last-price clients without Greeks can do with less than full packets: `quote` towards our
 * clients has open interest and exchange time, which the broker's quote packet lacks.
 */
function upstreamMode(subscription: Subscription): UpstreamMode {
  return subscription.mode === MODE.LTP && !subscription.greeks ? MODE.LTP : MODE.FULL;
}
