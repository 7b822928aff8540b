import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODE } from '../../../src/domain/status.ts';
import {
  type CheckedMessage,
  checkMessage,
  INSTRUMENTS_PER_MESSAGE_MAX,
  isRefusal,
} from '../../../src/fanout/client-message.ts';

function accepted(message: unknown): CheckedMessage {
  const result = checkMessage(JSON.stringify(message));
  if (isRefusal(result)) assert.fail(`refused: ${result.error.message}`);
  return result;
}

function refused(text: string): { id: number | undefined; code: string; detail: string } {
  const result = checkMessage(text);
  if (!isRefusal(result)) assert.fail(`accepted: ${text}`);
  const { code, detail } = result.error;
  return { id: result.id, code, detail };
}

const subscribe = { id: 1, type: 'subscribe', instruments: [256265, 'NSE:INFY'] };

describe('what is accepted', () => {
  test('left out: mode quote, without Greeks', () => {
    assert.deepEqual(accepted(subscribe), {
      type: 'subscribe',
      id: 1,
      target: { kind: 'instruments', instruments: [256265, 'NSE:INFY'] },
      mode: MODE.QUOTE,
      greeks: false,
      policy: 'conflate',
      window: undefined,
    });
  });

  for (const [name, mode] of [
    ['ltp', MODE.LTP],
    ['compact', MODE.COMPACT],
    ['quote', MODE.QUOTE],
    ['full', MODE.FULL],
  ] as const) {
    test(`mode ${name}, with Greeks`, () => {
      const message = accepted({ ...subscribe, mode: name, greeks: true });
      assert.ok(message.type === 'subscribe');
      assert.deepEqual([message.mode, message.greeks], [mode, true]);
    });
  }

  for (const policy of ['conflate', 'lossless', 'skip']) {
    test(`policy ${policy}`, () => {
      const message = accepted({ ...subscribe, policy });
      assert.ok(message.type === 'subscribe');
      assert.equal(message.policy, policy);
    });
  }

  for (const window of [0, 1, 2, 5, 10, 'adaptive']) {
    test(`window_ms ${window}`, () => {
      const message = accepted({ ...subscribe, window_ms: window });
      assert.ok(message.type === 'subscribe');
      assert.equal(message.window, window);
    });
  }

  test('resume, with what a subscribe would name', () => {
    const chain = { underlying: 'NIFTY', strikes: 2 };
    const subscriptions = [{ instruments: [256265], mode: 'full', policy: 'lossless' }, { chain }];
    const epoch = '0123456789abcdef';
    assert.deepEqual(accepted({ id: 6, type: 'resume', epoch, sequence: 0, subscriptions }), {
      type: 'resume',
      id: 6,
      epoch,
      sequence: 0,
      wishes: [
        {
          target: { kind: 'instruments', instruments: [256265] },
          mode: MODE.FULL,
          greeks: false,
          policy: 'lossless',
          window: undefined,
        },
        {
          target: { kind: 'chain', chain },
          mode: MODE.QUOTE,
          greeks: false,
          policy: 'conflate',
          window: undefined,
        },
      ],
    });
  });

  test('ack', () => {
    const message = { id: 4, type: 'ack', sequence: 9 };
    assert.deepEqual(accepted(message), message);
  });

  test('a chain by strikes on each side, and all of it, with and without an expiry', () => {
    const target = (chain: unknown) => {
      const message = accepted({ id: 2, type: 'subscribe', chain });
      assert.ok(message.type === 'subscribe');
      return message.target;
    };
    const dated = { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 10 };
    assert.deepEqual(target(dated), { kind: 'chain', chain: dated });
    const nearest = { underlying: 'NIFTY', strikes: 'all' };
    assert.deepEqual(target(nearest), { kind: 'chain', chain: nearest });
    assert.deepEqual(target({ underlying: 'M&M', strikes: 0 }), {
      kind: 'chain',
      chain: { underlying: 'M&M', strikes: 0 },
    });
  });

  test('unsubscribe by instruments and by chain; ping; auth', () => {
    assert.deepEqual(accepted({ id: 3, type: 'unsubscribe', instruments: [1] }), {
      type: 'unsubscribe',
      id: 3,
      target: { kind: 'instruments', instruments: [1] },
    });
    const chain = { underlying: 'NIFTY', strikes: 2 };
    assert.deepEqual(accepted({ id: 3, type: 'unsubscribe', chain }), {
      type: 'unsubscribe',
      id: 3,
      target: { kind: 'chain', chain },
    });
    assert.deepEqual(accepted({ id: 5, type: 'ping' }), { type: 'ping', id: 5 });
    assert.deepEqual(accepted({ id: 0, type: 'auth', token: 'key' }), {
      type: 'auth',
      id: 0,
      token: 'key',
    });
  });

  test('keys that the protocol does not have, which later clients may send', () => {
    assert.equal(accepted({ ...subscribe, comment: 'x' }).type, 'subscribe');
  });

  test(`${INSTRUMENTS_PER_MESSAGE_MAX} instruments in one message`, () => {
    const instruments = Array.from({ length: INSTRUMENTS_PER_MESSAGE_MAX }, (_, i) => i + 1);
    assert.equal(accepted({ ...subscribe, instruments }).type, 'subscribe');
  });
});

