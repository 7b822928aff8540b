import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SubscribableInstrument } from '../../../src/domain/ports.ts';
import { HEARTBEAT_MS } from '../../../src/fanout/hello.ts';
import type { ReceivedTicks } from '../../support/fanout-socket.ts';
import { FanoutRig, settled, type TestClient } from '../../support/fanout-rig.ts';

const SYMBOLS = ['NSE:A', 'NSE:B', 'NFO:NIFTY24000CE', 'NFO:NIFTY24000PE'];

type Step =
  | { do: 'ingest'; instrument: number; greeks: boolean }
  | { do: 'deliver'; count: number }
  | { do: 'idle' }
  | { do: 'subscribe'; client: number; instruments: number[]; mode: string; greeks: boolean }
  | { do: 'unsubscribe'; client: number; instruments: number[] };

const instrument = fc.nat(SYMBOLS.length - 1);
const client = fc.nat(2);
const instruments = fc.array(instrument, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('ingest' as const), instrument, greeks: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), count: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'idle' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('subscribe' as const),
      client,
      instruments,
      mode: fc.constantFrom('ltp', 'compact', 'quote', 'full'),
      greeks: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), client, instruments }),
  },
);

/** What a client must be able to say of its stream, checked with every message. */
class Watcher {
  readonly held = new Set<number>();
  /** Newest `instrument_sequence` of each token since it was subscribed. */
  readonly newest = new Map<number, number>();
  #through: number;

  constructor(through: number) {
    this.#through = through;
  }

  onTicks({ through, ticks }: ReceivedTicks): void {
    for (const tick of ticks) {
      const { instrument_token: token, instrument_sequence: sequence, flags } = tick;
      assert.ok(this.held.has(token), 'a tick of an instrument that is not subscribed');
      const last = this.newest.get(token);
      if (flags.includes('SNAPSHOT')) {
        assert.ok(last === undefined || sequence >= last, 'a snapshot that goes back');
      } else {
        assert.ok(tick.sequence > this.#through, 'a tick at or below through');
        assert.ok(
          last === undefined || sequence === last + 1,
          `${last} is followed by ${sequence}`,
        );
      }
      this.newest.set(token, sequence);
    }
    this.#raise(through);
  }

  onHeartbeat(through: number): void {
    this.#raise(through);
  }

  #raise(through: number): void {
    assert.ok(through >= this.#through, 'through has fallen');
    this.#through = through;
  }
}

class Run {
  readonly rig = new FanoutRig();
  readonly listed: SubscribableInstrument[] = SYMBOLS.map((symbol) => this.rig.list(symbol));
  readonly clients: (TestClient & { watcher: Watcher })[] = [true, false, true].map((binary) => {
    const { socket, session } = this.rig.connect({ binary });
    const watcher = new Watcher(this.rig.position);
    socket.onTicks = (received) => watcher.onTicks(received);
    return { socket, session, watcher };
  });

  async take(step: Step): Promise<void> {
    const { rig } = this;
    switch (step.do) {
      case 'ingest':
        rig.ingest(this.listed[step.instrument]!, {}, step.greeks);
        return;
      case 'deliver':
        rig.deliver(Math.min(step.count, rig.newest - rig.position));
        return;
      case 'idle':
        this.#idle();
        return;
      case 'subscribe':
      case 'unsubscribe':
        await this.#ask(step);
    }
  }

  #idle(): void {
    this.rig.clock.advance(HEARTBEAT_MS);
    for (const { socket, session, watcher } of this.clients) {
      session.heartbeatIfIdle();
      for (const { through } of socket.of('heartbeat')) watcher.onHeartbeat(through);
      socket.messages.length = 0;
    }
  }

  async #ask(step: Extract<Step, { client: number }>): Promise<void> {
    const { session, watcher } = this.clients[step.client]!;
    const tokens = step.instruments.map((place) => this.listed[place]!.token);
    const { do: type, client: id, ...rest } = step;
    for (const token of tokens) {
      if (type === 'subscribe') watcher.held.add(token);
    }
    session.onText(JSON.stringify({ id, type, ...rest, instruments: tokens }));
    await settled();
    if (type === 'subscribe') return;
    for (const token of tokens) {
      watcher.held.delete(token);
      watcher.newest.delete(token);
    }
  }

  /** After everything has been delivered, everybody has the newest of what it holds. */
  finish(): void {
    const { rig } = this;
    rig.deliver(rig.newest - rig.position);
    for (const { watcher, session } of this.clients) {
      for (const { row, token } of this.listed) {
        const count = rig.lastValues.instrumentSequence(row);
        if (!watcher.held.has(token) || count === 0) continue;
        assert.equal(watcher.newest.get(token), count, 'the newest tick is missing');
      }
      session.onClose();
    }
    assert.equal(rig.index.size, 0);
    assert.ok([...rig.demand.values()].every((mode) => mode === 0));
  }
}

test('in any order of events every stream is contiguous and complete', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const run = new Run();
      for (const one of steps) await run.take(one);
      run.finish();
    }),
    { numRuns: 300 },
  );
});
