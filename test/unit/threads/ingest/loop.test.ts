import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GREEKS_STATUS, MODE, TICK_FLAG, UNDEFINED_U32 } from '../../../../src/domain/status.ts';
import { createPrivateTicks } from '../../../../src/shm/block.ts';
import { INGEST, INGEST_HISTOGRAM } from '../../../../src/shm/layout/meters.ts';
import { TICK_SLOT_BYTES } from '../../../../src/shm/layout/tick-slot.ts';
import { RingWriter } from '../../../../src/shm/ring-writer.ts';
import { IngestLoop } from '../../../../src/threads/ingest/loop.ts';
import { TICK_LAYOUT } from '../../../../src/wire/tick-layout.ts';
import { TickView } from '../../../../src/wire/tick-view.ts';
import { frameOf } from '../../../support/feed/kite/frames.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';
import {
  fullPacket,
  indexPacket,
  ltpPacket,
  quotePacket,
} from '../../../support/threads-quotes.ts';

const START_US = Date.parse('2026-09-10T10:00:00+05:30') * 1000;

/** The last value of an instrument, as its readers see it. */
function lastValue(board: NiftyBoard, instrument: { token: number }): TickView | undefined {
  const copy = createPrivateTicks(1, TICK_SLOT_BYTES);
  const row = board.table.find(instrument.token);
  if (!board.lastValues.read(row, copy, 0)) return undefined;
  return new TickView().moveTo(new DataView(copy.u8.buffer), 0, TICK_LAYOUT);
}

describe('a frame', () => {
  test('becomes ring slots in its order, with position, receive time and source', () => {
    const board = new NiftyBoard();
    const [call] = board.calls;
    board.packet(indexPacket(board.spot.token, 24000.05));
    board.packet(fullPacket(call!.token, { bid: 300, ask: 301, last: 300.5, volume: 77 })).send();
    const [first, second] = [board.tickAt(1), board.tickAt(2)];
    assert.equal(board.ring.newest(), 2);
    assert.deepEqual(
      [first.instrumentToken, first.sequence, first.lastPrice, first.packetMode],
      [board.spot.token, 1, 24000.05, MODE.FULL],
    );
    assert.deepEqual(
      [second.instrumentToken, second.sequence, second.volume, second.bidPrice()],
      [call?.token, 2, 77, 300],
    );
    assert.equal(first.receiveTimeUs, START_US);
    assert.equal(first.flags, TICK_FLAG.SIMULATED);
    assert.equal(first.merged, 0);
  });

  test('of the broker itself is not flagged as simulated', () => {
    const board = new NiftyBoard();
    const frame = frameOf([indexPacket(board.spot.token, 24000)]);
    board.ingest.onFrame(frame, START_US, false);
    assert.equal(board.tickAt(1).flags, 0);
    assert.equal(board.ingestMeters.get(INGEST.SIMULATED_TICKS), 0);
    assert.equal(board.ingestMeters.get(INGEST.TICKS), 1);
  });

  test('is visible at once and as a whole', () => {
    const board = new NiftyBoard();
    const seen: number[] = [];
    const { lastValues, table, ingestMeters: meters, clock } = board;
    const writer = new RingWriter(board.ring);
    const ingest = new IngestLoop({ writer, table, lastValues, meters, clock });
    const commit = writer.commit.bind(writer);
    writer.commit = (...args) => {
      seen.push(board.ring.newest());
      return commit(...args);
    };
    const packets = Array.from({ length: 20 }, () => indexPacket(board.spot.token, 24000));
    ingest.onFrame(frameOf(packets), START_US, true);
    assert.deepEqual(new Set(seen), new Set([0]));
    assert.equal(board.ring.newest(), 20);
  });

  test('of more than 256 packets becomes visible in parts of 256, none is lost', () => {
    const board = new NiftyBoard({ ringSlots: 2048 });
    const published: number[] = [];
    const publish = board.ring.publish.bind(board.ring);
    board.ring.publish = (position) => {
      published.push(position);
      publish(position);
    };
    for (let i = 0; i < 700; i++) board.packet(indexPacket(board.spot.token, 24000 + i));
    board.send();
    assert.deepEqual(published, [256, 512, 700]);
    for (let position = 1; position <= 700; position++) {
      const tick = board.tickAt(position);
      assert.equal(tick.sequence, position);
      assert.equal(tick.instrumentSequence, position);
      assert.equal(tick.lastPrice, 24000 + position - 1);
    }
  });

  test('goes on where the ring wraps', () => {
    const board = new NiftyBoard({ ringSlots: 1024 });
    for (let i = 0; i < 1500; i++) board.quote(board.spot, { last: 24000 + i }).send();
    assert.equal(board.ring.newest(), 1500);
    assert.equal(board.tickAt(1500).lastPrice, 25499);
    assert.equal(board.tickAt(1500).instrumentSequence, 1500);
    assert.equal(board.ring.firstIntact(1500), 1500 - 1024 + 1);
  });
});

