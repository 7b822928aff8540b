import { CLOSE } from '../../domain/ports.ts';
import { type OldPorts, OldSession } from '../../fanout/old/old-session.ts';
import { OldTaker, type OldTakerOptions } from '../../fanout/old/old-taker.ts';
import type { AddressKey } from '../../http/web-socket.ts';
import type { WebSocketConnection } from '../../http/web-socket-connection.ts';
import { PUBLISH } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Unread bytes at which a client gets no ticks until it has read. */
const CONGESTED_BYTES_MAX = 262_144;
/** Name of the old protocol among the connections; no client can offer it. */
const OLD_PROTOCOL = 'old';
const TOKEN_PARAMETER = 'token';

export type OldSessionsOptions = Omit<OldPorts, 'taker' | 'counts'> &
  Pick<OldTakerOptions, 'index' | 'lastValues'> & {
    /** Whether the old protocol is spoken at all. */
    enabled: boolean;
  };

/** Every conversation of the thread in the protocol of the Python service. */
export class OldSessions {
  /** What a key in the address is for. */
  readonly addressKey: AddressKey;
  readonly #ports: OldPorts;
  readonly #meters: ThreadMeters;
  readonly #open = new Map<WebSocketConnection, OldSession>();
  #metered: ReadonlyMap<number, number> = new Map();

  constructor(options: OldSessionsOptions, meters: ThreadMeters, logger: Logger) {
    const { index, lastValues, limits, enabled } = options;
    const congestedBytes = Math.min(CONGESTED_BYTES_MAX, limits.bufferBytes / 2);
    this.addressKey = {
      parameter: TOKEN_PARAMETER,
      protocol: enabled ? OLD_PROTOCOL : undefined,
    };
    this.#ports = {
      ...options,
      taker: new OldTaker({ index, lastValues, congestedBytes }),
      counts: { received: 0, refused: 0, tooSlow: 0 },
    };
    this.#meters = meters;
    if (!enabled) return;
    logger.warn(
      'TICKER_OLD_CLIENTS: keys in addresses end up in the logs of proxies, load ' +
        'balancers and browsers; give old clients keys of their own and revoke them afterwards',
    );
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes a connection that speaks the old protocol; false: it does not. */
  open(connection: WebSocketConnection): boolean {
    const { protocol, principal } = connection;
    if (protocol !== OLD_PROTOCOL || principal === undefined) return false;
    this.#open.set(connection, new OldSession(this.#ports, connection, principal));
    this.#meters.add(PUBLISH.OLD_CLIENTS_OPENED, 1);
    this.#meters.set(PUBLISH.OLD_CLIENTS, this.size);
    // One whose key lacks the scope has been closed already.
    if (!connection.isOpen) this.close(connection);
    return true;
  }

  /** False: the connection is none of these. */
  onMessage(connection: WebSocketConnection, bytes: ArrayBuffer, isBinary: boolean): boolean {
    const session = this.#open.get(connection);
    if (isBinary) session?.onBinary();
    else session?.onText(Buffer.from(bytes).toString('utf8'));
    return session !== undefined;
  }

  onDrain(connection: WebSocketConnection): void {
    this.#open.get(connection)?.onDrain();
  }

  close(connection: WebSocketConnection): void {
    const session = this.#open.get(connection);
    if (session === undefined) return;
    this.#open.delete(connection);
    session.onClose();
    this.#meters.add(PUBLISH.OLD_CLIENTS_CLOSED, 1);
    this.#meters.set(PUBLISH.OLD_CLIENTS, this.size);
    this.#meters.set(PUBLISH.OLD_SUBSCRIPTIONS, this.#ports.taker.size);
  }

  /** Ticks were lost on the way to here: brings everybody up to the last values. */
  refresh(): void {
    for (const { client } of this.#open.values()) this.#ports.taker.refresh(client);
  }

  /** Once a second: what is known by looking. */
  second(): void {
    for (const session of this.#open.values()) session.endIfIdle();
    this.#meters.set(PUBLISH.OLD_SUBSCRIPTIONS, this.#ports.taker.size);
  }

  /** Brings the meters up to what has been counted since the last call. */
  meter(): void {
    const { sent } = this.#ports.taker;
    const { received, refused, tooSlow } = this.#ports.counts;
    const now = new Map<number, number>([
      [PUBLISH.OLD_TICKS_SENT, sent.ticks],
      [PUBLISH.OLD_BYTES_SENT, sent.bytes],
      [PUBLISH.OLD_CONFLATED, sent.conflated],
      [PUBLISH.OLD_MESSAGES_RECEIVED, received],
      [PUBLISH.OLD_MESSAGES_REFUSED, refused],
      [PUBLISH.OLD_CLOSED_TOO_SLOW, tooSlow],
    ]);
    for (const [meter, count] of now) {
      this.#meters.add(meter, count - (this.#metered.get(meter) ?? 0));
    }
    this.#metered = now;
  }

  /** Closes the connections whose key is not valid any more. */
  endRevoked(isValid: (keyId: string) => boolean): void {
    for (const session of this.#open.values()) {
      if (session.endIfRevoked(isValid)) this.#meters.add(PUBLISH.OLD_CLOSED_KEY_REVOKED, 1);
    }
  }

  /** Says goodbye to everybody: clients reconnect by themselves. */
  closeAll(): void {
    for (const connection of [...this.#open.keys()]) {
      connection.end(CLOSE.RESTART, 'SHUTTING_DOWN: the service restarts');
    }
  }
}
