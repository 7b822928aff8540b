import { POLICIES } from './client-message.ts';
import type { ClientConnection } from './connection.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

/** What connections that may share their frames have in common; order does not matter. */
interface Signature {
  version: number;
  text: string;
}

/**
 * Connections that want the same of the same instruments share every frame: one leads and has the
 * subscriptions to which ticks are pushed, the others follow and get the same bytes. Who wants
 * something else, or falls behind, leaves first.
 */
export class Sharing {
  readonly #index: SubscriptionIndex;
  readonly #flush: (connection: ClientConnection) => void;
  readonly #signatures = new WeakMap<ClientConnection, Signature>();

  /** `flush` sends what is pending of a connection. */
  constructor(index: SubscriptionIndex, flush: (connection: ClientConnection) => void) {
    this.#index = index;
    this.#flush = flush;
  }

  /** Brings together those of `connections` that can share. */
  regroup(connections: Iterable<ClientConnection>): void {
    const leaders = new Map<string, ClientConnection>();
    const alone: ClientConnection[] = [];
    for (const connection of connections) {
      if (!canShare(connection)) continue;
      const signature = this.#signature(connection);
      const isBetter =
        (leaders.get(signature)?.followers.length ?? -1) < connection.followers.length;
      if (isBetter) leaders.set(signature, connection);
      alone.push(connection);
    }
    for (const connection of alone) {
      if (connection.followers.length > 0) continue;
      const leader = leaders.get(this.#signature(connection));
      if (leader !== undefined && leader !== connection) this.#join(connection, leader);
    }
  }

  /** The connection gets frames of its own from now on; nothing of it is pending then. */
  leave(connection: ClientConnection): void {
    this.#flush(connection.leader ?? connection);
    if (connection.leader !== undefined) this.#detach(connection, connection.leader);
    else if (connection.followers.length > 0) this.#handOver(connection);
  }

  #join(connection: ClientConnection, leader: ClientConnection): void {
    this.#flush(connection);
    this.#flush(leader);
    // Sending may have ended them, or found them to be slow.
    if (!canShare(connection) || !canShare(leader) || !isInStep(connection, leader)) return;
    const through = Math.max(connection.through, leader.through);
    for (const member of [connection, leader, ...leader.followers]) member.through = through;
    for (const subscription of connection.subscriptions.values()) {
      this.#index.deactivate(subscription);
    }
    connection.leader = leader;
    leader.followers.push(connection);
  }

  #detach(connection: ClientConnection, leader: ClientConnection): void {
    leader.followers.splice(leader.followers.indexOf(connection), 1);
    connection.leader = undefined;
    this.#takeOver(connection, leader);
  }

  #handOver(leader: ClientConnection): void {
    const [heir, ...others] = leader.followers.splice(0);
    if (heir === undefined) return;
    heir.leader = undefined;
    this.#takeOver(heir, leader);
    for (const other of others) other.leader = heir;
    heir.followers.push(...others);
  }

  #takeOver(connection: ClientConnection, from: ClientConnection): void {
    connection.lastFlushMs = from.lastFlushMs;
    for (const [row, subscription] of connection.subscriptions) {
      const served = from.subscriptions.get(row);
      if (served !== undefined) subscription.continueAs(served);
      this.#index.activate(subscription);
    }
  }

  #signature(connection: ClientConnection): string {
    const known = this.#signatures.get(connection);
    if (known?.version === connection.version) return known.text;
    // Two sums that do not depend on the order; equal ones are compared in full before joining.
    let low = 0;
    let high = 0;
    for (const [row, { mode, greeks, policy }] of connection.subscriptions) {
      const options = mode * 8 + Number(greeks) * 4 + POLICIES.indexOf(policy);
      const item = (row * 64 + options) | 0;
      low = (low + Math.imul(item ^ (item >>> 15), 0x2c1b3c6d)) | 0;
      high = (high + Math.imul(item ^ (item >>> 13), 0x297a2d39)) | 0;
    }
    const { binary, window, subscriptions, version } = connection;
    const text = [binary, window, subscriptions.size, low, high].join(':');
    this.#signatures.set(connection, { version, text });
    return text;
  }
}

function canShare(connection: ClientConnection): boolean {
  const { ready, closed, behind, leader, subscriptions } = connection;
  return ready && !closed && behind === undefined && leader === undefined && subscriptions.size > 0;
}

/** True if both want the same and have been served equally far. */
function isInStep(connection: ClientConnection, leader: ClientConnection): boolean {
  if (connection.subscriptions.size !== leader.subscriptions.size) return false;
  for (const [row, a] of connection.subscriptions) {
    const b = leader.subscriptions.get(row);
    if (b === undefined || a.mode !== b.mode || a.greeks !== b.greeks) return false;
    // Under load those who conflate get less.
    if (a.policy !== b.policy) return false;
    if (!a.isSettled || !b.isSettled) return false;
    if (a.started !== b.started || (a.started && a.lastSequence !== b.lastSequence)) return false;
  }
  return true;
}
