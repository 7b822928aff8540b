import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { SupervisedThread } from '../../../../src/threads/control/supervised-thread.ts';
import { ManualClock } from '../../../support/client/manual-clock.ts';

interface Command {
  type: 'echo' | 'throw' | 'exit' | 'fail' | 'stop' | 'ignore-stop';
}
type Reply = { type: 'ready' } | { type: 'echo' } | { type: 'failed' };

/** A thread that does what it is told. */
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  let stops = true;
  parentPort.on('message', ({ type }) => {
    if (type === 'echo') parentPort.postMessage({ type });
    if (type === 'throw') throw new Error('told to');
    if (type === 'exit') process.exit(3);
    if (type === 'ignore-stop') { stops = false; parentPort.postMessage({ type: 'echo' }); }
    if (type === 'stop' && stops) parentPort.close();
    if (type === 'fail') {
      parentPort.postMessage({ type: 'failed', code: 'PORT_IN_USE', detail: 'port 1' });
      parentPort.close();
    }
  });
  parentPort.postMessage({ type: 'ready' });
`;

/** Tells of what happens: message, death, failed start. */
class Rig extends EventEmitter {
  readonly clock = new ManualClock();
  readonly workers: Worker[] = [];
  readonly deaths: number[] = [];
  readonly failedStarts: string[] = [];
  readonly thread: SupervisedThread<Command, Reply>;

  constructor(t: TestContext, code = THREAD) {
    super();
    this.thread = new SupervisedThread<Command, Reply>({
      name: 'test',
      clock: this.clock,
      logger: createLogger({ level: 'silent', thread: 'test', clock: this.clock }),
      spawn: () => {
        const worker = new Worker(code, { eval: true, stderr: true });
        this.workers.push(worker);
        return worker;
      },
      onMessage: (message) => this.emit('message', message),
      onDeath: (restarts) => {
        this.deaths.push(restarts);
        // After what is to be cleaned up, the pause before the next one is set up.
        queueMicrotask(() => this.emit('death'));
      },
      onFailedStart: (errorCode, detail) => {
        this.failedStarts.push(`${errorCode}: ${detail}`);
        this.emit('failed-start');
      },
    });
    t.after(() => Promise.all(this.workers.map((worker) => worker.terminate())));
  }

  /** Starts, or has it started by the clock, and waits until the thread is ready. */
  async ready(start: () => void = () => this.thread.start()): Promise<void> {
    const message = once(this, 'message');
    start();
    assert.deepEqual(await message, [{ type: 'ready' }]);
    this.thread.markReady();
  }

  async dies(how: 'throw' | 'exit' = 'exit'): Promise<void> {
    const death = once(this, 'death');
    this.thread.post({ type: how });
    await death;
  }

  async echo(): Promise<void> {
    const message = once(this, 'message');
    this.thread.post({ type: 'echo' });
    assert.deepEqual(await message, [{ type: 'echo' }]);
  }
}

describe('a thread that ends unasked', () => {
  for (const how of ['exit', 'throw'] as const) {
    test(`by ${how}: is cleaned up after, and another one is started`, async (t) => {
      const rig = new Rig(t);
      await rig.ready();
      await rig.dies(how);
      assert.deepEqual(rig.deaths, [1]);
      assert.deepEqual(rig.clock.pendingMs, [100]);
      assert.equal(rig.workers.length, 1, 'not before the pause');
      await rig.ready(() => rig.clock.advance(100));
      assert.equal(rig.workers.length, 2);
      await rig.echo();
      assert.deepEqual(rig.failedStarts, []);
    });
  }

  test('again and again: the pauses grow to five seconds', async (t) => {
    const rig = new Rig(t);
    await rig.ready();
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      await rig.dies();
      const [pauseMs = 0] = rig.clock.pendingMs;
      pauses.push(pauseMs);
      await rig.ready(() => rig.clock.advance(pauseMs));
    }
    assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    assert.equal(rig.thread.restarts, 8);
  });

  test('after it has worked for long is restarted quickly again', async (t) => {
    const rig = new Rig(t);
    await rig.ready();
    await rig.dies();
    await rig.ready(() => rig.clock.advance(100));
    rig.clock.advance(30_001);
    await rig.dies();
    assert.deepEqual(rig.clock.pendingMs, [100]);
  });

  test('takes messages of meanwhile with it; it is no error to send them', async (t) => {
    const rig = new Rig(t);
    await rig.ready();
    await rig.dies();
    rig.thread.post({ type: 'throw' });
    await rig.ready(() => rig.clock.advance(100));
    await rig.echo();
    assert.equal(rig.thread.restarts, 1);
  });
});

describe('the first start', () => {
  test('that the thread reports as failed is told with its code, and not repeated', async (t) => {
    const rig = new Rig(t);
    const failed = once(rig, 'failed-start');
    rig.thread.start();
    rig.thread.post({ type: 'fail' });
    await failed;
    await once(rig.workers[0]!, 'exit');
    assert.equal(rig.failedStarts[0], 'PORT_IN_USE: port 1');
    assert.deepEqual(rig.clock.pendingMs, []);
    assert.equal(rig.workers.length, 1);
  });

  test('that ends without a word is THREAD_FAILED', async (t) => {
    const rig = new Rig(t, 'process.exit(1)');
    const failed = once(rig, 'failed-start');
    rig.thread.start();
    await failed;
    assert.match(rig.failedStarts[0] ?? '', /^THREAD_FAILED: test ended/);
    assert.deepEqual(rig.deaths, []);
    await rig.thread.stop({ type: 'stop' }, 1000);
  });
});

describe('stop', () => {
  test('ends the thread, and nothing starts another one', async (t) => {
    const rig = new Rig(t);
    await rig.ready();
    await rig.thread.stop({ type: 'stop' }, 1000);
    assert.deepEqual(rig.clock.pendingMs, []);
    assert.deepEqual(rig.deaths, []);
    assert.equal(rig.workers.length, 1);
  });

  test('ends by force a thread that does not obey in time', async (t) => {
    const rig = new Rig(t);
    await rig.ready();
    const obstinate = once(rig, 'message');
    rig.thread.post({ type: 'ignore-stop' });
    await obstinate;
    const stopped = rig.thread.stop({ type: 'stop' }, 1000);
    await rig.echo();
    rig.clock.advance(1000);
    await stopped;
    assert.deepEqual(rig.deaths, []);
  });

  test('during the pause before a restart cancels the restart', async (t) => {
    const rig = new Rig(t);
    await rig.ready();
    await rig.dies();
    await rig.thread.stop({ type: 'stop' }, 1000);
    rig.clock.advance(60_000);
    assert.equal(rig.workers.length, 1);
  });

  test('before the start is nothing', async (t) => {
    const rig = new Rig(t);
    await rig.thread.stop({ type: 'stop' }, 1000);
    assert.equal(rig.workers.length, 0);
  });
});
