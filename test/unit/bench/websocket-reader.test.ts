import assert from 'node:assert/strict';
import test from 'node:test';
import {
  clientFrame,
  createReadBuffer,
  OPCODE,
  WebSocketReader,
} from '../../../bench/fanout/websocket-reader.ts';

/** A frame as a server sends it. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  if (length < 126) {
    header[1] = length;
  } else if (length < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}

const PAYLOADS = [0, 1, 125, 126, 300, 70_000, 3].map((length, index) =>
  Buffer.alloc(length, index + 1),
);
const STREAM = Buffer.concat(PAYLOADS.map((payload) => serverFrame(OPCODE.BINARY, payload)));

/** Reads the stream in portions of `step` bytes at most. */
function read(stream: Buffer, step: number): { opcode: number; payload: Buffer }[] {
  const messages: { opcode: number; payload: Buffer }[] = [];
  const reader = new WebSocketReader((opcode, bytes, view, start, length) => {
    assert.equal(view.buffer, bytes.buffer);
    messages.push({ opcode, payload: Buffer.from(bytes.subarray(start, start + length)) });
  });
  const memory = createReadBuffer(step);
  for (let at = 0; at < stream.length; at += step) {
    const count = stream.copy(memory.bytes, 0, at, at + step);
    reader.push(memory, 0, count);
  }
  return messages;
}

test('messages come out whole, wherever the reads are cut', () => {
  for (const step of [1, 2, 3, 7, 128, 1000, 69_999, 1_000_000]) {
    const messages = read(STREAM, step);
    assert.deepEqual(
      messages.map(({ payload }) => payload),
      PAYLOADS,
      `reads of ${step}`,
    );
    assert.ok(messages.every(({ opcode }) => opcode === OPCODE.BINARY));
  }
});

test('fragments and masked frames of a server are refused', () => {
  assert.throws(() => read(Buffer.from([0x02, 0x00]), 10), /frame begins with/);
  assert.throws(() => read(Buffer.from([0x82, 0x80, 0, 0, 0, 0]), 10), /does not mask/);
});

test('a client frame is masked, by a mask that changes nothing', () => {
  const short = clientFrame(OPCODE.TEXT, 'hello');
  assert.deepEqual([...short.subarray(0, 6)], [0x81, 0x85, 0, 0, 0, 0]);
  assert.equal(short.toString('utf8', 6), 'hello');
  const long = clientFrame(OPCODE.TEXT, 'x'.repeat(40_000));
  assert.deepEqual([...long.subarray(0, 4)], [0x81, 0xfe, 40_000 >> 8, 40_000 & 0xff]);
  assert.equal(long.length, 8 + 40_000);
});
