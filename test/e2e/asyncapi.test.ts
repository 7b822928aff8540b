import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { AsyncApiDocument } from '../../src/http/asyncapi/document.ts';
import type { TickObject } from '../../src/wire/messages.ts';
import { MessageValidator } from '../support/http/message-validator.ts';
import { startService } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

test('all that a running service says follows the AsyncAPI document that it serves', async (t) => {
  const service = await startService(t);
  const answer = await fetch(new URL('/asyncapi.json', service.url));
  const validator = new MessageValidator((await answer.json()) as AsyncApiDocument);
  const client = new TicksClient(t, service.ticksUrl, ['ticker.v1.json']);
  await once(client.socket, 'open');
  const requests: { type: string }[] = [];
  const ask = (request: { type: string } & Record<string, unknown>) => {
    requests.push({ id: 1, ...request } as { type: string });
    return client.request(request);
  };
  await ask({ type: 'auth', token: service.key });
  await ask({ type: 'ping' });
  const record = client.next((message) => message.type === 'chain');
  const seen = new Set<string>();
  const everyForm = client.next((message) => {
    if (message.type !== 'ticks') return false;
    for (const tick of message.ticks) seen.add(formOf(tick));
    return FORMS.every((form) => seen.has(form));
  });
  const greeks = true;
  const near = { underlying: 'NIFTY', strikes: 2 };
  const far = { underlying: 'BANKNIFTY', strikes: 2 };
  await ask({ type: 'subscribe', chain: near, mode: 'full', greeks });
  await ask({ type: 'subscribe', chain: far, mode: 'compact', greeks });
  await ask({ type: 'subscribe', instruments: [256265], mode: 'full', greeks });
  await ask({ type: 'subscribe', instruments: ['NSE:INFY'] });
  await ask({ type: 'subscribe', instruments: ['NSE:TCS', 'NSE:NOTHING'], mode: 'ltp' });
  await Promise.all([record, everyForm]);
  await ask({ type: 'unsubscribe', chain: near });
  await ask({ type: 'unsubscribe', instruments: ['NSE:INFY', 5] });
  const { epoch } = client.messages.find((message) => message.type === 'hello')!;
  const { through: sequence } = client.messages.findLast((message) => message.type === 'ticks')!;
  const next = await TicksClient.connect(t, service.ticksUrl, service.key);
  const subscriptions = [{ chain: near, mode: 'full', greeks, policy: 'lossless', window_ms: 0 }];
  const resume = { type: 'resume', epoch, sequence, subscriptions };
  const replayed = next.next((message) => message.type === 'replay_completed');
  assert.equal((await next.request(resume)).type, 'resumed');
  await replayed;
  next.socket.send(JSON.stringify({ id: 9, type: 'ack', sequence }));
  const band = { underlying: 'NIFTY', strikes: { delta: [0.3, 0.7] } };
  await next.request({ type: 'subscribe', chain: band, greeks });
  requests.push({ id: 1, ...resume } as { type: string });
  client.socket.send('[]');
  await client.next((message) => message.type === 'error');

  const messages = [...client.messages, ...next.messages];
  const types = [...new Set(messages.map(({ type }) => type))].sort();
  assert.deepEqual(types, [
    'authenticated',
    'chain',
    'error',
    'hello',
    'pong',
    'replay_completed',
    'resumed',
    'session_state',
    'subscribed',
    'ticks',
    'unsubscribed',
  ]);
  for (const message of messages) assert.deepEqual(validator.problems(message), []);
  for (const request of requests) assert.deepEqual(validator.problems(request), []);
  const ticks = client.messages.find((message) => message.type === 'ticks')!;
  const [first] = ticks.ticks;
  const changed = { ...ticks, ticks: [{ ...first, surprise: 1 }] };
  assert.match(validator.problems(changed).join(), /surprise/);
});

/** Mode and kind of Greeks of a tick. */
function formOf({ mode, greeks }: TickObject): string {
  if (greeks === undefined) return `${mode}, not asked for`;
  return greeks === null ? `${mode}, no option` : `${mode}, option`;
}

const FORMS = [
  'full, option',
  'compact, option',
  'full, no option',
  'quote, not asked for',
  'ltp, not asked for',
];
