/**
 * What the service pays for every packet of the broker before anybody has asked for it. If this
 * becomes slower, the feed's thread saturates earlier at the open of the market; if it begins to
 * make garbage, the collector pauses the thread that must never wait. The anchor is the broker's
 * own client, whose parser does the same job.
 */
import { createRequire } from 'node:module';
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { KiteFrameParser, type PacketSink } from '../../src/feed/kite/parser.ts';
import { blankSection } from '../../src/shm/blank-greeks.ts';
import { INGEST } from '../../src/shm/layout/meters.ts';
import { RingWriter } from '../../src/shm/ring-writer.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase, ratio } from '../harness/micro-suite.ts';
import type { RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import {
  FRAME_PACKETS,
  type MarketRecording,
  packetsOf,
  recordMarket,
  singleFrame,
} from '../market/recording.ts';
import { slotHoldsPacket } from '../market/slot-fields.ts';
import { createTickPath } from '../market/tick-path.ts';

const SINGLES = 2000;
const RING_SLOTS = 65_536;
const RECEIVED_US = 1_790_000_000_000_000;

const PARSER = 'parser into a ring slot, frames of 50';
const PARSER_SINGLE = 'parser into a ring slot, frames of 1';
const INGEST_LOOP = 'ingest loop (parser, flags, last values, meters), frames of 50';
const INGEST_LOOP_SINGLE = 'ingest loop (parser, flags, last values, meters), frames of 1';
const OFFICIAL = 'kiteconnect parseBinary, frames of 50';
const OFFICIAL_SINGLE = 'kiteconnect parseBinary, frames of 1';

interface OfficialTick {
  instrument_token: number;
  last_price: number;
  volume_traded: number;
}

interface OfficialParser {
  parseBinary(frame: ArrayBuffer): OfficialTick[];
}

/** The official client's type does not declare the method that it has. */
function officialParser(): OfficialParser {
  const { KiteTicker } = createRequire(import.meta.url)('kiteconnect') as {
    KiteTicker: new (options: { api_key: string; access_token: string }) => OfficialParser;
  };
  return new KiteTicker({ api_key: 'key', access_token: 'token' });
}

function arrayBufferOf(frame: Uint8Array): ArrayBuffer {
  return Uint8Array.from(frame).buffer;
}

/** The parser alone with the ring's writer: no table of instruments, no last values. */
function bareParser(writer: RingWriter): (frame: Uint8Array) => number {
  const blank = blankSection(GREEKS_STATUS.NOT_AN_OPTION);
  const sink: PacketSink = {
    ticks: writer.ticks,
    open: () => writer.open(),
    close: () => {
      writer.commit(0, 1, blank);
    },
  };
  const parser = new KiteFrameParser(sink);
  return (frame) => {
    writer.begin(parser.packetCount(frame));
    const packets = parser.parse(frame, RECEIVED_US);
    writer.end();
    return packets;
  };
}

export async function runParse({ smoke }: RunOptions): Promise<RunReport> {
  const recording = await recordMarket();
  const verifier = new Verifier();
  verifyIngest(recording, verifier);
  verifyOfficial(recording, verifier);
  const measurements = await measureCases(cases(recording, verifier), microBudget(smoke));
  measurements.push(
    ratio('kiteconnect / parser, frames of 50', measurements, PARSER, OFFICIAL),
    ratio('kiteconnect / ingest loop, frames of 50', measurements, INGEST_LOOP, OFFICIAL),
  );
  return {
    measurements,
    checks: verifier.checks,
    notes: ['all packets are 184 bytes (mode full) of the simulated market'],
  };
}

function cases(recording: MarketRecording, verifier: Verifier): MicroCase[] {
  const singles = recording.frames.flatMap(packetsOf).slice(0, SINGLES).map(singleFrame);
  const bare = bareParser(new RingWriter(createTickPath(recording, RING_SLOTS).ring));
  const { ingest } = createTickPath(recording, RING_SLOTS);
  const official = officialParser();
  const one = arrayBufferOf(singles[0]!);
  const fifty = arrayBufferOf(recording.frames[0]!);
  const parseAll = (frames: readonly Uint8Array[]) => (): void => {
    let packets = 0;
    for (const frame of frames) packets += bare(frame);
    if (packets === 0) verifier.check('the parser took the frames', false, 'no packet');
  };
  const ingestAll = (frames: readonly Uint8Array[]) => (): void => {
    for (const frame of frames) ingest.onFrame(frame, RECEIVED_US, true);
  };
  const unit = 'ns/packet';
  const packets = recording.packets;
  return [
    { name: PARSER, unit, operations: packets, run: parseAll(recording.frames) },
    { name: PARSER_SINGLE, unit, operations: SINGLES, run: parseAll(singles) },
    { name: INGEST_LOOP, unit, operations: packets, run: ingestAll(recording.frames) },
    { name: INGEST_LOOP_SINGLE, unit, operations: SINGLES, run: ingestAll(singles) },
    {
      name: OFFICIAL,
      unit,
      operations: FRAME_PACKETS,
      run: () => {
        official.parseBinary(fifty);
      },
    },
    {
      name: OFFICIAL_SINGLE,
      unit,
      operations: 1,
      run: () => {
        official.parseBinary(one);
      },
    },
  ];
}

/** Every packet must stand in its slot, field by field, as the simulator's encoder reads it. */
function verifyIngest(recording: MarketRecording, verifier: Verifier): void {
  const { ingest, ring, ingestMeters } = createTickPath(recording, RING_SLOTS);
  const packets = recording.frames.flatMap(packetsOf);
  for (const frame of recording.frames) ingest.onFrame(frame, RECEIVED_US, true);
  verifier.equal('ticks counted', ingestMeters.get(INGEST.TICKS), packets.length);
  verifier.equal('ring position', ring.newest(), packets.length);
  const wrong = packets.filter(
    (packet, index) => !slotHoldsPacket(ring.ticks, ring.slotBytes(index + 1), packet),
  );
  verifier.equal('packets that differ from their slot', wrong.length, 0);
  verifier.check(
    'all packets are 184 bytes',
    packets.every(({ length }) => length === 184),
    'some are not',
  );
}

/** The anchor must have done the same work. */
function verifyOfficial(recording: MarketRecording, verifier: Verifier): void {
  const frame = recording.frames[0]!;
  const ticks = officialParser().parseBinary(arrayBufferOf(frame));
  const seen = ticks.map((tick) => ({
    token: tick.instrument_token,
    price: Math.round(tick.last_price * 100),
    volume: tick.volume_traded,
  }));
  const expected = packetsOf(frame).map((packet) => {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    return { token: view.getUint32(0), price: view.getUint32(4), volume: view.getUint32(16) };
  });
  verifier.equal('kiteconnect reads the same packets', seen, expected);
}
