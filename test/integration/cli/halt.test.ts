import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { StateChange } from '../../../src/domain/order-service.ts';
import type { TradingState } from '../../../src/domain/trading-state.ts';
import { type CommandResult, runTicker } from '../../support/cli-process.ts';
import { type OrdersPort, startOrdersPort } from '../../support/http/orders-port.ts';
import { FULL_KEY, TICKS_KEY } from '../../support/http/web-fixture.ts';

function changed(state: TradingState, cancelling = 0, account = '*'): StateChange {
  return { changed: { account, state, reason: 'x', actor: 'full', changedUs: 1 }, cancelling };
}

async function halt(
  { url }: Pick<OrdersPort, 'url'>,
  args: readonly string[],
  input = '',
  key = FULL_KEY,
): Promise<CommandResult> {
  return runTicker(['halt', '--url', url, ...args], { TICKER_API_KEY: key }, input);
}

/** A port on which trading is halted. */
async function haltedPort(t: TestContext): Promise<OrdersPort> {
  const port = await startOrdersPort(t);
  port.service.onState = (token) =>
    token === null ? { confirmationToken: 'abc', expiresUs: 1 } : changed('ACTIVE');
  return port;
}

test('halts all accounts and says how many orders are being cancelled', async (t) => {
  const port = await startOrdersPort(t);
  port.service.onState = () => changed('HALTED', 3);
  const { code, out, errors } = await halt(port, ['--reason', 'strange fills']);
  assert.equal(errors, '');
  assert.equal(code, 0);
  assert.equal(
    out,
    'HALTED (all accounts): no orders are taken; 3 open orders are being cancelled\n',
  );
  assert.deepEqual(port.service.argsOf('setTradingState')[1], {
    account: '*',
    state: 'HALTED',
    reason: 'strange fills',
    confirmationToken: null,
  });
});

test('one account only, and only what closes positions; as JSON', async (t) => {
  const port = await startOrdersPort(t);
  port.service.onState = () => changed('REDUCING', 0, 'SIM001');
  const args = ['--account', 'SIM001', '--reducing', '--reason', 'x', '--json'];
  const { code, out } = await halt(port, args);
  assert.equal(code, 0);
  assert.equal((JSON.parse(out) as { state: string }).state, 'REDUCING');
  assert.deepEqual(port.service.argsOf('setTradingState')[1], {
    account: 'SIM001',
    state: 'REDUCING',
    reason: 'x',
    confirmationToken: null,
  });
});

test('a release is confirmed by typing, then the same is asked with the token', async (t) => {
  const port = await haltedPort(t);
  const { code, out, errors } = await halt(port, ['--release', '--reason', 'over'], 'ACTIVE\n');
  assert.match(errors, /Trading of all accounts is halted\. Type ACTIVE to go on/);
  assert.equal(code, 0);
  assert.equal(out, 'ACTIVE (all accounts): orders are taken\n');
  assert.deepEqual(port.service.argsOf('setTradingState')[1], {
    account: '*',
    state: 'ACTIVE',
    reason: 'over',
    confirmationToken: 'abc',
  });
});

for (const [typed, input] of [
  ['something else', 'yes\n'],
  ['nothing', ''],
] as const) {
  test(`a release for which ${typed} is typed changes nothing`, async (t) => {
    const port = await haltedPort(t);
    const { code, out, errors } = await halt(port, ['--release', '--reason', 'over'], input);
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.match(errors, /CONFIRMATION_INVALID: ACTIVE was not typed; nothing has changed/);
    assert.equal(port.service.calls.length, 1);
  });
}

test('--yes confirms without a question', async (t) => {
  const port = await haltedPort(t);
  const { code, errors } = await halt(port, ['--release', '--yes', '--reason', 'over']);
  assert.deepEqual([code, errors], [0, '']);
  assert.equal(port.service.calls.length, 2);
});

test('a refusal of the service is one line with its code', async (t) => {
  const port = await startOrdersPort(t);
  const { code, errors } = await halt(port, ['--reason', 'x'], '', TICKS_KEY);
  assert.equal(code, 1);
  assert.match(errors, /^ticker: FORBIDDEN: The key does not have the scope trading-state:write/);
});

test('a service that is not there, or is another one, is SERVICE_UNREACHABLE', async () => {
  const server = createServer((_request, response) => response.end('<html>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const other = await halt({ url }, ['--reason', 'x']);
  assert.equal(other.code, 1);
  assert.match(other.errors, /SERVICE_UNREACHABLE: .* is not the service: it answers 200/);
  server.close();
  await once(server, 'close');
  const gone = await halt({ url }, ['--reason', 'x']);
  assert.match(gone.errors, /SERVICE_UNREACHABLE: no answer from http/);
});

for (const [args, pattern] of [
  [[], /--reason is missing/],
  [['--reason', ' '], /--reason is missing/],
  [['--reason', 'x', '--reducing', '--release'], /exclude each other/],
  [['--reason', 'x', '--url', 'nowhere'], /--url must be an http\(s\) URL/],
] as const) {
  test(`ticker halt ${args.join(' ')} is not understood`, async () => {
    const { code, errors } = await runTicker(['halt', ...args], { TICKER_API_KEY: FULL_KEY });
    assert.equal(code, 2);
    assert.match(errors, pattern);
  });
}
