import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UpstreamMode } from '../../../../src/domain/ports.ts';
import { SubscriptionPlan } from '../../../../src/feed/kite/subscriptions.ts';
import { SubscriptionSync } from '../../../../src/feed/kite/subscription-sync.ts';
import { BrokerSubscriptions } from '../../../support/feed/kite/broker-subscriptions.ts';

const MODE_NAMES = ['', 'ltp', 'quote', 'full'];
const limits = fc.record({
  accounts: fc.integer({ min: 0, max: 3 }),
  socketsPerAccount: fc.integer({ min: 1, max: 3 }),
  instrumentsPerSocket: fc.integer({ min: 1, max: 4 }),
});
type Step = { token: number; mode: UpstreamMode } | { flush: number } | { reconnect: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      token: fc.integer({ min: 1, max: 40 }),
      mode: fc.constantFrom<UpstreamMode>(0, 1, 2, 3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ flush: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ reconnect: fc.nat(8) }) },
);

/** Long ones: a fault of a reconnection needs a history. */
const steps = fc.array(step, { maxLength: 80, size: 'max' });

/** The plan with a connection a socket, beside a model of what is wanted. */
class Rig {
  readonly plan: SubscriptionPlan;
  readonly wanted = new Map<number, { mode: UpstreamMode; socket: number }>();
  readonly syncs: SubscriptionSync[] = [];
  readonly brokers: BrokerSubscriptions[] = [];
  refused = 0;
  moved = 0;

  constructor(given: {
    accounts: number;
    socketsPerAccount: number;
    instrumentsPerSocket: number;
  }) {
    this.plan = new SubscriptionPlan(given);
    for (let i = 0; i < this.plan.sockets; i++) {
      this.syncs.push(new SubscriptionSync(this.plan.tokensOf(i)));
      this.brokers.push(new BrokerSubscriptions());
    }
  }

  run(action: Step): void {
    if ('flush' in action) this.flush(action.flush);
    else if ('reconnect' in action) this.reconnect(action.reconnect);
    else this.set(action.token, action.mode);
  }

  set(token: number, mode: UpstreamMode): void {
    const before = this.wanted.get(token);
    const change = this.plan.set(token, mode);
    if (change === 'FULL') {
      assert.ok(before === undefined && mode !== 0);
      assert.equal(this.plan.size, this.plan.capacity);
      this.refused++;
    } else if (change === 'UNCHANGED') {
      assert.equal(before?.mode ?? 0, mode);
    } else {
      assert.deepEqual([change.token, change.mode], [token, mode]);
      if (before !== undefined && before.socket !== change.socket) this.moved++;
      if (mode === 0) this.wanted.delete(token);
      else this.wanted.set(token, { mode, socket: change.socket });
      this.syncs[change.socket]!.mark(token);
    }
  }

  flush(socket: number): void {
    for (const text of this.syncs[socket]?.takeMessages() ?? []) this.brokers[socket]?.take(text);
  }

  reconnect(socket: number): void {
    if (socket >= this.brokers.length) return;
    this.brokers[socket] = new BrokerSubscriptions();
    this.syncs[socket]!.reset();
  }

  /** Wanted modes by token, of one socket or of all. */
  expected(socket?: number): [number, string][] {
    return [...this.wanted]
      .filter(([, entry]) => socket === undefined || entry.socket === socket)
      .map(([token, { mode }]): [number, string] => [token, MODE_NAMES[mode]!])
      .sort(([a], [b]) => a - b);
  }
}

test('the plan never exceeds a cap, never doubles a token, and its changes make the plan', () => {
  let refusals = 0;
  fc.assert(
    fc.property(limits, steps, (given, actions) => {
      const rig = new Rig(given);
      for (const action of actions) {
        rig.run(action);
        const planned: [number, string][] = [];
        for (let socket = 0; socket < rig.plan.sockets; socket++) {
          const tokens = rig.plan.tokensOf(socket);
          assert.ok(tokens.size <= given.instrumentsPerSocket);
          for (const [token, mode] of tokens) planned.push([token, MODE_NAMES[mode]!]);
        }
        planned.sort(([a], [b]) => a - b);
        assert.deepEqual(planned, rig.expected());
        assert.equal(rig.plan.size, planned.length);
      }
      assert.equal(rig.moved, 0);
      refusals += rig.refused;
    }),
    { numRuns: 300 },
  );
  assert.ok(refusals > 100, `only ${refusals} refusals`);
});

test('the messages of each socket, replayed at a broker, make the plan within its cap', () => {
  fc.assert(
    fc.property(limits, steps, (given, actions) => {
      const rig = new Rig(given);
      for (const action of actions) rig.run(action);
      for (let socket = 0; socket < rig.plan.sockets; socket++) {
        rig.flush(socket);
        const broker = rig.brokers[socket]!;
        const told = [...broker.modes].sort(([a], [b]) => a - b);
        assert.deepEqual(told, rig.expected(socket));
        assert.ok(broker.peak <= given.instrumentsPerSocket);
      }
    }),
    { numRuns: 300 },
  );
});
