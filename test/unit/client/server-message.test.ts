import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServerMessage } from '../../../src/client/server-message.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';

function refused(text: string, code: string): void {
  assert.throws(
    () => parseServerMessage(text),
    (error) => error instanceof TickerError && error.code === code,
    text,
  );
}

test('messages pass as they are, types of a newer service too', () => {
  for (const message of [
    { type: 'heartbeat', through: 1, time: 2 },
    { type: 'gap', from: 1, to: 2, reason: 'RING_OVERRUN' },
    { type: 'constructor' },
  ]) {
    assert.deepEqual(parseServerMessage(JSON.stringify(message)), message);
  }
});

test('what is not JSON, has no type or lacks what it needs is refused', () => {
  refused('{', 'BAD_JSON');
  refused('', 'BAD_JSON');
  for (const text of ['null', '1', '"x"', '[]', '{}', '{"type":7}']) refused(text, 'BAD_MESSAGE');
  refused('{"type":"hello","epoch":"1","sequence":0}', 'BAD_MESSAGE');
  refused('{"type":"ticks","through":1,"ticks":{}}', 'BAD_MESSAGE');
  refused('{"type":"chain_changed","chain":null,"added":[],"removed":[]}', 'BAD_MESSAGE');
});
