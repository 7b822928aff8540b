import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { Delivery } from '../../../../src/fanout/delivery.ts';
import { SubscriptionIndex } from '../../../../src/fanout/subscription-index.ts';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import type { Ring } from '../../../../src/shm/ring.ts';
import { DutyCycle } from '../../../../src/threads/publish/duty-cycle.ts';
import type { PublishLoop } from '../../../../src/threads/publish/loop.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';

/** A loop that reads the ring's position, and tells of it. */
class CountingLoop extends EventEmitter {
  position = 0;
  waitingForGreeks = false;
  readonly #ring: Ring;

  constructor(ring: Ring) {
    super();
    this.#ring = ring;
  }

  doWork(): number {
    const taken = this.#ring.newest() - this.position;
    this.position += taken;
    if (taken > 0) this.emit('taken', taken);
    return taken;
  }
}

function start(t: TestContext, clients: number) {
  const board = new NiftyBoard();
  const loop = new CountingLoop(board.ring);
  const clock = createSystemClock();
  const asLoop = loop as unknown as PublishLoop;
  const { ring, table, lastValues } = board;
  const index = new SubscriptionIndex({ setDemand: () => undefined });
  const clientBufferBytes = 1e6;
  const delivery = new Delivery({ ring, table, lastValues, index, clock, clientBufferBytes });
  const cycle = new DutyCycle(ring, asLoop, delivery, clock, () => clients);
  // Waiting on shared memory alone does not keep the process.
  const alive = setInterval(() => undefined, 1000);
  const running = cycle.run();
  t.after(async () => {
    cycle.stop();
    await running;
    clearInterval(alive);
  });
  const send = () => board.quote(board.spot, { last: 24000 }).send();
  return { loop, cycle, running, send };
}

describe('the duty cycle of publish', () => {
  for (const clients of [0, 2000]) {
    test(`takes what comes while it sleeps, again and again (${clients} clients)`, async (t) => {
      const { loop, send } = start(t, clients);
      for (let tick = 1; tick <= 20; tick++) {
        const taken = once(loop, 'taken');
        send();
        await taken;
        assert.equal(loop.position, tick);
      }
    });
  }

  test('lets the thread serve its sockets while there is always something to send', async (t) => {
    const { loop, send } = start(t, 1);
    let turns = 0;
    let isBusy = true;
    loop.on('taken', () => {
      if (isBusy) send();
    });
    send();
    while (turns < 50) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    isBusy = false;
    assert.ok(loop.position > 10, `${loop.position} ticks in ${turns} turns`);
  });

  test('drains what is left, and ends when it is stopped', async (t) => {
    const { loop, cycle, running, send } = start(t, 0);
    cycle.stop();
    send();
    cycle.drain();
    assert.equal(loop.position, 1);
    await running;
  });
});
