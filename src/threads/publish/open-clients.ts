import { CLOSE, type ClientSocket } from '../../domain/ports.ts';
import type { ThreadMeters } from '../../shm/meters.ts';

/** One client's conversation, whatever protocol it speaks. */
export interface OpenClient {
  readonly socket: ClientSocket;
  /** The socket is gone: nothing of this client stays behind. */
  onClose(): void;
  /** Ends the connection if its key is not valid any more; true: it did. */
  endIfRevoked(isValid: (keyId: string) => boolean): boolean;
}

/** Meters of the clients of one protocol. */
export interface ClientMeters {
  clients: number;
  opened: number;
  closed: number;
  keyRevoked: number;
}

/** A meter and the count, kept elsewhere, that it follows. */
export type CountedMeter = readonly [meter: number, count: () => number];

/** The clients of one protocol: who they are, and what of them is metered. */
export class OpenClients<Client extends OpenClient> {
  readonly #clients = new Set<Client>();
  readonly #meters: ThreadMeters;
  readonly #own: ClientMeters;
  readonly #counted: readonly CountedMeter[];
  /** Of each count, what has gone into its meter. */
  readonly #metered: number[];

  constructor(meters: ThreadMeters, own: ClientMeters, counted: readonly CountedMeter[]) {
    this.#meters = meters;
    this.#own = own;
    this.#counted = counted;
    this.#metered = counted.map(() => 0);
  }

  get size(): number {
    return this.#clients.size;
  }

  [Symbol.iterator](): Iterator<Client> {
    return this.#clients.values();
  }

  add(client: Client): void {
    this.#clients.add(client);
    this.#meters.add(this.#own.opened, 1);
    this.#meters.set(this.#own.clients, this.size);
  }

  /** The client's socket is gone. Once is enough: false, it was none of these any more. */
  remove(client: Client): boolean {
    if (!this.#clients.delete(client)) return false;
    client.onClose();
    this.#meters.add(this.#own.closed, 1);
    this.#meters.set(this.#own.clients, this.size);
    return true;
  }

  /** What waits for all of them. */
  bufferedBytes(): number {
    let bytes = 0;
    for (const { socket } of this.#clients) bytes += socket.bufferedBytes();
    return bytes;
  }

  /** Brings the meters up to what has been counted since the last call. */
  meter(): void {
    for (const [index, [meter, count]] of this.#counted.entries()) {
      const now = count();
      this.#meters.add(meter, now - this.#metered[index]!);
      this.#metered[index] = now;
    }
  }

  /** Closes the connections whose key is not valid any more. */
  endRevoked(isValid: (keyId: string) => boolean): void {
    for (const client of this.#clients) {
      if (client.endIfRevoked(isValid)) this.#meters.add(this.#own.keyRevoked, 1);
    }
  }

  /** Says goodbye to everybody: clients may reconnect at once. */
  closeAll(): void {
    for (const { socket } of [...this.#clients]) {
      socket.end(CLOSE.RESTART, 'SHUTTING_DOWN: the service restarts');
    }
  }
}
