import { type OldPorts, OldSession } from '../../fanout/old/old-session.ts';
import { OldTaker, type OldTakerOptions } from '../../fanout/old/old-taker.ts';
import type { AddressKey } from '../../http/web-socket.ts';
import type { WebSocketConnection } from '../../http/web-socket-connection.ts';
import { PUBLISH } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { OpenClients } from './open-clients.ts';

/** Unread bytes at which a client gets no ticks until it has read. */
const CONGESTED_BYTES_MAX = 262_144;
/** Name of the old protocol among the connections; no client can offer it. */
const OLD_PROTOCOL = 'old';
const TOKEN_PARAMETER = 'token';
const METERS = {
  clients: PUBLISH.OLD_CLIENTS,
  opened: PUBLISH.OLD_CLIENTS_OPENED,
  closed: PUBLISH.OLD_CLIENTS_CLOSED,
  keyRevoked: PUBLISH.OLD_CLOSED_KEY_REVOKED,
};

export type OldSessionsOptions = Omit<OldPorts, 'taker' | 'counts'> &
  Pick<OldTakerOptions, 'index' | 'lastValues'> & {
    /** Whether the old protocol is spoken at all. */
    enabled: boolean;
  };

/** Every conversation of the thread in the protocol of the Python service. */
export class OldSessions {
  readonly clients: OpenClients<OldSession>;
  /** What a key in the address is for. */
  readonly addressKey: AddressKey;
  readonly #ports: OldPorts;
  readonly #meters: ThreadMeters;
  readonly #bySocket = new WeakMap<WebSocketConnection, OldSession>();

  constructor(options: OldSessionsOptions, meters: ThreadMeters, logger: Logger) {
    const { index, lastValues, limits, enabled } = options;
    const congestedBytes = Math.min(CONGESTED_BYTES_MAX, limits.bufferBytes / 2);
    this.addressKey = {
      parameter: TOKEN_PARAMETER,
      protocol: enabled ? OLD_PROTOCOL : undefined,
    };
    const taker = new OldTaker({ index, lastValues, congestedBytes });
    const counts = { received: 0, refused: 0, tooSlow: 0 };
    this.#ports = { ...options, taker, counts };
    this.#meters = meters;
    const { sent } = taker;
    this.clients = new OpenClients(meters, METERS, [
      [PUBLISH.OLD_TICKS_SENT, () => sent.ticks],
      [PUBLISH.OLD_BYTES_SENT, () => sent.bytes],
      [PUBLISH.OLD_CONFLATED, () => sent.conflated],
      [PUBLISH.OLD_MESSAGES_RECEIVED, () => counts.received],
      [PUBLISH.OLD_MESSAGES_REFUSED, () => counts.refused],
      [PUBLISH.OLD_CLOSED_TOO_SLOW, () => counts.tooSlow],
    ]);
    if (!enabled) return;
    logger.warn(
      'TICKER_OLD_CLIENTS: keys in addresses end up in the logs of proxies, load ' +
        'balancers and browsers; give old clients keys of their own and revoke them afterwards',
    );
  }

  /** Takes a connection that speaks the old protocol; false: it does not. */
  open(connection: WebSocketConnection): boolean {
    const { protocol, principal } = connection;
    if (protocol !== OLD_PROTOCOL || principal === undefined) return false;
    const session = new OldSession(this.#ports, connection, principal);
    this.#bySocket.set(connection, session);
    this.clients.add(session);
    // One whose key lacks the scope has been closed already.
    if (!connection.isOpen) this.close(connection);
    return true;
  }

  /** False: the connection is none of these. */
  onMessage(connection: WebSocketConnection, bytes: ArrayBuffer, isBinary: boolean): boolean {
    const session = this.#bySocket.get(connection);
    if (isBinary) session?.onBinary();
    else session?.onText(Buffer.from(bytes).toString('utf8'));
    return session !== undefined;
  }

  onDrain(connection: WebSocketConnection): void {
    this.#bySocket.get(connection)?.onDrain();
  }

  close(connection: WebSocketConnection): void {
    const session = this.#bySocket.get(connection);
    if (session !== undefined && this.clients.remove(session)) this.#meterSubscriptions();
  }

  /** Ticks were lost on the way to here: brings everybody up to the last values. */
  refresh(): void {
    for (const { client } of this.clients) this.#ports.taker.refresh(client);
  }

  /** Once a second: what is known by looking. */
  second(): void {
    for (const session of this.clients) session.endIfIdle();
    this.#meterSubscriptions();
  }

  #meterSubscriptions(): void {
    this.#meters.set(PUBLISH.OLD_SUBSCRIPTIONS, this.#ports.taker.size);
  }
}
