import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLOSE, type SubscribableInstrument } from '../../../src/domain/ports.ts';
import { FanoutRig, settled, type TestClient } from '../../support/fanout-rig.ts';
import { StreamChecker } from '../../support/stream-checker.ts';

const SYMBOLS = ['NSE:A', 'NSE:B', 'NFO:NIFTY24000CE', 'NFO:NIFTY24000PE'];
const CLIENTS = 4;
/** Small: what waits for longer is overwritten. */
const SLOTS = 64;
const BUFFER_BYTES = 100_000;
const CONGESTED_BYTES = 30_000;

interface Options {
  mode: string;
  greeks: boolean;
  policy: string;
  window_ms: number | string;
}

type Step =
  | { do: 'ingest'; place: number; greeks: boolean; times: number }
  | { do: 'pass'; count: number }
  | { do: 'catchUp' | 'regroup' | 'watch' | 'heartbeats' | 'shed' }
  | { do: 'reprice'; place: number }
  | { do: 'wait'; ms: number }
  | { do: 'congest' | 'read' | 'reconnect'; client: number }
  | { do: 'subscribe'; client: number; places: readonly number[]; options: Options }
  | { do: 'unsubscribe'; client: number; places: readonly number[] };

const place = fc.nat(SYMBOLS.length - 1);
const client = fc.nat(CLIENTS - 1);
// Few sets, so that clients often want the same.
const places = fc.constantFrom([0], [2], [0, 2], [0, 1, 2, 3], [2, 3]);
const options = fc.record({
  mode: fc.constantFrom('full', 'full', 'ltp', 'compact', 'quote'),
  greeks: fc.boolean(),
  policy: fc.constantFrom('conflate', 'conflate', 'lossless', 'skip'),
  window_ms: fc.constantFrom(0, 0, 5, 'adaptive'),
});
const of = <Kind extends string>(kind: Kind) => fc.constant(kind);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: of('ingest'),
      place,
      greeks: fc.boolean(),
      times: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: of('pass'), count: fc.nat(30) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('catchUp', 'catchUp', 'regroup', 'watch', 'heartbeats', 'shed'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: of('reprice'), place }) },
  { weight: 2, arbitrary: fc.record({ do: of('wait'), ms: fc.constantFrom(1, 5, 100, 15_000) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('congest', 'congest', 'read', 'read', 'reconnect'),
      client,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: of('subscribe'), client, places, options }) },
  { weight: 1, arbitrary: fc.record({ do: of('unsubscribe'), client, places }) },
);

const steps = fc.array(step, { minLength: 5, maxLength: 100, size: 'max' });

interface Watched extends TestClient {
  checker: StreamChecker;
  binary: boolean;
  /** What it has subscribed to, by token. */
  wishes: Map<number, Options>;
}

class Machine {
  readonly rig = new FanoutRig({ slots: SLOTS, clientBufferBytes: BUFFER_BYTES });
  readonly listed: SubscribableInstrument[] = SYMBOLS.map((symbol) => this.rig.list(symbol));
  readonly ledger = new Map<number, number[]>();
  readonly clients = [true, true, true, false].map((binary) => this.#connect(binary));

  async take(step: Step): Promise<void> {
    const { rig } = this;
    const { delivery } = rig;
    const connections = this.clients.map(({ session }) => session.connection);
    switch (step.do) {
      case 'ingest':
        for (let i = 0; i < step.times; i++) this.#ingest(step.place, step.greeks);
        return;
      case 'pass':
        rig.pass(Math.min(step.count, rig.newest - rig.position));
        return;
      case 'catchUp':
        delivery.flushDue();
        delivery.slowReaders.doWork();
        return;
      case 'regroup':
        delivery.sharing.regroup(connections);
        return;
      case 'watch':
        delivery.slowReaders.watch(connections);
        return this.#reconnectClosed();
      case 'heartbeats':
        for (const { session } of this.clients) session.heartbeatIfIdle();
        return;
      case 'shed':
        delivery.sheds = !delivery.sheds;
        return;
      case 'reprice':
        delivery.deliverRepriced(Int32Array.of(this.listed[step.place]!.row), 1);
        return;
      case 'wait':
        rig.clock.advance(step.ms);
        delivery.flushDue();
        return;
      case 'congest':
        this.clients[step.client]!.socket.unreadBytes = CONGESTED_BYTES;
        return;
      case 'read':
        this.clients[step.client]!.socket.unreadBytes = 0;
        return;
      case 'reconnect':
        return this.#reconnect(step.client);
      case 'subscribe':
        return this.#subscribe(this.clients[step.client]!, step.places, step.options);
      case 'unsubscribe':
        return this.#unsubscribe(this.clients[step.client]!, step.places);
    }
  }

  assertNoProblem(): void {
    assert.deepEqual(this.rig.errors, []);
    for (const { checker } of this.clients) checker.assertNoProblem();
  }

  #connect(binary: boolean): Watched {
    const checker = new StreamChecker(this.ledger);
    return { ...this.#open(binary, checker), checker, binary, wishes: new Map() };
  }

  #open(binary: boolean, checker: StreamChecker): TestClient {
    const { socket, session } = this.rig.connect({ binary });
    checker.through = this.rig.position;
    checker.attach(socket);
    socket.onEnd = () => session.onClose();
    return { socket, session };
  }

