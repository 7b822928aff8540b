import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeCalendar } from '../../../../src/domain/calendar.ts';
import { listContracts } from '../../../../src/feed/sim/contracts.ts';

const NOW = Date.parse('2026-09-10T10:00:00+05:30');

function optionShare(limit: number): number {
  const options = listContracts(NOW, limit).filter(({ strikePaise }) => strikePaise > 0);
  return options.length / limit;
}

test('exactly as many contracts as asked are listed, each token and symbol once', () => {
  for (const limit of [1, 2, 17, 100, 1000, 3000, 9000, 20_000]) {
    const contracts = listContracts(NOW, limit);
    assert.equal(contracts.length, limit);
    assert.equal(new Set(contracts.map(({ token }) => token)).size, limit);
    const keys = contracts.map((contract) => `${contract.exchange}:${contract.tradingsymbol}`);
    assert.equal(new Set(keys).size, limit);
  }
});

test('60 to 90 % of the contracts are options', () => {
  for (const limit of [100, 500, 1000, 3000, 9000, 13_000]) {
    const share = optionShare(limit);
    assert.ok(share >= 0.6 && share <= 0.9, `${share} of ${limit}`);
  }
});

test('the indices and well-known shares have their real tokens and segments', () => {
  const contracts = new Map(
    listContracts(NOW, 100).map((contract) => [contract.tradingsymbol, contract]),
  );
  const nifty = contracts.get('NIFTY 50');
  assert.equal(nifty?.token, 256_265);
  assert.deepEqual([nifty.segment, nifty.exchange, nifty.type], ['INDICES', 'NSE', 'EQ']);
  assert.equal(contracts.get('NIFTY BANK')?.token, 260_105);
  assert.equal(contracts.get('INFY')?.token, 408_065);
  assert.equal(contracts.get('RELIANCE')?.token, 738_561);
  assert.equal(contracts.get('HDFCBANK')?.token, 341_249);
});

test('tokens end in the byte of their segment and fit into 31 bits', () => {
  for (const { token, segment } of listContracts(NOW, 20_000)) {
    const byte = { INDICES: 9, NSE: 1, 'NFO-FUT': 2, 'NFO-OPT': 2 }[segment];
    assert.equal(token % 256, byte);
    assert.ok(token > 256 && token < 2 ** 31);
  }
});

test('a contract keeps its token whatever the number of contracts and the day', () => {
  const small = listContracts(NOW, 1000);
  const large = new Map(
    listContracts(NOW + 3 * 86_400_000, 9000).map(({ tradingsymbol, token }) => [
      tradingsymbol,
      token,
    ]),
  );
  for (const { tradingsymbol, token } of small) {
    if (large.has(tradingsymbol)) assert.equal(large.get(tradingsymbol), token);
  }
});

test('every expiry lies ahead, and NIFTY has at least four weeks and three months', () => {
  const contracts = listContracts(NOW, 3000);
  for (const { expiry } of contracts) {
    if (expiry !== null) assert.ok(exchangeCalendar.expiryInstant(expiry).epochMs > NOW);
  }
  const expiries = new Set(
    contracts
      .filter(({ name, strikePaise }) => name === 'NIFTY' && strikePaise > 0)
      .map(({ expiry }) => expiry),
  );
  for (const expiry of [
    '2026-09-15',
    '2026-09-22',
    '2026-09-29',
    '2026-10-06',
    '2026-10-27',
    '2026-11-24',
  ]) {
    assert.ok(expiries.has(expiry), expiry);
  }
});

test('a hundred contracts hold both indices, futures and the nearest NIFTY chain', () => {
  const contracts = listContracts(NOW, 100);
  assert.equal(contracts.filter(({ segment }) => segment === 'INDICES').length, 2);
  const futures = contracts.filter(({ name, type }) => name === 'NIFTY' && type === 'FUT');
  assert.deepEqual(
    futures.map(({ expiry }) => expiry),
    ['2026-09-29', '2026-10-27', '2026-11-24'],
  );
  const chain = contracts.filter(({ name, expiry }) => name === 'NIFTY' && expiry === '2026-09-15');
  for (let steps = -5; steps <= 5; steps++) {
    const strikePaise = 2_520_000 + steps * 5000;
    const types = chain
      .filter((contract) => contract.strikePaise === strikePaise)
      .map(({ type }) => type);
    assert.deepEqual(types.sort(), ['CE', 'PE'], `strike ${strikePaise}`);
  }
});

test('lots, ticks and strike steps are those of the exchange', () => {
  const contracts = listContracts(NOW, 20_000);
  const find = (symbol: string): (typeof contracts)[number] | undefined =>
    contracts.find(({ tradingsymbol }) => tradingsymbol === symbol);
  assert.deepEqual([find('NIFTY26SEPFUT')?.lotSize, find('NIFTY26SEPFUT')?.tickPaise], [65, 10]);
  assert.deepEqual(
    [find('BANKNIFTY26SEPFUT')?.lotSize, find('BANKNIFTY26SEPFUT')?.tickPaise],
    [30, 20],
  );
  assert.equal(find('NIFTY26SEP25200CE')?.tickPaise, 5);
  assert.equal(find('TATASTEEL26SEP172.5CE')?.tickPaise, 1);
  const near = contracts.filter(
    ({ name, expiry }) => name === 'BANKNIFTY' && expiry === '2026-09-29',
  );
  const strikes = near
    .filter(({ type }) => type === 'CE')
    .map(({ strikePaise }) => strikePaise)
    .sort((a, b) => a - b);
  const steps = strikes.slice(1).map((strike, index) => strike - strikes[index]!);
  const middle = Math.floor(steps.length / 2);
  assert.ok(steps.slice(middle - 25, middle + 25).every((step) => step === 10_000));
  assert.ok([...steps.slice(0, 15), ...steps.slice(-15)].every((step) => step === 50_000));
});
