import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import {
  parseRecordedPackets,
  readRecordedPackets,
} from '../../../../src/feed/sim/recorded-packets.ts';
import { MarketRig, subscribeFull } from '../../../support/feed/sim/market-rig.ts';

const INFY = 408_065;

function packet(token: number, length: number, fill = 7): Buffer {
  const bytes = Buffer.alloc(length, fill);
  bytes.writeUInt32BE(token, 0);
  return bytes;
}

function frame(...packets: Buffer[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(packets.length);
  const parts = packets.flatMap((bytes) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([count, ...parts]);
}

test('raw frames are taken as they are, one after the other', () => {
  const first = frame(packet(INFY, 184), packet(256_265, 32));
  const second = frame(packet(INFY, 8));
  const frames = parseRecordedPackets(Buffer.concat([first, second]));
  assert.deepEqual(
    frames?.map(({ bytes }) => Buffer.from(bytes)),
    [first, second],
  );
  assert.deepEqual(
    frames.map(({ packets }) => packets.map(({ byteLength }) => byteLength)),
    [[184, 32], [8]],
  );
});

test('the base64 text of a bare packet is wrapped in a frame of one', () => {
  for (const length of [8, 28, 32, 44, 184]) {
    const bare = packet(INFY, length);
    const frames = parseRecordedPackets(Buffer.from(`${bare.toString('base64')}\n`));
    assert.deepEqual(
      frames?.map(({ bytes }) => Buffer.from(bytes)),
      [frame(bare)],
    );
  }
});

test('anything else is refused', () => {
  const bad = [
    Buffer.alloc(0),
    Buffer.from('hello'),
    Buffer.of(0),
    Buffer.of(0, 0),
    Buffer.from(packet(INFY, 45).toString('base64')),
    frame(packet(INFY, 45)),
    frame(packet(INFY, 44)).subarray(0, 40),
    Buffer.concat([frame(packet(INFY, 44)), Buffer.of(0)]),
    packet(INFY, 184),
  ];
  for (const content of bad) assert.equal(parseRecordedPackets(content), null);
});

test('a file that cannot be read or understood is named', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'packets-'));
  try {
    const path = join(directory, 'odd.packet');
    writeFileSync(path, 'not a packet');
    for (const bad of [path, join(directory, 'missing.packet')]) {
      await assert.rejects(readRecordedPackets([bad]), (error) => {
        assert.ok(error instanceof TickerError);
        assert.equal(error.code, 'CONFIG_FILE');
        assert.ok(error.detail.includes(bad));
        return true;
      });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('recorded packets are sent verbatim on subscription, in order, and never ticked', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  const [first, second] = [frame(packet(INFY, 44, 1)), frame(packet(INFY, 184, 2))];
  const other = frame(packet(900_001, 28, 3));
  for (const bytes of [first, other, second]) rig.market.addRecorded(parseRecordedPackets(bytes)!);
  assert.equal(rig.market.find(INFY)?.key, 'NSE:INFY');
  assert.equal(rig.market.find(900_001)?.key, 'NSE:RECORDED900001');

  const { connection, socket } = rig.connect();
  subscribeFull(connection, [INFY, 900_001]);
  rig.clock.advance(900);
  assert.deepEqual(socket.takeFrames(), [first, second, other]);
  assert.equal(rig.feed.ticks, 0);
  connection.receive(JSON.stringify({ a: 'mode', v: ['ltp', [INFY]] }));
  rig.clock.advance(50);
  assert.deepEqual(socket.takeFrames(), []);

  connection.receive(JSON.stringify({ a: 'subscribe', v: [INFY] }));
  rig.clock.advance(50);
  assert.deepEqual(socket.takeFrames(), [first, second]);
});

test('a share that is recorded still moves its futures and options', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  rig.market.addRecorded(parseRecordedPackets(frame(packet(INFY, 184)))!);
  const future = [...rig.market.listed()].find(
    ({ spec }) => spec.name === 'INFY' && spec.type === 'FUT',
  )!;
  const { connection } = rig.connect();
  subscribeFull(connection, [INFY, future.spec.token]);
  const before = future.slice!.forward;
  rig.clock.advance(1000);
  assert.ok(future.ticks > 900);
  assert.notEqual(future.slice!.forward, before);
});
