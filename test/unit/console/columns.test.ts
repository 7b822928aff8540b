import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainLeg } from '../../../src/client/chain.ts';
import { sideColumns } from '../../../src/console/columns.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { decodeFrame } from '../../../src/wire/decode.ts';
import { writeCompact } from '../../support/wire/narrow.ts';
import { UNDEFINED_GREEKS, writeTick, type RawTick } from '../../support/wire/sample-tick.ts';

function legWith(changes: RawTick): ChainLeg {
  const source = new TickFrameBuffer('tick', 1, 0, 0);
  writeTick(source, 0, changes);
  const buffer = new TickFrameBuffer('compact', 1, 0, 0);
  writeCompact(source, 0, buffer, 0);
  const tick = decodeFrame(buffer.finish(1, 1, 1)).object(0);
  return { token: 1, symbol: 'NFO:X', lotSize: 65, tick };
}

function texts(leg: ChainLeg): Record<string, string> {
  return Object.fromEntries(sideColumns('put').map(({ title, text }) => [title, text(leg)]));
}

test('calls mirror puts around the strike', () => {
  const titles = sideColumns('put').map(({ title }) => title);
  assert.deepEqual(
    sideColumns('call').map(({ title }) => title),
    titles.toReversed(),
  );
  assert.equal(titles[0], 'Last');
});

test('a contract shows its quote and its Greeks', () => {
  assert.deepEqual(texts(legWith({})), {
    Last: '123.45',
    Bid: '123.40',
    Ask: '123.50',
    'IV %': '12.34',
    Delta: '0.512',
    Gamma: '0.00032',
    Theta: '-12.50',
    Vega: '9.75',
    OI: '5,55,555',
  });
});

test('where there is no volatility the reason stands, and an empty level is a dash', () => {
  const levels = Array.from({ length: 10 }, () => [0, 0, 0] as const);
  const shown = texts(legWith({ ...UNDEFINED_GREEKS, status: 7, levels }));
  assert.equal(shown['IV %'], 'no quote');
  assert.equal(shown['Delta'], '–');
  assert.equal(shown['Bid'], '–');
});

test('a contract without a tick shows dashes', () => {
  const shown = texts({ token: 1, symbol: 'NFO:X', lotSize: 65, tick: undefined });
  assert.deepEqual(new Set(Object.values(shown)), new Set(['–']));
});
