import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerMessage, SubscriptionResult } from '../../src/wire/messages.ts';
import { startService } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

const LEAST = 0.2;
const GREATEST = 0.8;
/* A strike stays until it has left by 15 % of what lies beyond its bound; deltas move meanwhile. */
const HELD_LEAST = 0.16;
const HELD_GREATEST = 0.84;
const CHAIN = { underlying: 'NIFTY', strikes: { delta: [LEAST, GREATEST] } };

/** The options that a client has by its chain, with the newest |delta| of each. */
class Window {
  readonly #deltas = new Map<number, { strike: number; size: number | undefined }>();

  take(message: ServerMessage): void {
    if (message.type === 'subscribed') this.#add(message.results);
    if (message.type === 'chain_changed') {
      for (const token of message.removed) this.#deltas.delete(token);
      this.#add(message.added);
    }
    if (message.type !== 'ticks') return;
    for (const { instrument_token: token, greeks } of message.ticks) {
      const held = this.#deltas.get(token);
      const delta = greeks?.status === 'OK' ? greeks.delta : null;
      if (held !== undefined && typeof delta === 'number') held.size = Math.abs(delta);
    }
  }

  #add(results: readonly SubscriptionResult[]): void {
    for (const result of results) {
      if (!result.ok || result.strike === null) continue;
      this.#deltas.set(result.token, { strike: result.strike, size: undefined });
    }
  }

  get size(): number {
    return this.#deltas.size;
  }

  /** |delta| of both legs by rising strike; undefined while a leg has none. */
  get strikes(): number[][] | undefined {
    const byStrike = new Map<number, number[]>();
    for (const { strike, size } of this.#deltas.values()) {
      if (size === undefined) return undefined;
      byStrike.set(strike, [...(byStrike.get(strike) ?? []), size]);
    }
    return [...byStrike].sort(([a], [b]) => a - b).map(([, sizes]) => sizes);
  }
}

test('a chain by delta has both legs of the strikes whose deltas lie between the bounds', async (t) => {
  const service = await startService(t);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const window = new Window();
  const settled = client.next((message) => {
    window.take(message);
    const { strikes } = window;
    if (strikes === undefined || strikes.length < 3) return false;
    const isWithin = (size: number) => size >= HELD_LEAST && size <= HELD_GREATEST;
    // The window has grown as far as the strikes go: its outermost ones are near the bounds.
    const [first, last] = [strikes[0] ?? [], strikes.at(-1) ?? []];
    const isWhole = Math.min(...first, ...last) < LEAST + 0.06;
    return isWhole && strikes.every((legs) => legs.length === 2 && legs.some(isWithin));
  });
  const answer = await client.request({
    type: 'subscribe',
    chain: CHAIN,
    mode: 'compact',
    greeks: true,
  });
  assert.equal(answer.type, 'subscribed');
  const [first] = answer.results;
  const { underlying, strikes } = CHAIN;
  assert.ok(first?.ok === true && first.expiry !== null);
  const chain = { underlying, expiry: first.expiry, strikes };
  assert.deepEqual(first.request, chain);
  await settled;
  const record = await client.next((message) => message.type === 'chain');
  assert.deepEqual(record.type === 'chain' && record.chain, chain);

  const ended = await client.request({ type: 'unsubscribe', chain: CHAIN });
  assert.equal(ended.type, 'unsubscribed');
  const last = new Window();
  for (const message of client.messages) last.take(message);
  assert.equal(ended.results.length, last.size, 'what it had when it ended');
  assert.ok(ended.results.every(({ ok }) => ok));
});
