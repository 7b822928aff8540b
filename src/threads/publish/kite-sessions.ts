import type { Principal } from '../../domain/access.ts';
import type { ClientSocket } from '../../domain/ports.ts';
import { type KitePorts, KiteSession } from '../../fanout/kite/kite-session.ts';
import { KiteTaker, type KiteTakerOptions } from '../../fanout/kite/kite-taker.ts';
import { PUBLISH } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import { OpenClients } from './open-clients.ts';

/** Unread bytes at which a client gets nothing more until it has read. */
const CONGESTED_BYTES_MAX = 262_144;
/** Every socket of an account tells each order update; so long the repeats are known as such. */
const REPEAT_MS = 5_000;
const METERS = {
  clients: PUBLISH.KITE_CLIENTS,
  opened: PUBLISH.KITE_CLIENTS_OPENED,
  closed: PUBLISH.KITE_CLIENTS_CLOSED,
  keyRevoked: PUBLISH.KITE_CLOSED_KEY_REVOKED,
};

export type KiteSessionsOptions = Pick<KitePorts, 'clock' | 'directory' | 'onError'> &
  Pick<KiteTakerOptions, 'index' | 'lastValues'> & {
    /** `bufferBytes`: unread bytes at which a client is cut off; one that reads stays below. */
    limits: { messageBytes: number; bufferBytes: number };
  };

/** Every conversation of the thread in the broker's own protocol. */
export class KiteSessions {
  readonly clients: OpenClients<KiteSession>;
  readonly #ports: KitePorts;
  readonly #meters: ThreadMeters;
  /** Order updates sent lately, by account and content, and when (monotonic ms). */
  readonly #orders = new Map<string, number>();

  constructor(options: KiteSessionsOptions, meters: ThreadMeters) {
    const { clock, directory, onError, index, lastValues, limits } = options;
    const congestedBytes = Math.min(CONGESTED_BYTES_MAX, limits.bufferBytes / 2);
    const taker = new KiteTaker({ index, lastValues, clock, congestedBytes });
    const counts = { received: 0, refused: 0, heartbeats: 0, tooSlow: 0 };
    const { messageBytes } = limits;
    this.#ports = { clock, directory, onError, taker, messageBytes, counts };
    this.#meters = meters;
    const { sent } = taker;
    this.clients = new OpenClients(meters, METERS, [
      [PUBLISH.KITE_PACKETS_SENT, () => sent.packets],
      [PUBLISH.KITE_FRAMES_SENT, () => sent.frames],
      [PUBLISH.KITE_BYTES_SENT, () => sent.bytes],
      [PUBLISH.KITE_CONFLATED, () => sent.conflated],
      [PUBLISH.KITE_HEARTBEATS_SENT, () => counts.heartbeats],
      [PUBLISH.KITE_MESSAGES_RECEIVED, () => counts.received],
      [PUBLISH.KITE_MESSAGES_REFUSED, () => counts.refused],
      [PUBLISH.KITE_CLOSED_TOO_SLOW, () => counts.tooSlow],
    ]);
  }

  open(socket: ClientSocket, principal: Principal): KiteSession {
    const session = new KiteSession(this.#ports, socket, principal);
    this.clients.add(session);
    this.#ports.taker.clients = this.clients.size;
    return session;
  }

  close(session: KiteSession): void {
    if (this.clients.remove(session)) this.#ports.taker.clients = this.clients.size;
  }

  /** Ticks were lost on the way to here: brings everybody up to the last values. */
  refresh(): void {
    for (const { client } of this.clients) this.#ports.taker.refresh(client);
  }

  /** An order update of the broker: to those whose key may touch the account, each one once. */
  onOrder(account: string, data: unknown): void {
    const nowMs = this.#ports.clock.monotonicMs();
    const content = `${account} ${JSON.stringify(data)}`;
    const beforeMs = this.#orders.get(content);
    if (beforeMs !== undefined && nowMs - beforeMs < REPEAT_MS) return;
    this.#orders.set(content, nowMs);
    for (const session of this.clients) session.onOrder(account, data);
  }

  /** Once a second: heartbeats, and what is known by looking. */
  second(): void {
    for (const session of this.clients) session.second();
    this.#meters.set(PUBLISH.KITE_BUFFERED_BYTES, this.clients.bufferedBytes());
    const oldMs = this.#ports.clock.monotonicMs() - REPEAT_MS;
    for (const [content, sentMs] of this.#orders) {
      if (sentMs <= oldMs) this.#orders.delete(content);
    }
  }

  /** Brings the meters up to what has been counted since the last call. */
  meter(): void {
    this.clients.meter();
    this.#meters.set(PUBLISH.KITE_SUBSCRIPTIONS, this.#ports.taker.size);
  }

  /** Sends what still waits to be sent. */
  drain(): void {
    this.#ports.taker.sendWaiting();
  }
}
