import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrokerAccount } from '../../../../src/config/accounts.ts';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { feedAccounts } from '../../../../src/threads/control/feed-accounts.ts';
import { ManualClock } from '../../../support/client/manual-clock.ts';
import { settled } from '../../../support/fanout-rig.ts';

const ACCOUNT: BrokerAccount = {
  id: 'AB1',
  apiKey: 'key',
  apiSecret: undefined,
  accessToken: 'token',
  marketData: true,
  trading: false,
  restUrl: 'https://api.example',
  wsUrl: 'wss://ws.example',
};

/** A store that does what the test says, and the question asked of it. */
function rig(options: { production?: boolean; configured?: BrokerAccount[]; exists?: boolean }) {
  const clock = new ManualClock();
  const waiting: string[] = [];
  const warned: string[] = [];
  let open = (): void => undefined;
  let fail = (): void => undefined;
  const answers: (BrokerAccount[] | TickerError)[] = [];
  const abort = new AbortController();
  const asked = feedAccounts(
    {
      configured: options.configured ?? [],
      production: options.production ?? false,
      storage: {
        opened: new Promise<void>((resolve) => (open = resolve)),
        failedToOpen: new Promise<void>((resolve) => (fail = resolve)),
        mayHoldAccounts: options.exists ?? true,
        accounts: async () => {
          const answer = answers.shift() ?? [];
          if (answer instanceof TickerError) throw answer;
          return answer;
        },
      },
      clock,
      logger: createLogger({
        level: 'warn',
        thread: 'test',
        clock,
        sink: { write: (line) => warned.push(line) },
      }),
      onWaiting: (detail) => waiting.push(detail),
    },
    abort.signal,
  );
  return { clock, waiting, warned, answers, abort, asked, open: () => open(), fail: () => fail() };
}

test('accounts of the file come first, and nothing is waited for', async () => {
  assert.deepEqual(await rig({ configured: [ACCOUNT] }).asked, [ACCOUNT]);
});

test('a store that was never made holds none: the simulator at once', async () => {
  assert.deepEqual(await rig({ exists: false }).asked, []);
});

test('stored accounts are waited for', async () => {
  const { answers, asked, open, waiting } = rig({});
  answers.push([ACCOUNT]);
  open();
  assert.deepEqual(await asked, [ACCOUNT]);
  assert.equal(waiting.length, 1);
});

test('development goes on with the simulator, aloud, when the store does not open', async () => {
  const failed = rig({});
  failed.fail();
  assert.deepEqual(await failed.asked, []);
  assert.match(failed.warned.join(), /the simulator is the feed/);
  const hanging = rig({});
  hanging.clock.advance(10_000);
  assert.deepEqual(await hanging.asked, []);
  assert.match(hanging.warned.join(), /the simulator is the feed/);
});

test('production waits through failures and for its first account', async () => {
  const { answers, asked, open, fail, clock, waiting } = rig({ production: true, exists: false });
  fail();
  await settled();
  clock.advance(3_600_000);
  answers.push(new TickerError('KEY_SERVICE', 'not there'), [], [ACCOUNT]);
  open();
  for (let tries = 0; tries < 2; tries++) {
    await settled();
    clock.advance(2_000);
  }
  assert.deepEqual(await asked, [ACCOUNT]);
  assert.match(waiting[1] ?? '', /^KEY_SERVICE/);
  assert.match(waiting[2] ?? '', /ticker accounts add/);
});

test('secrets that cannot be read are no reason to try again, nor to simulate', async () => {
  const { answers, asked, open } = rig({});
  answers.push(new TickerError('SECRET_UNREADABLE'));
  open();
  await assert.rejects(asked, { code: 'SECRET_UNREADABLE' });
});

test('a stop ends the waiting', async () => {
  for (const production of [true, false]) {
    const { asked, abort } = rig({ production });
    abort.abort();
    assert.equal(await asked, undefined);
  }
});
