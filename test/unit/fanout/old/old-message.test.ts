import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkOldMessage, isOldRefusal } from '../../../../src/fanout/old/old-message.ts';

function checked(message: unknown) {
  return checkOldMessage(JSON.stringify(message));
}

describe('messages of the old protocol', () => {
  test('name an action, and tokens each once', () => {
    assert.deepEqual(checked({ action: 'ping' }), { action: 'ping' });
    assert.deepEqual(checked({ action: 'subscribe', tokens: [5, 4294967295, 5] }), {
      action: 'subscribe',
      tokens: [5, 4294967295],
    });
    assert.deepEqual(checked({ action: 'unsubscribe', tokens: [] }), {
      action: 'unsubscribe',
      tokens: [],
    });
    // The old service took a missing list for an empty one.
    assert.deepEqual(checked({ action: 'subscribe' }), { action: 'subscribe', tokens: [] });
  });

  for (const [name, text, code] of [
    ['no JSON', '{action', 'BAD_JSON'],
    ['no object', '[1]', 'BAD_MESSAGE'],
    ['null', 'null', 'BAD_MESSAGE'],
    ['an unknown action', '{"action":"order"}', 'BAD_MESSAGE'],
    ['no action', '{"type":"subscribe","id":1}', 'BAD_MESSAGE'],
    ['tokens that are no list', '{"action":"subscribe","tokens":5}', 'BAD_MESSAGE'],
    ['a token as text', '{"action":"subscribe","tokens":["5"]}', 'BAD_MESSAGE'],
    ['a fraction', '{"action":"subscribe","tokens":[1.5]}', 'BAD_MESSAGE'],
    ['a negative token', '{"action":"subscribe","tokens":[-1]}', 'BAD_MESSAGE'],
    ['token 0', '{"action":"subscribe","tokens":[0]}', 'BAD_MESSAGE'],
    ['a token of 33 bits', '{"action":"subscribe","tokens":[4294967296]}', 'BAD_MESSAGE'],
  ] as const) {
    test(`with ${name} are refused with a text`, () => {
      const result = checkOldMessage(text);
      assert.ok(isOldRefusal(result));
      assert.equal(result.code, code);
      assert.match(result.message, /\w+ \w+/);
    });
  }

  test('with too many tokens are refused as a whole', () => {
    const tokens = Array.from({ length: 3001 }, (_unused, i) => i + 1);
    const result = checked({ action: 'subscribe', tokens });
    assert.ok(isOldRefusal(result));
    assert.equal(result.code, 'LIMIT_EXCEEDED');
    assert.match(result.message, /3000.*3001/);
  });
});
