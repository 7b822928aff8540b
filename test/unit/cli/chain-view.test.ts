import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderChain, type ChainPicture } from '../../../src/cli/chain-view.ts';
import type { ChainLeg, ChainRow } from '../../../src/client/chain.ts';
import type { TickObject } from '../../../src/wire/messages.ts';

const PLAIN = { widthColumns: 200, heightLines: Infinity, colour: false };

function tick(changes: Partial<TickObject> = {}): TickObject {
  return {
    instrument_token: 1,
    sequence: 1,
    instrument_sequence: 1,
    merged: 0,
    flags: [],
    mode: 'compact',
    tradable: true,
    receive_time: 1,
    exchange_timestamp: null,
    last_price: 123.45,
    volume_traded: 10,
    oi: 1_234_567,
    depth: {
      buy: [{ price: 123.4, quantity: 65, orders: null }],
      sell: [{ price: 123.5, quantity: 65, orders: null }],
    },
    greeks: {
      status: 'OK',
      iv: 0.1234,
      delta: 0.512,
      gamma: 0.00032,
      theta: -12.5,
      vega: 9.75,
      rho: 1,
      forward: 24_060,
      iv_own: 0.1234,
      iv_bid: 0.12,
      iv_ask: 0.13,
      forward_source: 'PARITY',
      model: 'BLACK_76',
      quality: [],
      time_to_expiry: 0.02,
    },
    ...changes,
  };
}

function leg(token: number, newest: TickObject | undefined): ChainLeg {
  return { token, symbol: `NFO:${token}`, lotSize: 65, tick: newest };
}

function row(strike: number, newest: TickObject | null = tick()): ChainRow {
  return {
    strike,
    call: leg(strike * 2, newest ?? undefined),
    put: leg(strike * 2 + 1, newest ?? undefined),
  };
}

function picture(changes: Partial<ChainPicture> = {}): ChainPicture {
  return {
    underlying: 'NIFTY',
    expiry: '2026-12-01',
    spot: 24_035.05,
    change: 0.5651,
    forward: 24_060,
    atmStrike: 24_050,
    rows: [row(24_000), row(24_050), row(24_100)],
    isSimulated: true,
    trouble: undefined,
    ticksPerSecond: 1234,
    moveOf: () => 0,
    ...changes,
  };
}

function squeezed(line: string | undefined): string {
  return (line ?? '').trim().replace(/\s+/g, ' ');
}

test('a wide chain has every column, calls mirrored to puts around the strike', () => {
  const [head, blank, columns, first] = renderChain(picture(), PLAIN);
  assert.equal(
    head,
    'NIFTY 2026-12-01   spot 24035.05 (+0.57%)   forward 24060.00   SIMULATED   1,234 ticks/s',
  );
  assert.equal(blank, '');
  assert.equal(
    squeezed(columns),
    'OI Vega Theta Gamma Delta IV Ask Bid Last Strike Last Bid Ask IV Delta Gamma Theta Vega OI',
  );
  assert.equal(
    squeezed(first),
    '12,34,567 9.75 -12.50 0.00032 0.512 12.34% 123.50 123.40 123.45 24000 ' +
      '123.45 123.40 123.50 12.34% 0.512 0.00032 -12.50 9.75 12,34,567',
  );
});

test('no line is wider than the terminal, and a narrow one keeps what matters most', () => {
  for (let widthColumns = 31; widthColumns <= 200; widthColumns += 1) {
    for (const line of renderChain(picture(), { ...PLAIN, widthColumns })) {
      assert.ok(line.length <= widthColumns, `${line.length} > ${widthColumns}: ${line}`);
    }
  }
  const narrow = renderChain(picture(), { ...PLAIN, widthColumns: 49 });
  assert.equal(squeezed(narrow.at(-4)), 'IV Last Strike Last IV');
});

test('no more lines than the terminal has, the strikes around the money', () => {
  const rows = Array.from({ length: 41 }, (_, index) => row(23_000 + index * 50));
  const lines = renderChain(picture({ rows }), { ...PLAIN, heightLines: 15 });
  assert.ok(lines.length < 15);
  const strikes = lines.slice(3).map((line) => Number(/ {2}(2\d{4}) {2}/.exec(line)?.[1]));
  assert.deepEqual(
    strikes,
    Array.from({ length: 11 }, (_, index) => 23_800 + index * 50),
  );
  const tiny = renderChain(picture({ rows }), { ...PLAIN, heightLines: 2 });
  assert.match(tiny.at(-1) ?? '', /24050/);
});

test('the money at the edge of the window, or unknown, still fills the screen', () => {
  const rows = Array.from({ length: 41 }, (_, index) => row(23_000 + index * 50));
  for (const atmStrike of [23_000, 25_000, undefined]) {
    const lines = renderChain(picture({ rows, atmStrike }), { ...PLAIN, heightLines: 15 });
    assert.equal(lines.length, 14);
  }
});

test('what is not there is a dash, and no volatility is its reason', () => {
  const none = squeezed(renderChain(picture({ rows: [row(24_000, null)] }), PLAIN)[3]);
  assert.equal(none, '- - - - - - - - - 24000 - - - - - - - - -');
  const greeks = tick().greeks!;
  for (const [status, shown] of [
    ['NO_QUOTE', 'no quote'],
    ['BELOW_INTRINSIC', 'intrins'],
    ['FROM_THE_FUTURE', '-'],
  ]) {
    const reasoned = tick({ greeks: { ...greeks, status: status!, iv: null, delta: null } });
    const line = renderChain(picture({ rows: [row(24_000, reasoned)] }), PLAIN)[3];
    assert.ok(line?.includes(` ${shown} `), status);
  }
  const empty = { price: 0, quantity: 0, orders: null };
  const noBid = tick({ depth: { buy: [empty], sell: [empty] } });
  const line = renderChain(picture({ rows: [row(24_000, noBid)] }), PLAIN)[3];
  assert.equal(squeezed(line).split(' ')[6], '-');
  const future = { ...row(24_000), put: undefined };
  assert.match(renderChain(picture({ rows: [future] }), PLAIN)[3] ?? '', /24000 .* - /);
});

test('trouble with the connection is said', () => {
  const [head] = renderChain(picture({ trouble: 'connecting', isSimulated: false }), PLAIN);
  assert.match(head ?? '', /connecting/);
  assert.doesNotMatch(head ?? '', /SIMULATED/);
});

test('colour marks the money and the direction of the last price, and only then escapes', () => {
  const moveOf = (token: number): number => (token === 48_000 ? 1 : token === 48_001 ? -1 : 0);
  const coloured = renderChain(picture({ moveOf }), { ...PLAIN, colour: true });
  const lines = coloured.map((line) => line.replaceAll('\x1b', '␛'));
  assert.match(lines[3] ?? '', /␛\[32m +123\.45␛\[0m/);
  assert.match(lines[3] ?? '', /␛\[31m +123\.45␛\[0m/);
  assert.match(lines[4] ?? '', /␛\[1;7m {2}24050 {2}␛\[0m/);
  const plain = renderChain(picture({ moveOf }), PLAIN);
  assert.ok(plain.every((line) => !line.includes('\x1b')));
  const stripped = lines.map((line) => line.replace(/␛\[[\d;]*m/g, ''));
  assert.deepEqual(stripped, plain);
});
