import { MODE } from '../../domain/status.ts';
import { HEARTBEAT_FRAME, packetToken } from './encoder.ts';
import { FrameWriter } from './frame-writer.ts';
import type { FramePool } from './frame-writer.ts';
import type { Market } from './market.ts';
import type { FeedMode, PacketSink, SimInstrument } from './sim-instrument.ts';
import { MAX_SUBSCRIPTIONS, SubscriptionBook } from './subscription-book.ts';
import type { WatchList } from './subscription-book.ts';

const HEARTBEAT_IDLE_MS = 1000;
/** A client this far behind is disconnected, as the broker does. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
const MODES = new Map<unknown, FeedMode>([
  ['ltp', MODE.LTP],
  ['quote', MODE.QUOTE],
  ['full', MODE.FULL],
]);

/** What a connection needs of its WebSocket. */
export interface PeerSocket {
  readonly bufferedBytes: number;
  /** `done` is called when the bytes have been written or the socket has failed. */
  sendBinary(frame: Uint8Array, done: () => void): void;
  sendText(text: string): void;
  close(code: number): void;
  /** Resets the TCP connection without a closing handshake. */
  reset(): void;
  /** Stops reading: nothing is answered any more, pings and closing handshakes included. */
  pause(): void;
  resume(): void;
}

export type Fate = 'open' | 'silent' | 'hung' | 'closed';

export interface ConnectionIdentity {
  /** Rises from 1 in the order of opening. */
  id: number;
  account: string;
  openedUs: number;
}

/** One client of the broker protocol: its subscriptions and what it is sent. No I/O of its own. */
export class Connection implements PacketSink {
  readonly identity: ConnectionIdentity;
  readonly #socket: PeerSocket;
  readonly #market: Market;
  readonly #subscriptions: SubscriptionBook;
  readonly #writer: FrameWriter;
  #lastFrameMs: number;
  #nowMs: number;
  fate: Fate = 'open';
  isDelivering = true;
  frames = 0;
  packets = 0;
  bytes = 0;
  heartbeats = 0;
  ignoredMessages = 0;
  isTooSlow = false;
  #subscriptionsAtEnd = 0;

  /** `nowMs`: the monotonic clock. */
  constructor(
    identity: ConnectionIdentity,
    socket: PeerSocket,
    market: Market,
    watchList: WatchList,
    pool: FramePool,
    nowMs: number,
  ) {
    this.identity = identity;
    this.#socket = socket;
    this.#market = market;
    this.#subscriptions = new SubscriptionBook(this, market, watchList);
    this.#nowMs = nowMs;
    this.#lastFrameMs = nowMs;
    this.#writer = new FrameWriter(pool, (frame, done) => {
      this.#sendFrame(frame, done);
    });
  }

  /** Now, or when the socket ended. */
  get subscriptionCount(): number {
    return this.fate === 'closed' ? this.#subscriptionsAtEnd : this.#subscriptions.size;
  }

  /** A text message of the client. What the broker would not understand is ignored and counted. */
  receive(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.ignoredMessages++;
      return;
    }
    if (typeof message !== 'object' || message === null) {
      this.ignoredMessages++;
      return;
    }
    const { a: action, v: value } = message as { a?: unknown; v?: unknown };
    if (!Array.isArray(value)) this.ignoredMessages++;
    else if (action === 'subscribe') this.#subscribe(tokensIn(value));
    else if (action === 'unsubscribe') this.#subscriptions.unsubscribe(tokensIn(value));
    else if (action === 'mode') this.#setMode(value[0], value[1]);
    else this.ignoredMessages++;
  }

  append(packet: Uint8Array): void {
    this.packets++;
    this.#writer.append(packet);
  }

  /** Sends the snapshots that subscriptions and mode changes have asked for. */
  sendSnapshots(): void {
    if (!this.isDelivering) return;
    this.#subscriptions.deliverSnapshots((instrument) => {
      this.#sendRecorded(instrument);
    });
  }

  /** Ends a round: sends collected packets, or a heartbeat when there was nothing for a while. */
  flush(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#writer.flush();
    if (this.fate === 'hung' || this.fate === 'closed') return;
    if (nowMs - this.#lastFrameMs < HEARTBEAT_IDLE_MS) return;
    this.heartbeats++;
    this.#sendFrame(HEARTBEAT_FRAME, ignoreCompletion);
  }

  sendText(text: string): void {
    if (this.fate === 'open' || this.fate === 'silent') this.#socket.sendText(text);
  }

  /** Sends bytes as one binary message, whatever they are. */
  sendVerbatim(bytes: Uint8Array): void {
    this.#writer.flush();
    if (this.fate === 'open' || this.fate === 'silent') this.#sendFrame(bytes, ignoreCompletion);
  }

  /** `open` again, `silent` (heartbeats, no ticks) or `hung` (nothing at all). */
  setFate(fate: 'open' | 'silent' | 'hung'): void {
    if (this.fate === 'closed') return;
    this.#writer.flush();
    if (fate === 'hung') this.#socket.pause();
    else if (this.fate === 'hung') this.#socket.resume();
    this.fate = fate;
    this.isDelivering = fate === 'open';
  }

  close(code: number): void {
    this.#writer.flush();
    this.#socket.close(code);
  }

  reset(): void {
    this.#socket.reset();
  }

  /** The socket has ended. */
  closed(): void {
    this.#subscriptionsAtEnd = this.#subscriptions.size;
    this.fate = 'closed';
    this.isDelivering = false;
    this.#subscriptions.unsubscribeAll();
    this.#writer.release();
  }

  #subscribe(tokens: readonly number[]): void {
    const refused = this.#subscriptions.subscribe(tokens);
    if (refused === 0) return;
    const data = `Limit of ${MAX_SUBSCRIPTIONS} instruments reached, ${refused} not subscribed`;
    this.sendText(JSON.stringify({ type: 'error', data }));
  }

  #setMode(name: unknown, tokens: unknown): void {
    const mode = MODES.get(name);
    if (mode === undefined || !Array.isArray(tokens)) this.ignoredMessages++;
    else this.#subscriptions.setMode(mode, tokensIn(tokens));
  }

  #sendRecorded(instrument: SimInstrument): void {
    for (const frame of instrument.recordedFrames) {
      this.sendVerbatim(frame.bytes);
      this.packets += frame.packets.length;
      for (const packet of frame.packets) {
        this.#market.find(packetToken(packet))?.countRecorded(packet);
      }
    }
  }

  #sendFrame(frame: Uint8Array, done: () => void): void {
    if (this.#socket.bufferedBytes > MAX_BUFFERED_BYTES) {
      this.isTooSlow = true;
      this.#socket.reset();
      done();
      return;
    }
    this.frames++;
    this.bytes += frame.byteLength;
    this.#lastFrameMs = this.#nowMs;
    this.#socket.sendBinary(frame, done);
  }
}

/** The broker ignores tokens that are not numbers. */
function tokensIn(values: readonly unknown[]): number[] {
  return values.filter((value) => typeof value === 'number');
}

function ignoreCompletion(): void {
  // These bytes belong to nobody's pool.
}
