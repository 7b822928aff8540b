import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  InstrumentRegistry,
  nearestStrike,
  type OptionChain,
  strikeWindow,
} from '../../../src/instruments/registry.ts';
import { chain, future, index, option, share } from '../../support/threads-instruments.ts';

const NEAR = '2026-12-01';
const FAR = '2026-12-29';

function onlyChain(registry: InstrumentRegistry, name = 'NIFTY'): OptionChain {
  const found = registry.underlying(name)?.chains[0];
  assert.ok(found);
  return found;
}

describe('looking up', () => {
  const infy = share('INFY');
  const registry = new InstrumentRegistry([infy, share('INFY', { exchange: 'BSE' })]);

  test('by token and by EXCHANGE:TRADINGSYMBOL', () => {
    assert.equal(registry.byToken(infy.token), infy);
    assert.equal(registry.bySymbol('NSE:INFY'), infy);
    assert.equal(registry.bySymbol('BSE:INFY')?.exchange, 'BSE');
  });

  test('finds nothing by what is not listed, nor by parts of a name', () => {
    assert.equal(registry.byToken(1), undefined);
    for (const symbol of ['INFY', 'NSE:INF', 'nse:infy', '', 'constructor']) {
      assert.equal(registry.bySymbol(symbol), undefined);
      assert.equal(registry.underlying(symbol), undefined);
    }
  });
});

describe('chains', () => {
  test('are sorted by expiry, strikes by size, legs together, however the dump is sorted', () => {
    const listed = [
      ...chain('NIFTY', FAR, [24000]),
      ...chain('NIFTY', NEAR, [24100, 23900]),
      option('NIFTY', NEAR, 24000, 'PE'),
      option('NIFTY', NEAR, 9950.5, 'CE'),
      option('NIFTY', NEAR, 24000, 'CE'),
    ];
    const registry = new InstrumentRegistry(listed);
    const chains = registry.underlying('NIFTY')?.chains ?? [];
    assert.deepEqual(
      chains.map(({ underlying, expiry }) => [underlying, expiry]),
      [
        ['NIFTY', NEAR],
        ['NIFTY', FAR],
      ],
    );
    assert.deepEqual(
      chains[0]?.strikes.map(({ strike, call, put }) => [strike, call?.type, put?.type]),
      [
        [9950.5, 'CE', undefined],
        [23900, 'CE', 'PE'],
        [24000, 'CE', 'PE'],
        [24100, 'CE', 'PE'],
      ],
    );
  });

  test('of a derivative without a name are found by its symbol', () => {
    const registry = new InstrumentRegistry([
      option('NIFTY', NEAR, 24000, 'CE', { name: '', tradingsymbol: 'NIFTY26D0124000CE' }),
      option('360ONE', FAR, 1000, 'PE', { name: '', tradingsymbol: '360ONE26DEC1000PE' }),
    ]);
    assert.equal(onlyChain(registry).strikes[0]?.strike, 24000);
    assert.equal(onlyChain(registry, '360ONE').strikes[0]?.strike, 1000);
  });
});

describe('underlyings', () => {
  test('have their futures by rising expiry', () => {
    const registry = new InstrumentRegistry([future('NIFTY', FAR), future('NIFTY', NEAR)]);
    const nifty = registry.underlying('NIFTY');
    assert.deepEqual(
      nifty?.futures.map(({ expiry }) => expiry),
      [NEAR, FAR],
    );
    assert.deepEqual(nifty.chains, []);
  });

  for (const [name, spot] of [
    ['NIFTY', index('NIFTY 50')],
    ['BANKNIFTY', index('NIFTY BANK')],
    ['FINNIFTY', index('NIFTY FIN SERVICE')],
    ['MIDCPNIFTY', index('NIFTY MID SELECT')],
    ['NIFTYNXT50', index('NIFTY NEXT 50')],
    ['SENSEX', index('SENSEX', { exchange: 'BSE' })],
    ['BANKEX', index('BANKEX', { exchange: 'BSE' })],
    ['INFY', share('INFY')],
  ] as const) {
    test(`${name}: spot ${spot.exchange}:${spot.tradingsymbol}`, () => {
      const registry = new InstrumentRegistry([future(name, NEAR), spot]);
      assert.equal(registry.underlying(name)?.spot, spot);
    });
  }

  test('a share listed at both exchanges: NSE before BSE; at BSE alone: BSE; nowhere: none', () => {
    const nse = share('INFY');
    const bse = share('INFY', { exchange: 'BSE' });
    const spotOf = (...listed: (typeof nse)[]) =>
      new InstrumentRegistry([future('INFY', NEAR), ...listed]).underlying('INFY')?.spot;
    assert.equal(spotOf(bse, nse), nse);
    assert.equal(spotOf(bse), bse);
    assert.equal(spotOf(), undefined);
  });

  test('a share without derivatives is none', () => {
    const registry = new InstrumentRegistry([share('INFY')]);
    assert.equal(registry.underlying('INFY'), undefined);
    assert.deepEqual([...registry.underlyings], []);
  });
});