describe('what is not taken', () => {
  test('packets of unknown instruments are counted and leave no slot behind', () => {
    const board = new NiftyBoard();
    board.packet(fullPacket(999_938, { last: 1 }));
    board.packet(indexPacket(board.spot.token, 24000));
    board.packet(ltpPacket(999_938, 1)).send();
    assert.equal(board.ring.newest(), 1);
    assert.equal(board.tickAt(1).instrumentToken, board.spot.token);
    assert.equal(board.ingestMeters.get(INGEST.REJECT_UNKNOWN_INSTRUMENT), 2);
    assert.equal(board.ingestMeters.get(INGEST.TICKS), 1);
  });

  test('heartbeats, wrong lengths, cut off frames and trailing bytes are counted by reason', () => {
    const board = new NiftyBoard();
    const packet = indexPacket(board.spot.token, 24000);
    board.receive(Buffer.from([0]));
    board.receive(frameOf([packet.subarray(0, 20), packet]));
    board.receive(frameOf([packet, packet, packet]).subarray(0, 60));
    board.receive(Buffer.concat([frameOf([packet]), Buffer.alloc(7)]));
    const meters = board.ingestMeters;
    assert.equal(meters.get(INGEST.HEARTBEATS), 1);
    assert.equal(meters.get(INGEST.REJECT_UNKNOWN_LENGTH), 1);
    assert.equal(meters.get(INGEST.REJECT_TRUNCATED), 2);
    assert.equal(meters.get(INGEST.REJECT_TRAILING_BYTES), 7);
    assert.equal(meters.get(INGEST.TICKS), 3);
    assert.equal(meters.get(INGEST.FRAMES), 4);
    assert.equal(board.ring.newest(), 3);
    assert.equal(meters.histogram(INGEST_HISTOGRAM.FRAME_US).count, 3);
  });
});

describe('instrument_sequence', () => {
  test('starts at 1 and rises by one per tick of the instrument, whatever else ticks', () => {
    const board = new NiftyBoard();
    const [call, other] = board.calls;
    for (const instrument of [call, other, call, call, board.future, call]) {
      board.quote(instrument!, { bid: 1, ask: 2, last: 1 });
    }
    board.send();
    const counts = [1, 2, 3, 4, 5, 6].map((position) => board.tickAt(position).instrumentSequence);
    assert.deepEqual(counts, [1, 1, 2, 3, 1, 4]);
  });

  test('and the ring position go on after a restart of ingest', () => {
    const board = new NiftyBoard();
    board.quote(board.spot, { last: 1 }).send();
    board.quote(board.spot, { last: 2 }).send();
    const { table, lastValues, ingestMeters: meters, clock } = board;
    const writer = new RingWriter(board.ring);
    const successor = new IngestLoop({ writer, table, lastValues, meters, clock });
    successor.onFrame(frameOf([indexPacket(board.spot.token, 3)]), START_US, true);
    const tick = board.tickAt(3);
    assert.deepEqual([tick.sequence, tick.instrumentSequence, tick.lastPrice], [3, 3, 3]);
  });

  test('wraps after 2^32 - 1 to 1: 0 means that there was no tick', () => {
    const board = new NiftyBoard();
    const row = board.rowOf(board.spot);
    const at = board.lastValues.rowBytes(row) >> 2;
    board.lastValues.ticks.u32[at + 81] = UNDEFINED_U32 - 1;
    for (let i = 0; i < 3; i++) board.quote(board.spot, { last: 24000 }).send();
    const counts = [1, 2, 3].map((position) => board.tickAt(position).instrumentSequence);
    assert.deepEqual(counts, [UNDEFINED_U32, 1, 2]);
  });
});

