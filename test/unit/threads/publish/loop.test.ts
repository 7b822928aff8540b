import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODE } from '../../../../src/domain/status.ts';
import { BY_NAME, ClientConnection, Subscription } from '../../../../src/fanout/connection.ts';
import { Delivery } from '../../../../src/fanout/delivery.ts';
import { SubscriptionIndex } from '../../../../src/fanout/subscription-index.ts';
import { PUBLISH, PUBLISH_HISTOGRAM } from '../../../../src/shm/layout/meters.ts';
import { publishVoid, RingWriter } from '../../../../src/shm/ring-writer.ts';
import { GATE_MS } from '../../../../src/threads/publish/gate.ts';
import { repriceRings } from '../../../../src/shm/reprice-ring.ts';
import { PublishLoop } from '../../../../src/threads/publish/loop.ts';
import { RepricedTicks } from '../../../../src/threads/publish/repriced-ticks.ts';
import { FakeClientSocket } from '../../../support/fanout-socket.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';

const SLOTS = 1024;
/** What an overrun gives up beside what has been overwritten. */
const MARGIN = SLOTS / 16;

/** Publish with one client that is subscribed to everything on the board. */
class PublishRig {
  readonly board = new NiftyBoard({ ringSlots: SLOTS });
  readonly socket = new FakeClientSocket();
  readonly gaps: [from: number, to: number][] = [];
  readonly loop: PublishLoop;
  readonly delivery: Delivery;

  constructor() {
    const { ring, table, lastValues, clock, publishMeters: meters, registry } = this.board;
    const index = new SubscriptionIndex({ setDemand: () => undefined });
    const clientBufferBytes = 1e9;
    const delivery = new Delivery({ ring, table, lastValues, index, clock, clientBufferBytes });
    this.delivery = delivery;
    const connection = new ClientConnection(this.socket, true, ring.newest(), 0);
    connection.ready = true;
    for (const instrument of registry.all) {
      const subscribable = this.board.allocator.subscribable(instrument);
      assert.ok(subscribable);
      const subscription = new Subscription(connection, subscribable);
      subscription.addSource(BY_NAME, { mode: MODE.FULL, greeks: true });
      index.add(subscription);
    }
    this.loop = new PublishLoop({
      ring,
      table,
      delivery,
      repriced: new RepricedTicks(
        repriceRings(this.board.blocks.repriced, ring.workers),
        lastValues,
        delivery,
      ),
      meters,
      clock,
      onGap: (from, to) => this.gaps.push([from, to]),
    });
  }

  /** `count` ticks of the spot. */
  spot(count: number): void {
    for (let i = 0; i < count; i++) this.board.quote(this.board.spot, { last: 24000 }).send();
  }

  call(): void {
    this.board.quote(this.board.leg(24000, 'CE'), { bid: 300, ask: 301, last: 300 }).send();
  }

  work(): void {
    while (this.loop.doWork() > 0);
  }

  get sequences(): number[] {
    return this.socket.ticks.map((tick) => tick.sequence);
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_unused, i) => from + i);

describe('what is in the ring', () => {
  test('is delivered in order, once, with through at its end', () => {
    const rig = new PublishRig();
    rig.spot(3);
    rig.work();
    rig.spot(2);
    rig.work();
    assert.deepEqual(rig.sequences, range(1, 5));
    assert.equal(rig.socket.received.at(-1)?.through, 5);
    assert.equal(rig.loop.position, 5);
    assert.equal(rig.board.ring.publishCursor(5), 5);
    assert.equal(rig.loop.doWork(), 0);
    assert.equal(rig.board.publishMeters.get(PUBLISH.TICKS_READ), 5);
    assert.equal(rig.board.publishMeters.histogram(PUBLISH_HISTOGRAM.FLUSH_TICKS).sum, 5);
  });

  test('before publish starts is not its business', () => {
    const rig = new PublishRig();
    rig.spot(3);
    const { board } = rig;
    const later = new PublishRig();
    assert.equal(later.loop.position, 0);
    const { ring, table, publishMeters: meters, clock } = board;
    const index = new SubscriptionIndex({ setDemand: () => undefined });
    const { lastValues } = board;
    const clientBufferBytes = 1;
    const delivery = new Delivery({ ring, table, lastValues, index, clock, clientBufferBytes });
    const onGap = (): void => assert.fail('no gap');
    const repriced = new RepricedTicks([], lastValues, delivery);
    const loop = new PublishLoop({ ring, table, delivery, repriced, meters, clock, onGap });
    assert.equal(loop.position, 3);
    assert.equal(loop.doWork(), 0);
  });
});

