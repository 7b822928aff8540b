import type { Principal } from '../../domain/access.ts';
import type { ClientSocket } from '../../domain/ports.ts';
import { ClientSession, type SessionPorts } from '../../fanout/session.ts';
import { PUBLISH } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { ServerMessage } from '../../wire/messages.ts';
import { OpenClients } from './open-clients.ts';

const METERS = {
  clients: PUBLISH.CLIENTS,
  opened: PUBLISH.CLIENTS_OPENED,
  closed: PUBLISH.CLIENTS_CLOSED,
  keyRevoked: PUBLISH.CLOSED_KEY_REVOKED,
};

/** Every client conversation of the thread. */
export class Sessions {
  readonly clients: OpenClients<ClientSession>;
  readonly #ports: SessionPorts;
  readonly #meters: ThreadMeters;
  readonly #buffersBytes: number;

  /** `buffersBytes`: what may wait for all clients together. */
  constructor(ports: SessionPorts, meters: ThreadMeters, buffersBytes: number) {
    this.#ports = ports;
    this.#buffersBytes = buffersBytes;
    this.#meters = meters;
    const { counts: sent } = ports.delivery;
    const { counts: messages } = ports;
    this.clients = new OpenClients(meters, METERS, [
      [PUBLISH.TICKS_SENT, () => sent.ticks],
      [PUBLISH.FRAMES_SENT, () => sent.frames],
      [PUBLISH.BYTES_SENT, () => sent.bytes],
      [PUBLISH.SNAPSHOTS_SENT, () => sent.snapshots],
      [PUBLISH.REPRICED_SENT, () => sent.repriced],
      [PUBLISH.TICKS_MERGED, () => sent.merged],
      [PUBLISH.CLOSED_TOO_SLOW, () => sent.tooSlow],
      [PUBLISH.MESSAGES_RECEIVED, () => messages.received],
      [PUBLISH.MESSAGES_REFUSED, () => messages.refused],
    ]);
  }

  open(
    socket: ClientSocket,
    options: { binary: boolean; principal: Principal | undefined },
  ): ClientSession {
    const session = new ClientSession(this.#ports, socket, options);
    this.clients.add(session);
    return session;
  }

  close(session: ClientSession): void {
    if (this.clients.remove(session)) this.#meterSubscriptions();
  }

  broadcast(message: ServerMessage): void {
    for (const session of this.clients) if (session.connection.ready) session.send(message);
  }

  /** Positions that can be had no more; who is behind is told when it catches up. */
  broadcastGap(from: number, to: number, reason: string): void {
    for (const session of this.clients) {
      const { ready, behind } = session.connection;
      if (ready && behind === undefined) {
        session.send({ type: 'gap', from, to, reason });
      }
    }
  }

  /** Ten times a second: who reads too slowly, and who can share frames. */
  watch(): void {
    const { slowReaders, sharing } = this.#ports.delivery;
    const connections = Array.from(this.clients, ({ connection }) => connection);
    slowReaders.watch(connections);
    slowReaders.boundTotal(connections, this.#buffersBytes);
    sharing.regroup(connections);
  }

  /** Once a second: heartbeats, and what is known by looking. */
  second(): void {
    for (const session of this.clients) {
      session.endIfIdle();
      session.heartbeatIfIdle();
    }
    this.#meters.set(PUBLISH.CLIENTS_BEHIND, this.#ports.delivery.slowReaders.size);
    this.#meters.set(PUBLISH.BUFFERED_BYTES, this.clients.bufferedBytes());
    this.#meterSubscriptions();
  }

  #meterSubscriptions(): void {
    this.#meters.set(PUBLISH.SUBSCRIPTIONS, this.#ports.index.size);
  }
}
