import { DEFAULT_KEY_LIMITS, type Principal } from '../../src/domain/access.ts';
import type { ClientSocket, SubscribableInstrument } from '../../src/domain/ports.ts';
import { type KitePorts, KiteSession } from '../../src/fanout/kite/kite-session.ts';
import { KiteTaker } from '../../src/fanout/kite/kite-taker.ts';
import { SubscriptionIndex } from '../../src/fanout/subscription-index.ts';
import { KiteFrameParser } from '../../src/feed/kite/parser.ts';
import { createPrivateTicks } from '../../src/shm/block.ts';
import { createLastValueTable, LastValueTable } from '../../src/shm/last-value-table.ts';
import {
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
} from '../../src/shm/layout/tick-slot.ts';
import { ManualClock } from './client/manual-clock.ts';
import { FakeDirectory, testInstrument } from './fanout-directory.ts';
import { frameOf } from './feed/kite/frames.ts';
import { packetsIn } from './recording-broker.ts';

const ROWS = 3200;
export const CONGESTED_BYTES = 100_000;

/** The client's end of a `/kite` connection, in memory. */
export class KiteSocket implements ClientSocket {
  readonly remoteAddress = '192.0.2.1';
  readonly frames: Buffer[] = [];
  readonly texts: { type: string; data: unknown }[] = [];
  /** What `bufferedBytes` answers; with `fills` everything sent is added to it. */
  unreadBytes = 0;
  fills = false;
  ended: { code: number; reason: string } | undefined;
  terminated = false;

  send(message: string | Uint8Array): boolean {
    if (this.ended !== undefined || this.terminated) return false;
    if (this.fills) this.unreadBytes += message.length;
    // The sender uses its buffer again.
    if (typeof message !== 'string') this.frames.push(Buffer.from(message));
    else this.texts.push(JSON.parse(message) as { type: string; data: unknown });
    return true;
  }

  bufferedBytes(): number {
    return this.unreadBytes;
  }

  end(code: number, reason: string): void {
    this.ended = { code, reason };
  }

  terminate(): void {
    this.terminated = true;
  }

  get packets(): Buffer[] {
    return this.frames.flatMap(packetsIn);
  }

  /** Bytes of each packet. */
  get sizes(): number[] {
    return this.packets.map(({ length }) => length);
  }

  get heartbeats(): number {
    return this.frames.filter(({ length }) => length === 1).length;
  }

  get errors(): string[] {
    return this.texts.filter(({ type }) => type === 'error').map(({ data }) => String(data));
  }
}

export interface KiteTestClient {
  socket: KiteSocket;
  session: KiteSession;
  say: (action: string, value: unknown) => void;
}

/** The endpoint without sockets and threads, on a clock that stands still. */
export class KiteRig {
  readonly clock = new ManualClock();
  readonly lastValues = new LastValueTable(createLastValueTable(ROWS));
  readonly directory = new FakeDirectory();
  /** Newest demand of each row. */
  readonly demand = new Map<number, number>();
  readonly index = new SubscriptionIndex({
    setDemand: (row, mode) => void this.demand.set(row, mode),
  });
  readonly taker = new KiteTaker({
    index: this.index,
    lastValues: this.lastValues,
    clock: this.clock,
    congestedBytes: CONGESTED_BYTES,
  });
  readonly errors: unknown[] = [];
  readonly counts = { received: 0, refused: 0, heartbeats: 0, tooSlow: 0 };
  readonly ports: KitePorts = {
    clock: this.clock,
    directory: this.directory,
    taker: this.taker,
    messageBytes: 65_536,
    counts: this.counts,
    onError: (error) => this.errors.push(error),
  };
  readonly #slot = createPrivateTicks(1, TICK_SLOT_BYTES);
  #position = 0;

  /** Lists an instrument in the next row. */
  list(symbol: string): SubscribableInstrument {
    const instrument = testInstrument(this.directory.instruments.length, symbol);
    this.directory.instruments.push(instrument);
    return instrument;
  }

  connect(limits: Partial<Principal['limits']> = {}): KiteTestClient {
    const socket = new KiteSocket();
    const principal: Principal = {
      keyId: 'test',
      scopes: new Set(['ticks:read']),
      accounts: 'all',
      limits: { ...DEFAULT_KEY_LIMITS, ...limits },
    };
    const session = new KiteSession(this.ports, socket, principal);
    const say = (action: string, value: unknown) =>
      session.onText(JSON.stringify({ a: action, v: value }));
    return { socket, session, say };
  }

  /** A client with subscriptions that have begun. */
  async subscribed(
    mode: string,
    ...instruments: SubscribableInstrument[]
  ): Promise<KiteTestClient> {
    const client = this.connect();
    const tokens = instruments.map(({ token }) => token);
    client.say('subscribe', tokens);
    client.say('mode', [mode, tokens]);
    await this.settle();
    return client;
  }

  /** Lets pass what is gathered or waits for its turn. */
  async settle(): Promise<void> {
    this.clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
    this.clock.advance(0);
  }

  /** Ingest: a packet of the broker, in the last-value table only. */
  write(instrument: SubscribableInstrument, packet: Buffer): void {
    const slot = this.#slot;
    const sink = { ticks: slot, open: () => 0, close: () => undefined };
    new KiteFrameParser(sink).parse(frameOf([packet]), this.clock.nowUs());
    slot.u32[TICK_INSTRUMENT_SEQUENCE_U32] = this.lastValues.nextInstrumentSequence(instrument.row);
    slot.u32[TICK_SEQUENCE_LOW_U32] = ++this.#position;
    this.lastValues.writeQuote(instrument.row, slot, 0);
  }

  /** A packet of the broker on its way through the ring; the takers flush or discard after it. */
  take(instrument: SubscribableInstrument, packet: Buffer): void {
    this.write(instrument, packet);
    const takers = this.index.takersOf(instrument.row) ?? [];
    for (const taker of takers) taker.take(instrument.row, this.#slot, 0, true);
  }

  /** A run of one packet. */
  tick(instrument: SubscribableInstrument, packet: Buffer): void {
    this.take(instrument, packet);
    for (const taker of this.index.takersOf(instrument.row) ?? []) taker.flush();
  }
}

let packetsMade = 0;

/** A packet of `bytes` bytes that differs from all others. */
export function packetOf({ token }: SubscribableInstrument, bytes: number): Buffer {
  const packet = Buffer.alloc(bytes);
  packet.writeUInt32BE(token, 0);
  for (let at = 4; at < bytes; at += 4) packet.writeUInt32BE(++packetsMade, at);
  return packet;
}
