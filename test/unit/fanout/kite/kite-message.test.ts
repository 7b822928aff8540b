import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../../../src/domain/status.ts';
import { checkKiteMessage, isKiteRefusal } from '../../../../src/fanout/kite/kite-message.ts';

test('the three messages of the official clients', () => {
  const check = (message: unknown) => checkKiteMessage(JSON.stringify(message));
  assert.deepEqual(check({ a: 'subscribe', v: [408065, 884737] }), {
    action: 'subscribe',
    tokens: [408065, 884737],
    passedOver: 0,
  });
  assert.deepEqual(check({ a: 'unsubscribe', v: [] }), {
    action: 'unsubscribe',
    tokens: [],
    passedOver: 0,
  });
  for (const [name, mode] of [
    ['ltp', MODE.LTP],
    ['quote', MODE.QUOTE],
    ['full', MODE.FULL],
  ] as const) {
    const message = { a: 'mode', v: [name, [2 ** 32 - 1]] };
    assert.deepEqual(check(message), {
      action: 'mode',
      mode,
      tokens: [2 ** 32 - 1],
      passedOver: 0,
    });
  }
});

test('items that are no tokens are passed over and counted', () => {
  const items = [1, '2', 0, -3, 4.5, null, 2 ** 32, {}, [5], 6];
  const message = checkKiteMessage(JSON.stringify({ a: 'subscribe', v: items }));
  assert.deepEqual(message, { action: 'subscribe', tokens: [1, 6], passedOver: 8 });
});

test('everything else is refused with a reason', () => {
  for (const text of [
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    '{"a":"subscribe"}',
    '{"a":"subscribe","v":{"0":1}}',
    '{"a":"unsubscribe","v":"1"}',
    '{"a":"mode","v":[1]}',
    '{"a":"mode","v":["compact",[1]]}',
    '{"a":"mode","v":["constructor",[1]]}',
    '{"a":"mode","v":["full",1]}',
    '{"a":"mode","v":["full"]}',
    '{"a":"toString","v":[1]}',
    '{"v":[1]}',
  ]) {
    const result = checkKiteMessage(text);
    assert.ok(isKiteRefusal(result), text);
    assert.match(result.refused, /\w/);
  }
});