describe('Greeks', () => {
  test('that are done go out with their tick', () => {
    const rig = new PublishRig();
    rig.board.quote(rig.board.future, { bid: 24070, ask: 24072, last: 24071 }).send();
    rig.call();
    assert.equal(rig.loop.doWork(), 1);
    assert.equal(rig.loop.waitingForGreeks, true);
    assert.equal(rig.loop.doWork(), 0);
    rig.board.compute();
    rig.work();
    assert.equal(rig.loop.waitingForGreeks, false);
    const [future, call] = rig.socket.ticks;
    assert.equal(future?.greeks, null);
    assert.equal(call?.greeks?.status, 'OK');
    assert.equal(rig.board.publishMeters.get(PUBLISH.GREEKS_LATE), 0);
  });

  test('that are late are not sent, nor what an older tick has left in the slot', () => {
    const rig = new PublishRig();
    rig.board.quote(rig.board.future, { bid: 24070, ask: 24072, last: 24071 }).send();
    // Fills the ring with Greeks, then writes over them.
    for (let i = 0; i < SLOTS; i++) {
      rig.call();
      rig.board.compute();
      rig.work();
    }
    rig.socket.forget();
    rig.call();
    rig.work();
    assert.equal(rig.socket.ticks.length, 0);
    rig.board.clock.advance(GATE_MS);
    rig.work();
    const [tick] = rig.socket.ticks;
    assert.equal(tick?.greeks?.status, 'GREEKS_LATE');
    assert.deepEqual(
      [tick.greeks.iv, tick.greeks.delta, tick.greeks.forward, tick.greeks.iv_own],
      [null, null, null, null],
    );
    assert.equal(rig.board.publishMeters.get(PUBLISH.GREEKS_LATE), 1);
    rig.board.compute();
    rig.work();
    const [, later, ...more] = rig.socket.ticks;
    assert.deepEqual(later?.flags, ['REPRICED', 'SIMULATED']);
    assert.equal(later.greeks?.status, 'OK');
    assert.deepEqual(
      [later.sequence, later.instrument_sequence, later.last_price],
      [tick.sequence, tick.instrument_sequence, tick.last_price],
      'it repeats the tick',
    );
    rig.work();
    assert.deepEqual(more, [], 'once');
  });

  test('that come when a newer tick has been sent are dropped', () => {
    const rig = new PublishRig();
    rig.board.quote(rig.board.future, { bid: 24070, ask: 24072, last: 24071 }).run();
    for (let i = 0; i < 2; i++) {
      rig.call();
      rig.work();
      rig.board.clock.advance(GATE_MS);
      rig.work();
    }
    assert.deepEqual(
      rig.socket.ticks.slice(1).map((tick) => tick.greeks?.status),
      ['GREEKS_LATE', 'GREEKS_LATE'],
    );
    const newest = rig.sequences.at(-1);
    rig.socket.forget();
    rig.board.compute();
    rig.work();
    assert.deepEqual(
      rig.socket.ticks.map((tick) => [tick.sequence, tick.flags.includes('REPRICED')]),
      [[newest, true]],
    );
  });

  test('computed again for a moved forward go to those who were sent their tick', () => {
    const rig = new PublishRig();
    const future = (price: number): void => {
      rig.board.quote(rig.board.future, { bid: price - 1, ask: price + 1, last: price }).run();
    };
    future(24071);
    rig.call();
    rig.board.compute();
    rig.work();
    const [, sent] = rig.socket.ticks;
    rig.socket.forget();
    rig.board.clock.advance(1000);
    future(24100);
    rig.work();
    const [tick, repriced, ...more] = rig.socket.ticks;
    assert.equal(tick?.instrument_token, rig.board.future.token);
    assert.deepEqual(more, []);
    assert.deepEqual(repriced?.flags, ['REPRICED', 'SIMULATED']);
    assert.deepEqual(
      [repriced.sequence, repriced.instrument_sequence],
      [sent?.sequence, sent?.instrument_sequence],
    );
    assert.equal(repriced.greeks?.forward, 24100);
    assert.equal(repriced.greeks.iv, sent?.greeks?.iv, 'the volatility is held');
    assert.notEqual(repriced.greeks.delta, sent?.greeks?.delta);
    const [, last] = rig.socket.received;
    assert.equal(last?.through, tick.sequence, 'it moves no position');
  });

  test('of a worker that is gated out are not waited for, and the gauge says so', () => {
    const rig = new PublishRig();
    for (let i = 0; i < 5; i++) {
      rig.call();
      rig.work();
      rig.board.clock.advance(GATE_MS);
      rig.work();
    }
    assert.equal(rig.board.publishMeters.get(PUBLISH.GATED_OUT_WORKERS), 1);
    rig.call();
    rig.work();
    assert.deepEqual(rig.sequences, range(1, 6));
    assert.equal(rig.board.publishMeters.get(PUBLISH.GREEKS_LATE), 6);
  });
});

