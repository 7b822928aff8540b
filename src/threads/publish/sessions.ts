import type { Principal } from '../../domain/access.ts';
import type { ClientSocket } from '../../domain/ports.ts';
import { CLOSE } from '../../domain/ports.ts';
import { ClientSession, type SessionPorts } from '../../fanout/session.ts';
import { PUBLISH } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { ServerMessage } from '../../wire/messages.ts';

/** Every client conversation of the thread. */
export class Sessions {
  readonly #ports: SessionPorts;
  readonly #meters: ThreadMeters;
  readonly #buffersBytes: number;
  readonly #open = new Set<ClientSession>();
  #metered = {
    ticks: 0,
    frames: 0,
    bytes: 0,
    snapshots: 0,
    repriced: 0,
    tooSlow: 0,
    merged: 0,
    received: 0,
    refused: 0,
  };

  /** `buffersBytes`: what may wait for all clients together. */
  constructor(ports: SessionPorts, meters: ThreadMeters, buffersBytes: number) {
    this.#ports = ports;
    this.#buffersBytes = buffersBytes;
    this.#meters = meters;
  }

  get size(): number {
    return this.#open.size;
  }

  open(
    socket: ClientSocket,
    options: { binary: boolean; principal: Principal | undefined },
  ): ClientSession {
    const session = new ClientSession(this.#ports, socket, options);
    this.#open.add(session);
    this.#meters.add(PUBLISH.CLIENTS_OPENED, 1);
    this.#meters.set(PUBLISH.CLIENTS, this.#open.size);
    return session;
  }

  close(session: ClientSession): void {
    if (!this.#open.delete(session)) return;
    session.onClose();
    this.#meters.add(PUBLISH.CLIENTS_CLOSED, 1);
    this.#meters.set(PUBLISH.CLIENTS, this.#open.size);
    this.#meters.set(PUBLISH.SUBSCRIPTIONS, this.#ports.index.size);
  }

  broadcast(message: ServerMessage): void {
    for (const session of this.#open) if (session.connection.ready) session.send(message);
  }

  /** Positions that can be had no more; who is behind is told when it catches up. */
  broadcastGap(from: number, to: number, reason: string): void {
    for (const session of this.#open) {
      const { ready, behind } = session.connection;
      if (ready && behind === undefined) {
        session.send({ type: 'gap', from, to, reason });
      }
    }
  }

  *[Symbol.iterator](): Iterator<ClientSession> {
    yield* this.#open;
  }

  /** Ten times a second: who reads too slowly, and who can share frames. */
  watch(): void {
    const { delivery } = this.#ports;
    const { slowReaders, sharing } = delivery;
    const connections = Array.from(this.#open, ({ connection }) => connection);
    delivery.smallestWindowMs = connections.reduce(
      (smallest, connection) => Math.min(smallest, delivery.windowMs(connection)),
      delivery.adaptiveWindowMs,
    );
    slowReaders.watch(connections);
    slowReaders.boundTotal(connections, this.#buffersBytes);
    sharing.regroup(connections);
  }

  /** Once a second: heartbeats, and what is known by looking. */
  second(): void {
    let buffered = 0;
    for (const session of this.#open) {
      session.endIfIdle();
      session.heartbeatIfIdle();
      buffered += session.connection.socket.bufferedBytes();
    }
    this.#meters.set(PUBLISH.CLIENTS_BEHIND, this.#ports.delivery.slowReaders.size);
    this.#meters.set(PUBLISH.BUFFERED_BYTES, buffered);
    this.#meters.set(PUBLISH.SUBSCRIPTIONS, this.#ports.index.size);
  }

  /** Brings the meters up to what has been counted since the last call. */
  meter(): void {
    const { counts: sent } = this.#ports.delivery;
    const { counts: messages } = this.#ports;
    const now = { ...sent, ...messages };
    const seen = this.#metered;
    this.#meters.add(PUBLISH.TICKS_SENT, now.ticks - seen.ticks);
    this.#meters.add(PUBLISH.FRAMES_SENT, now.frames - seen.frames);
    this.#meters.add(PUBLISH.BYTES_SENT, now.bytes - seen.bytes);
    this.#meters.add(PUBLISH.SNAPSHOTS_SENT, now.snapshots - seen.snapshots);
    this.#meters.add(PUBLISH.REPRICED_SENT, now.repriced - seen.repriced);
    this.#meters.add(PUBLISH.TICKS_MERGED, now.merged - seen.merged);
    this.#meters.add(PUBLISH.CLOSED_TOO_SLOW, now.tooSlow - seen.tooSlow);
    this.#meters.add(PUBLISH.MESSAGES_RECEIVED, now.received - seen.received);
    this.#meters.add(PUBLISH.MESSAGES_REFUSED, now.refused - seen.refused);
    this.#metered = now;
  }

  /** Closes the connections whose key is not valid any more. */
  endRevoked(isValid: (keyId: string) => boolean): void {
    for (const session of this.#open) {
      if (session.endIfRevoked(isValid)) this.#meters.add(PUBLISH.CLOSED_KEY_REVOKED, 1);
    }
  }

  /** Says goodbye to everybody: clients may reconnect at once. */
  closeAll(): void {
    for (const session of this.#open) {
      session.connection.socket.end(CLOSE.RESTART, 'SHUTTING_DOWN: the service restarts');
    }
  }
}
