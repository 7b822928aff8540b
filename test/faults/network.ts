import type { WebSocketConstructor } from '../../src/client/socket.ts';
import { ClientEnd, ClientLink, type Reader } from './client-link.ts';
import type { ServiceState } from './client-log.ts';
import type { PublishHost } from './publish-host.ts';
import type { VirtualClock } from './virtual-clock.ts';

const ABNORMAL = 1006;
const REFUSED_MS = 1;

export interface NetworkOptions {
  clock: VirtualClock;
  /** Who serves now; undefined: nobody. */
  publish: () => PublishHost | undefined;
  state: () => ServiceState | undefined;
  /** Unread bytes at which uWebSockets drops a message. */
  bufferBytesMax: number;
}

/** Every connection of a run. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #links = new Map<Reader, ClientLink>();

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** A WebSocket constructor for the client that reads as `reader` says. */
  webSocketOf(reader: Reader): WebSocketConstructor {
    const connect = (protocols: readonly string[]): ClientEnd => this.connect(reader, protocols);
    // The client calls it as a constructor; what that returns is an object of its own.
    return function connectionOf(_url: string, protocols: string[]) {
      return connect(protocols);
    } as unknown as WebSocketConstructor;
  }

  connect(reader: Reader, protocols: readonly string[]): ClientEnd {
    const { clock, bufferBytesMax, state } = this.#options;
    const publish = this.#options.publish();
    reader.log.push({ kind: 'open', atMs: clock.monotonicMs() });
    if (publish === undefined) return this.#refused(reader);
    const link = new ClientLink({ clock, publish, reader, protocols, bufferBytesMax, state });
    this.#links.set(reader, link);
    return link.client;
  }

  /** The connection of a client, its newest. */
  linkOf(reader: Reader): ClientLink | undefined {
    return this.#links.get(reader);
  }

  /** The publish thread has ended: its connections end as it said, or just break. */
  publishEnded(): void {
    for (const link of this.#links.values()) link.serverDied();
  }

  /** Nobody listens: the attempt fails a moment later. */
  #refused(reader: Reader): ClientEnd {
    const end = new ClientEnd(undefined);
    reader.thread.post('message', REFUSED_MS, () => {
      const atMs = this.#options.clock.monotonicMs();
      reader.log.push({ kind: 'closed', atMs, code: ABNORMAL, reason: 'refused' });
      end.onclose?.({ code: ABNORMAL, reason: 'refused' });
    });
    return end;
  }
}