describe('contracts of one name at two exchanges', () => {
  const bfo = { exchange: 'BFO', segment: 'BFO-OPT' };
  const ours = [option('RELIANCE', NEAR, 1400, 'CE'), option('RELIANCE', NEAR, 1400, 'PE')];
  const theirs = [
    option('RELIANCE', NEAR, 1400, 'CE', bfo),
    option('RELIANCE', NEAR, 1400, 'PE', bfo),
    option('RELIANCE', NEAR, 1420, 'CE', bfo),
  ];
  const nse = share('RELIANCE');
  const bse = share('RELIANCE', { exchange: 'BSE' });
  const futures = [future('RELIANCE', NEAR), future('RELIANCE', NEAR, { exchange: 'BFO' })];

  for (const [order, listed] of [
    ['NFO first', [...ours, ...theirs, ...futures]],
    ['BFO first', [...futures, ...theirs, ...ours]],
    ['mixed', [...theirs.slice(0, 1), ...ours, ...futures, ...theirs.slice(1)]],
  ] as const) {
    test(`have a chain each, with its own futures and spot (${order})`, () => {
      const registry = new InstrumentRegistry([...listed, bse, nse]);
      const [home, other] = ['RELIANCE', 'BFO:RELIANCE'].map((name) => registry.underlying(name));
      const legs = (of: typeof home) =>
        of?.chains.map(({ underlying, strikes }) => [
          underlying,
          strikes.map(({ call, put }) => [call, put]),
        ]);
      assert.deepEqual(legs(home), [['RELIANCE', [ours]]]);
      const their = [theirs.slice(0, 2), [theirs[2], undefined]];
      assert.deepEqual(legs(other), [['BFO:RELIANCE', their]]);
      assert.deepEqual([home?.futures, other?.futures], [[futures[0]], [futures[1]]]);
      assert.deepEqual([home?.spot, other?.spot], [nse, bse]);
      assert.equal(registry.underlyingName(ours[0]!), 'RELIANCE');
      assert.equal(registry.underlyingName(theirs[0]!), 'BFO:RELIANCE');
    });
  }

  test('where one exchange alone has the name, it needs no prefix', () => {
    const registry = new InstrumentRegistry(theirs);
    assert.equal(onlyChain(registry, 'RELIANCE').strikes.length, 2);
    assert.equal(registry.underlying('BFO:RELIANCE'), undefined);
  });

  test('a name that is neither at NFO nor at BFO stays with the first by the alphabet', () => {
    const gold = ['NCO', 'MCX'].map((exchange) => future('GOLD', NEAR, { exchange }));
    const registry = new InstrumentRegistry(gold);
    assert.deepEqual(registry.underlying('GOLD')?.futures, [gold[1]]);
    assert.deepEqual(registry.underlying('NCO:GOLD')?.futures, [gold[0]]);
  });
});

describe('windows of strikes', () => {
  const strikes = [100, 110, 120, 130, 140];
  const listed = onlyChain(new InstrumentRegistry(chain('NIFTY', NEAR, strikes)));
  const window = (centre: number, each: number) =>
    strikeWindow(listed, centre, each).map(({ strike }) => strike);

  test('the nearest strike to a price; the lower one in the middle; the outermost beyond', () => {
    const nearest = (price: number) => listed.strikes[nearestStrike(listed, price)]?.strike;
    assert.deepEqual([119, 121, 125, 126, 1, 9999].map(nearest), [120, 120, 120, 130, 100, 140]);
    assert.equal(nearestStrike({ ...listed, strikes: [] }, 100), -1);
  });

  test('n strikes each side, fewer at the edges', () => {
    assert.deepEqual(window(2, 1), [110, 120, 130]);
    assert.deepEqual(window(2, 0), [120]);
    assert.deepEqual(window(0, 2), [100, 110, 120]);
    assert.deepEqual(window(4, 1), [130, 140]);
    assert.deepEqual(window(2, 99), strikes);
  });
});