describe('what is refused, and how', () => {
  const cases: [name: string, text: string, id: number | undefined, code: string][] = [
    ['text that is not JSON', '{"id":1', undefined, 'BAD_JSON'],
    ['nothing', '', undefined, 'BAD_JSON'],
    ['a JSON number', '1', undefined, 'BAD_MESSAGE'],
    ['JSON null', 'null', undefined, 'BAD_MESSAGE'],
    ['a JSON list', '[{"id":1,"type":"ping"}]', undefined, 'BAD_MESSAGE'],
  ];
  const message = (
    name: string,
    fields: Record<string, unknown>,
    id: number | undefined,
    code: string,
  ): number => cases.push([name, JSON.stringify(fields), id, code]);
  message('no id', { type: 'ping' }, undefined, 'BAD_MESSAGE');
  message('an id that is text', { id: '1', type: 'ping' }, undefined, 'BAD_MESSAGE');
  message('a negative id', { id: -1, type: 'ping' }, undefined, 'BAD_MESSAGE');
  message('a fractional id', { id: 1.5, type: 'ping' }, undefined, 'BAD_MESSAGE');
  message('an id beyond 2^53', { id: 2 ** 53, type: 'ping' }, undefined, 'BAD_MESSAGE');
  message('no type', { id: 4 }, 4, 'BAD_MESSAGE');
  message('an unknown type', { id: 4, type: 'order' }, 4, 'BAD_MESSAGE');
  message('a type of the object itself', { id: 4, type: '__proto__' }, 4, 'BAD_MESSAGE');
  message('an unknown policy', { ...subscribe, policy: 'disconnect' }, 1, 'BAD_MESSAGE');
  message('a window in between', { ...subscribe, window_ms: 3 }, 1, 'BAD_MESSAGE');
  message('a window that is text', { ...subscribe, window_ms: '5' }, 1, 'BAD_MESSAGE');
  message('ack without a sequence', { id: 4, type: 'ack' }, 4, 'BAD_MESSAGE');
  message('ack of a fraction', { id: 4, type: 'ack', sequence: 0.5 }, 4, 'BAD_MESSAGE');
  const resume = {
    id: 4,
    type: 'resume',
    epoch: '0123456789abcdef',
    sequence: 7,
    subscriptions: [{ instruments: [256265] }],
  };
  message('resume with half an epoch', { ...resume, epoch: '01234567' }, 4, 'BAD_MESSAGE');
  message('resume from -1', { ...resume, sequence: -1 }, 4, 'BAD_MESSAGE');
  message('resume of nothing', { ...resume, subscriptions: [] }, 4, 'BAD_MESSAGE');
  message('resume of a token', { ...resume, subscriptions: [256265] }, 4, 'BAD_MESSAGE');
  const bad = [{ instruments: [256265], mode: 'none' }];
  message('resume in a mode that is none', { ...resume, subscriptions: bad }, 4, 'BAD_MESSAGE');
  const many = Array.from({ length: 1001 }, () => ({ instruments: [256265] }));
  message('resume of too many', { ...resume, subscriptions: many }, 4, 'LIMIT_EXCEEDED');
  message('auth without a token', { id: 0, type: 'auth' }, 0, 'BAD_MESSAGE');
  message('auth with another token', { id: 0, type: 'auth', token: 1 }, 0, 'BAD_MESSAGE');
  message('no target', { id: 1, type: 'subscribe' }, 1, 'BAD_MESSAGE');
  const chain = { underlying: 'NIFTY', strikes: 1 };
  message('two targets', { ...subscribe, chain }, 1, 'BAD_MESSAGE');
  const list = (name: string, instruments: unknown, code = 'BAD_MESSAGE'): number =>
    message(name, { ...subscribe, instruments }, 1, code);
  list('instruments that are no list', 'NSE:INFY');
  list('an empty list', []);
  list('token 0', [0]);
  list('a negative token', [-5]);
  list('a fractional token', [1.5]);
  list('null among the instruments', [256265, null]);
  list('a list among the instruments', [[256265]]);
  list('a symbol of 65 characters', ['N'.repeat(65)]);
  const tooMany = Array.from({ length: INSTRUMENTS_PER_MESSAGE_MAX + 1 }, () => 1);
  list('one instrument too many', tooMany, 'LIMIT_EXCEEDED');
  message('an unknown mode', { ...subscribe, mode: 'depth' }, 1, 'BAD_MESSAGE');
  message('a mode of the object itself', { ...subscribe, mode: 'toString' }, 1, 'BAD_MESSAGE');
  message('a mode that is a number', { ...subscribe, mode: 3 }, 1, 'BAD_MESSAGE');
  message('greeks that are text', { ...subscribe, greeks: 'true' }, 1, 'BAD_MESSAGE');
  message('greeks that are null', { ...subscribe, greeks: null }, 1, 'BAD_MESSAGE');
  const chained = (name: string, given: unknown, code = 'BAD_MESSAGE'): number =>
    message(name, { id: 1, type: 'subscribe', chain: given }, 1, code);
  chained('a chain that is text', 'NIFTY');
  chained('a chain that is null', null);
  chained('a chain without underlying', { strikes: 1 });
  chained('an underlying of 65 characters', { ...chain, underlying: 'N'.repeat(65) });
  chained('an expiry in another form', { ...chain, expiry: '01-12-2026' });
  chained('an expiry that is a number', { ...chain, expiry: 20261201 });
  chained('a chain without strikes', { underlying: 'NIFTY' });
  chained('negative strikes', { ...chain, strikes: -1 });
  chained('fractional strikes', { ...chain, strikes: 1.5 });
  chained('strikes that are other text', { ...chain, strikes: 'none' });
  chained('strikes by nothing', { ...chain, strikes: {} });
  chained('strikes that are null', { ...chain, strikes: null });
  for (const delta of [
    0.5,
    'all',
    [],
    [0.1],
    [0.1, 0.5, 0.9],
    [0.9, 0.1],
    [0.5, 0.5],
    [-0.5, -0.1],
    [0.1, 1.1],
    ['0.1', '0.9'],
    [0.1, null],
  ]) {
    chained(`a delta of ${JSON.stringify(delta)}`, { ...chain, strikes: { delta } });
  }

  for (const [name, text, id, code] of cases) {
    test(`${name}: ${code}${id === undefined ? ', without an id' : ''}`, () => {
      const refusal = refused(text);
      assert.deepEqual([refusal.id, refusal.code], [id, code]);
      assert.notEqual(refusal.detail, '');
    });
  }

  test('the detail of a refusal names the field', () => {
    const { detail } = refused(JSON.stringify({ ...subscribe, mode: 'depth' }));
    assert.match(detail, /"mode".*ltp, compact, quote or full/);
  });
});