describe('a ring that laps publish', () => {
  test('leaves a gap that is named exactly; everything else is delivered', () => {
    const rig = new PublishRig();
    rig.spot(2);
    rig.work();
    rig.spot(SLOTS + 7);
    rig.work();
    const newest = rig.board.ring.newest();
    const firstLeft = rig.board.ring.firstIntact(newest) + MARGIN;
    assert.deepEqual(rig.gaps, [[3, firstLeft - 1]]);
    assert.deepEqual(rig.sequences, [1, 2, ...range(firstLeft, newest)]);
    assert.equal(rig.board.publishMeters.get(PUBLISH.RING_OVERRUN), firstLeft - 3);
    assert.equal(rig.socket.received.at(-1)?.through, newest);
  });

  test('while the gate waits costs what was not copied yet and the margin', () => {
    const rig = new PublishRig();
    rig.call();
    rig.work();
    rig.spot(SLOTS + 1);
    rig.work();
    const newest = rig.board.ring.newest();
    const lost = newest - SLOTS + MARGIN;
    assert.deepEqual(rig.gaps, [[1, lost]]);
    assert.deepEqual(rig.sequences, range(lost + 1, newest));
  });

  test('is not overtaken again by a burst that goes on: there is room for it', () => {
    const rig = new PublishRig();
    rig.spot(SLOTS + 1);
    rig.loop.doWork();
    const { position } = rig.loop;
    rig.spot(MARGIN);
    rig.work();
    assert.equal(rig.gaps.length, 1);
    assert.ok(position <= rig.board.ring.newest());
  });

  test('while the run is looked at costs what it has overwritten; the rest is good', () => {
    const rig = new PublishRig();
    const { ring } = rig.board;
    rig.spot(SLOTS);
    const firstIntact = ring.firstIntact.bind(ring);
    let looks = 0;
    ring.firstIntact = (near) => {
      // Asked before the run, after it has been looked at, and when it has been copied.
      if (++looks === 2) rig.spot(100);
      return firstIntact(near);
    };
    rig.work();
    assert.deepEqual(rig.gaps, [[1, 100]]);
    assert.deepEqual(rig.sequences, range(101, SLOTS + 100));
    assert.deepEqual(
      rig.socket.ticks.map((tick) => tick.instrument_sequence),
      range(101, SLOTS + 100),
    );
    assert.equal(rig.board.publishMeters.get(PUBLISH.RING_OVERRUN), 100);
    assert.equal(rig.board.publishMeters.get(PUBLISH.TICKS_READ), SLOTS);
  });

  test('while the run is looked at: each tick keeps its own state of Greeks', () => {
    const rig = new PublishRig();
    const { ring, clock } = rig.board;
    rig.call();
    rig.spot(1);
    rig.call();
    rig.work();
    clock.advance(GATE_MS);
    const firstIntact = ring.firstIntact.bind(ring);
    let looks = 0;
    ring.firstIntact = (near) => {
      if (++looks === 2) rig.spot(SLOTS - 2);
      return firstIntact(near);
    };
    rig.loop.doWork();
    assert.deepEqual(rig.gaps, [[1, 1]]);
    assert.deepEqual(
      rig.socket.ticks.map((tick) => [tick.sequence, tick.greeks?.status]),
      [
        [2, undefined],
        [3, 'GREEKS_LATE'],
      ],
    );
    assert.equal(rig.board.publishMeters.get(PUBLISH.GREEKS_LATE), 2);
  });

  test('while a frame is filled: the frame is not sent, its positions are named instead', () => {
    const rig = new PublishRig();
    const { ring } = rig.board;
    rig.spot(3);
    const firstIntact = ring.firstIntact.bind(ring);
    let looks = 0;
    ring.firstIntact = (near) => {
      if (++looks === 3) rig.spot(SLOTS);
      return firstIntact(near);
    };
    rig.loop.doWork();
    assert.equal(rig.socket.received.length, 0);
    assert.deepEqual(rig.socket.of('gap'), [
      { type: 'gap', from: 1, to: 3, reason: 'RING_OVERRUN' },
    ]);
    rig.work();
    assert.deepEqual(rig.sequences, range(4, SLOTS + 3));
  });

  test('and whose Greeks are late: who catches up meanwhile does not stop in front of the gap', () => {
    const rig = new PublishRig();
    for (let i = 0; i < SLOTS + 5; i++) rig.call();
    rig.loop.doWork();
    assert.ok(rig.loop.waitingForGreeks, 'nothing is passed on yet');
    assert.deepEqual(rig.gaps, [[1, 5 + MARGIN]]);
    assert.equal(rig.delivery.position, 5 + MARGIN);
  });

  test('after it was looked through: counts of other instruments are not taken for its own', () => {
    const rig = new PublishRig();
    const { ring } = rig.board;
    // The call has few ticks, the spot many: the spot's counts lie where the call's tick was.
    rig.call();
    rig.board.compute();
    const slotBytes = ring.slotBytes.bind(ring);
    let looks = 0;
    ring.slotBytes = (position) => {
      // The third look is the delivery's, after the gate's and the loop's.
      if (++looks === 3) rig.spot(SLOTS);
      return slotBytes(position);
    };
    rig.work();
    ring.slotBytes = slotBytes;
    // The worker has been lapped too: it goes on behind it.
    rig.board.compute();
    rig.call();
    rig.board.compute();
    rig.work();
    const calls = rig.socket.ticks.filter(({ tradable, flags }) => {
      return tradable && !flags.includes('REPRICED');
    });
    assert.deepEqual(
      calls.map((tick) => tick.instrument_sequence),
      [2],
      'the first one is named, the second one sent',
    );
  });
});

test('positions that ingest has died with are named where they are come to', () => {
  const rig = new PublishRig();
  rig.spot(2);
  rig.board.writer.begin(3);
  publishVoid(rig.board.ring);
  const successor = new RingWriter(rig.board.ring);
  assert.equal(successor.position, 5);
  rig.work();
  assert.deepEqual(rig.gaps, [[3, 5]]);
  assert.deepEqual(rig.sequences, range(1, 2));
  assert.equal(rig.loop.position, 5);
});
