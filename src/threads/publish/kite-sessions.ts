import type { Principal } from '../../domain/access.ts';
import { CLOSE, type ClientSocket } from '../../domain/ports.ts';
import { type KitePorts, KiteSession } from '../../fanout/kite/kite-session.ts';
import { KiteTaker, type KiteTakerOptions } from '../../fanout/kite/kite-taker.ts';
import { PUBLISH } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';

/** Unread bytes at which a client gets nothing more until it has read. */
const CONGESTED_BYTES_MAX = 262_144;

export type KiteSessionsOptions = Pick<KitePorts, 'clock' | 'directory' | 'onError'> &
  Pick<KiteTakerOptions, 'index' | 'lastValues'> & {
    /** `bufferBytes`: unread bytes at which a client is cut off; one that reads stays below. */
    limits: { messageBytes: number; bufferBytes: number };
  };

/** Every conversation of the thread in the broker's own protocol. */
export class KiteSessions {
  readonly #ports: KitePorts;
  readonly #meters: ThreadMeters;
  readonly #open = new Set<KiteSession>();
  #metered = {
    packets: 0,
    frames: 0,
    bytes: 0,
    conflated: 0,
    received: 0,
    refused: 0,
    heartbeats: 0,
    tooSlow: 0,
  };

  constructor(options: KiteSessionsOptions, meters: ThreadMeters) {
    const { clock, directory, onError, index, lastValues, limits } = options;
    const congestedBytes = Math.min(CONGESTED_BYTES_MAX, limits.bufferBytes / 2);
    this.#ports = {
      clock,
      directory,
      onError,
      taker: new KiteTaker({ index, lastValues, clock, congestedBytes }),
      messageBytes: limits.messageBytes,
      counts: { received: 0, refused: 0, heartbeats: 0, tooSlow: 0 },
    };
    this.#meters = meters;
  }

  get size(): number {
    return this.#open.size;
  }

  open(socket: ClientSocket, principal: Principal): KiteSession {
    const session = new KiteSession(this.#ports, socket, principal);
    this.#open.add(session);
    this.#meters.add(PUBLISH.KITE_CLIENTS_OPENED, 1);
    this.#noteSize();
    return session;
  }

  close(session: KiteSession): void {
    if (!this.#open.delete(session)) return;
    session.onClose();
    this.#meters.add(PUBLISH.KITE_CLIENTS_CLOSED, 1);
    this.#noteSize();
  }

  /** Ticks were lost on the way to here: brings everybody up to the last values. */
  refresh(): void {
    for (const { client } of this.#open) this.#ports.taker.refresh(client);
  }

  /** Once a second: heartbeats, and what is known by looking. */
  second(): void {
    let buffered = 0;
    for (const session of this.#open) {
      session.second();
      buffered += session.client.socket.bufferedBytes();
    }
    this.#meters.set(PUBLISH.KITE_BUFFERED_BYTES, buffered);
  }

  /** Brings the meters up to what has been counted since the last call. */
  meter(): void {
    const now = { ...this.#ports.taker.sent, ...this.#ports.counts };
    const seen = this.#metered;
    this.#meters.add(PUBLISH.KITE_PACKETS_SENT, now.packets - seen.packets);
    this.#meters.add(PUBLISH.KITE_FRAMES_SENT, now.frames - seen.frames);
    this.#meters.add(PUBLISH.KITE_BYTES_SENT, now.bytes - seen.bytes);
    this.#meters.add(PUBLISH.KITE_CONFLATED, now.conflated - seen.conflated);
    this.#meters.add(PUBLISH.KITE_HEARTBEATS_SENT, now.heartbeats - seen.heartbeats);
    this.#meters.add(PUBLISH.KITE_MESSAGES_RECEIVED, now.received - seen.received);
    this.#meters.add(PUBLISH.KITE_MESSAGES_REFUSED, now.refused - seen.refused);
    this.#meters.add(PUBLISH.KITE_CLOSED_TOO_SLOW, now.tooSlow - seen.tooSlow);
    this.#meters.set(PUBLISH.KITE_SUBSCRIPTIONS, this.#ports.taker.size);
    this.#metered = now;
  }

  /** Closes the connections whose key is not valid any more. */
  endRevoked(isValid: (keyId: string) => boolean): void {
    for (const session of this.#open) {
      if (session.endIfRevoked(isValid)) this.#meters.add(PUBLISH.KITE_CLOSED_KEY_REVOKED, 1);
    }
  }

  /** Sends what still waits to be sent. */
  drain(): void {
    this.#ports.taker.sendWaiting();
  }

  /** Says goodbye to everybody: clients reconnect by themselves. */
  closeAll(): void {
    for (const { client } of this.#open) {
      client.socket.end(CLOSE.RESTART, 'SHUTTING_DOWN: the service restarts');
    }
  }

  #noteSize(): void {
    this.#meters.set(PUBLISH.KITE_CLIENTS, this.#open.size);
    this.#ports.taker.clients = this.#open.size;
  }
}