  #ingest(at: number, greeks: boolean): void {
    const { rig } = this;
    // Publish keeps up with the ring; who waits for it may not.
    if (rig.newest - rig.position >= SLOTS / 2) rig.pass(rig.newest - rig.position);
    const instrument = this.listed[at]!;
    rig.ingest(instrument, {}, greeks);
    const positions = this.ledger.get(instrument.token) ?? [];
    positions.push(rig.newest);
    this.ledger.set(instrument.token, positions);
  }

  async #subscribe(client: Watched, at: readonly number[], options: Options): Promise<void> {
    const tokens = at.map((index) => this.listed[index]!.token);
    for (const token of tokens) {
      client.checker.subscribed(token, options.policy, this.rig.position);
      client.wishes.set(token, options);
    }
    client.session.onText(
      JSON.stringify({ id: 1, type: 'subscribe', instruments: tokens, ...options }),
    );
    await settled();
    await this.#reconnectClosed();
  }

  async #unsubscribe(client: Watched, at: readonly number[]): Promise<void> {
    const tokens = at.map((index) => this.listed[index]!.token);
    client.session.onText(JSON.stringify({ id: 2, type: 'unsubscribe', instruments: tokens }));
    await settled();
    for (const token of tokens) {
      client.checker.held.delete(token);
      client.wishes.delete(token);
    }
    await this.#reconnectClosed();
  }

  async #reconnectClosed(): Promise<void> {
    for (const [index, { socket }] of this.clients.entries()) {
      if (socket.ended === undefined) continue;
      assert.equal(socket.ended.code, CLOSE.TOO_SLOW);
      await this.#reconnect(index);
    }
  }

  /** The connection breaks, and the client resumes on a new one. */
  async #reconnect(index: number): Promise<void> {
    const old = this.clients[index]!;
    const { binary, checker, wishes } = old;
    if (old.socket.ended === undefined) {
      old.socket.isOpen = false;
      old.session.onClose();
    }
    const sequence = checker.resumes(this.rig.newest);
    const made = this.#open(binary, checker);
    this.clients[index] = { ...made, binary, checker, wishes };
    if (wishes.size === 0) return;
    const subscriptions = [...wishes].map(([token, wish]) => ({ instruments: [token], ...wish }));
    const { epoch } = this.rig.delivery;
    made.session.onText(JSON.stringify({ id: 3, type: 'resume', epoch, sequence, subscriptions }));
    await settled();
  }

  async finish(): Promise<void> {
    const { rig } = this;
    await this.#reconnectClosed();
    for (const { socket } of this.clients) socket.unreadBytes = 0;
    rig.deliver();
    // Those whom the ring had passed meanwhile come again.
    await this.#reconnectClosed();
    rig.deliver();
    rig.delivery.flushAll();
    rig.clock.advance(15_000);
    for (const { session } of this.clients) session.heartbeatIfIdle();
    assert.equal(rig.delivery.slowReaders.size, 0, 'everybody has caught up');
    for (const { checker } of this.clients) checker.assertComplete(rig.position);
    for (const { session } of this.clients) session.onClose();
    this.#assertEmpty();
  }

  /** Nothing is left of those who have gone. */
  #assertEmpty(): void {
    const { rig } = this;
    assert.equal(rig.index.size, 0);
    assert.equal(rig.entered, 0);
    assert.equal(rig.delivery.slowReaders.size, 0);
    assert.ok([...rig.demand.values()].every((mode) => mode === 0));
    for (const { row } of this.listed) assert.equal(rig.index.ofRow(row), undefined);
    assert.deepEqual(rig.errors, []);
  }
}

test('whoever is slow, resumes or shares: every stream is complete or says what is not', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const machine = new Machine();
      for (const one of taken) {
        await machine.take(one);
        machine.assertNoProblem();
      }
      await machine.finish();
    }),
    { numRuns: 100, seed: 20_261_124 },
  );
});
