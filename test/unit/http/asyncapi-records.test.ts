import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEARTBEAT_MS } from '../../../src/fanout/hello.ts';
import { FanoutRig, KEY, settled } from '../../support/fanout-rig.ts';
import { streamDocument } from '../../support/http/market-document.ts';
import { MessageValidator } from '../../support/http/message-validator.ts';

/** More than a quarter of the rig's limit. */
const CONGESTED_BYTES = 30_000;

const validator = new MessageValidator(streamDocument());

test('what a reader that falls behind is told follows the document', async () => {
  const rig = new FanoutRig();
  const a = rig.list('NSE:A');
  const { session, socket } = rig.connect();
  const skip = { instruments: ['NSE:A'], policy: 'skip', window_ms: 0 };
  session.onText(JSON.stringify({ id: 1, type: 'subscribe', ...skip }));
  await settled();
  const tick = () => {
    rig.ingest(a);
    rig.deliver();
  };
  tick();
  socket.unreadBytes = CONGESTED_BYTES;
  for (let i = 0; i < 4; i++) tick();
  socket.unreadBytes = 0;
  rig.deliver();
  const expected = ['gap', 'hello', 'slow_reader_warning', 'subscribed'];
  const types = new Set<string>(socket.messages.map(({ type }) => type));
  for (const type of expected) assert.ok(types.has(type), type);
  for (const message of socket.messages) assert.deepEqual(validator.problems(message), []);
});

test('what a session sends by itself and as answers follows the document', async () => {
  const rig = new FanoutRig();
  const calls = [23900, 24000, 24100].map((strike) => rig.list(`NFO:NIFTY${strike}CE`));
  rig.directory.chain = calls.slice(0, 2);
  const { session, socket } = rig.connect({ principal: undefined });
  const send = async (message: object) => {
    session.onText(JSON.stringify(message));
    await settled();
  };
  const chain = { underlying: 'NIFTY', strikes: 1 };
  await send({ id: 1, type: 'ping' });
  await send({ id: 2, type: 'auth', token: KEY });
  await send({ id: 3, type: 'subscribe', chain, mode: 'compact', greeks: true });
  await send({ id: 4, type: 'subscribe', instruments: ['NFO:NIFTY24100CE', 'NSE:X', 5] });
  const key = { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 1 };
  const [, , third] = calls;
  session.onChainChanged(key, [{ request: key, ok: true, instrument: third! }], [0]);
  rig.clock.advance(HEARTBEAT_MS);
  session.heartbeatIfIdle();
  await send({ id: 5, type: 'unsubscribe', chain });
  await send({ id: 6, type: 'ping' });
  session.onText('{');
  const types = new Set(socket.messages.map(({ type }) => type));
  assert.deepEqual([...types].sort(), [
    'authenticated',
    'chain_changed',
    'error',
    'heartbeat',
    'hello',
    'pong',
    'subscribed',
    'unsubscribed',
  ]);
  for (const message of socket.messages) assert.deepEqual(validator.problems(message), []);
});
