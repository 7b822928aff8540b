import { createSystemClock } from '../../src/domain/clock.ts';
import { type Instrument, isOption } from '../../src/domain/instrument.ts';
import { Connection, type PeerSocket } from '../../src/feed/sim/connection.ts';
import { FramePool } from '../../src/feed/sim/frame-writer.ts';
import { InstrumentDump } from '../../src/feed/sim/instrument-dump.ts';
import { Market } from '../../src/feed/sim/market.ts';
import { TickFeed } from '../../src/feed/sim/tick-feed.ts';
import { readInstrumentCsv } from '../../src/instruments/instrument-csv.ts';
import { InstrumentRegistry } from '../../src/instruments/registry.ts';
import { INSTRUMENTS, listingSize, selectInstruments } from './selection.ts';
import { StepClock } from './step-clock.ts';

/** Packets of every frame but the opening ones. */
export const FRAME_PACKETS = 50;
/**
 * One tick in five goes round the instruments in turn, so that after so many frames each has had
 * its turn and the shares of options and others are those of a long run.
 */
export const ROUND_FRAMES = (5 * INSTRUMENTS) / FRAME_PACKETS;
const STEP_MS = 10;
const TICKS_PER_SECOND = (FRAME_PACKETS * 1000) / STEP_MS;

/** What the simulator sent over one connection, for benches that need real frames without it. */
export interface MarketRecording {
  registry: InstrumentRegistry;
  /** What is subscribed, in full mode. */
  instruments: Instrument[];
  /** One packet of every instrument, in large frames. */
  opening: Uint8Array[];
  /** Ticks after that, FRAME_PACKETS packets of 184 bytes a frame. */
  frames: Uint8Array[];
  packets: number;
  /** Share of options among the packets of `frames`. */
  optionShare: number;
}

/**
 * Records `rounds` x ROUND_FRAMES frames of a seeded market of INSTRUMENTS contracts that starts
 * now.
 */
export async function recordMarket(rounds = 1): Promise<MarketRecording> {
  const seed = 1;
  const clock = new StepClock(createSystemClock().nowUs());
  const market = new Market(seed, listingSize(INSTRUMENTS), clock.nowUs() / 1000);
  const registry = await registryOf(market);
  const instruments = selectInstruments(registry.all, INSTRUMENTS);
  const feed = new TickFeed(clock, market, seed, TICKS_PER_SECOND);
  const sent: Uint8Array[] = [];
  const identity = { id: 1, account: 'SIM001', openedUs: clock.nowUs() };
  const pool = new FramePool();
  const connection = new Connection(identity, recorder(sent), market, feed, pool, 0);
  feed.add(connection);
  const tokens = instruments.map(({ token }) => token);
  connection.receive(JSON.stringify({ a: 'subscribe', v: tokens }));
  connection.receive(JSON.stringify({ a: 'mode', v: ['full', tokens] }));
  connection.sendSnapshots();
  connection.flush(clock.monotonicMs());
  const opening = sent.splice(0);
  feed.start();
  while (sent.length < rounds * ROUND_FRAMES) clock.step(STEP_MS);
  feed.stop();
  const isOptionToken = new Set(
    instruments.filter(({ type }) => isOption(type)).map(({ token }) => token),
  );
  let options = 0;
  for (const frame of sent) {
    for (const packet of packetsOf(frame)) if (isOptionToken.has(tokenOf(packet))) options++;
  }
  const packets = sent.length * FRAME_PACKETS;
  return { registry, instruments, opening, frames: sent, packets, optionShare: options / packets };
}

async function registryOf(market: Market): Promise<InstrumentRegistry> {
  const csv = new InstrumentDump(market).csv(null);
  async function* chunks(): AsyncGenerator<string> {
    yield csv;
  }
  const { instruments } = await readInstrumentCsv(chunks());
  return new InstrumentRegistry(instruments);
}

/** A socket that keeps copies of the binary frames. */
function recorder(frames: Uint8Array[]): PeerSocket {
  const nothing = (): void => undefined;
  return {
    bufferedBytes: 0,
    sendBinary(frame, done) {
      frames.push(Uint8Array.from(frame));
      done();
    },
    sendText: nothing,
    close: nothing,
    reset: nothing,
    pause: nothing,
    resume: nothing,
  };
}

/** Packets of one broker frame, as views of it. */
export function packetsOf(frame: Uint8Array): Uint8Array[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const packets: Uint8Array[] = [];
  let at = 2;
  for (let left = view.getUint16(0); left > 0; left--) {
    const length = view.getUint16(at);
    packets.push(frame.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return packets;
}

export function tokenOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset, packet.byteLength).getUint32(0);
}

/** A broker frame of one packet. */
export function singleFrame(packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + packet.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, 1);
  view.setUint16(2, packet.length);
  frame.set(packet, 4);
  return frame;
}