describe('the last-value table', () => {
  test('has the newest tick of each instrument, quote and depth', () => {
    const board = new NiftyBoard();
    const [call] = board.calls;
    assert.equal(lastValue(board, call!), undefined);
    board.quote(call!, { bid: 300, ask: 301, last: 300 });
    board.quote(board.spot, { last: 24000 });
    board.quote(call!, { bid: 310, ask: 311, last: 310 }).send();
    const tick = lastValue(board, call!);
    assert.deepEqual(
      [tick?.sequence, tick?.instrumentSequence, tick?.lastPrice, tick?.bidPrice()],
      [3, 2, 310, 310],
    );
    assert.equal(tick?.flags, TICK_FLAG.SIMULATED);
  });

  test('says GREEKS_LATE of an option until there are any, NOT_AN_OPTION of the others', () => {
    const board = new NiftyBoard();
    const [call] = board.calls;
    board.quote(call!, { bid: 300, ask: 301, last: 300 });
    board.quote(board.spot, { last: 24000 }).send();
    assert.equal(lastValue(board, call!)?.greeksStatus, GREEKS_STATUS.GREEKS_LATE);
    assert.equal(lastValue(board, board.spot)?.greeksStatus, GREEKS_STATUS.NOT_AN_OPTION);
    assert.equal(lastValue(board, call!)?.iv, undefined);
    board.compute();
    assert.equal(lastValue(board, call!)?.greeksStatus, GREEKS_STATUS.OK);
    board.quote(call!, { bid: 310, ask: 311, last: 310 }).send();
    const tick = lastValue(board, call!);
    assert.equal(tick?.greeksStatus, GREEKS_STATUS.OK, 'the newest known stay');
    assert.equal(tick.greeksSequence, 1);
    assert.equal(tick.sequence, 3);
  });
});

describe('validation flags', () => {
  const flagsAfter = (board: NiftyBoard, ...packets: Buffer[]): number => {
    for (const packet of packets) board.packet(packet);
    board.send();
    return board.tickAt(board.ring.newest()).flags & ~TICK_FLAG.SIMULATED;
  };
  const call = (board: NiftyBoard): number => board.calls[0]!.token;

  test('a plain tick has none', () => {
    const board = new NiftyBoard();
    const packet = fullPacket(call(board), { bid: 1, ask: 1, last: 1, exchangeTime: 5, volume: 5 });
    assert.equal(flagsAfter(board, packet, packet), 0);
  });

  test('bid above ask: CROSSED_BOOK; an empty side does not cross', () => {
    const board = new NiftyBoard();
    const crossed = fullPacket(call(board), { bid: 2, ask: 1, last: 1 });
    assert.equal(flagsAfter(board, crossed), TICK_FLAG.CROSSED_BOOK);
    assert.equal(flagsAfter(board, fullPacket(call(board), { bid: 2, last: 1 })), 0);
    assert.equal(flagsAfter(board, quotePacket(call(board), { last: 1 })), 0);
    assert.equal(board.ingestMeters.get(INGEST.FLAG_CROSSED_BOOK), 1);
  });

  test('last price 0: ZERO_LAST_PRICE', () => {
    const board = new NiftyBoard();
    const zero = fullPacket(call(board), { bid: 1, ask: 2 });
    assert.equal(flagsAfter(board, zero), TICK_FLAG.ZERO_LAST_PRICE);
    assert.equal(board.ingestMeters.get(INGEST.FLAG_ZERO_LAST_PRICE), 1);
  });

  test('exchange time or volume that goes back: OUT_OF_ORDER, and delivered', () => {
    const board = new NiftyBoard();
    const at = (exchangeTime: number, volume: number) =>
      fullPacket(call(board), { last: 1, exchangeTime, volume });
    assert.equal(flagsAfter(board, at(100, 10), at(99, 10)), TICK_FLAG.OUT_OF_ORDER);
    assert.equal(flagsAfter(board, at(99, 10)), 0, 'compared with the newest');
    assert.equal(flagsAfter(board, at(99, 9)), TICK_FLAG.OUT_OF_ORDER);
    assert.equal(flagsAfter(board, at(0, 0)), 0, 'absent is not back');
    assert.equal(flagsAfter(board, ltpPacket(call(board), 1)), 0);
    assert.equal(flagsAfter(board, at(5, 5)), 0, 'there is nothing to compare with');
    assert.equal(board.ingestMeters.get(INGEST.FLAG_OUT_OF_ORDER), 2);
    assert.equal(board.ring.newest(), 7);
  });

  test('of one instrument say nothing of another', () => {
    const board = new NiftyBoard();
    const [first, second] = board.calls;
    const late = fullPacket(second!.token, { last: 1, exchangeTime: 50, volume: 1 });
    const early = fullPacket(first!.token, { last: 1, exchangeTime: 100, volume: 9 });
    assert.equal(flagsAfter(board, early, late), 0);
  });

  test('a token of no known segment: UNKNOWN_SEGMENT', () => {
    const board = new NiftyBoard();
    const token = 256 * 99 + 77;
    board.table.add({ token, optionType: 0, strike: 0, chain: -1 });
    assert.equal(flagsAfter(board, fullPacket(token, { last: 1 })), TICK_FLAG.UNKNOWN_SEGMENT);
    assert.equal(board.ingestMeters.get(INGEST.FLAG_UNKNOWN_SEGMENT), 1);
  });
});
