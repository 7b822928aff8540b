import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import {
  type InstrumentLoaderOptions,
  loadInstruments,
} from '../../../../src/threads/control/instrument-loader.ts';
import { ManualClock } from '../../../support/client/manual-clock.ts';

const DUMP =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,' +
  'lot_size,instrument_type,segment,exchange\n' +
  '408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE\n' +
  'bad,1594,X,X,0,,0,0.05,1,EQ,NSE,NSE\n';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const good: Answer = (response) => response.end(DUMP);
const busy: Answer = (response) => {
  response.statusCode = 503;
  response.end('busy');
};

/** A broker that gives one answer after the other, and the loader that asks it. */
class Rig extends EventEmitter {
  readonly clock = new ManualClock();
  readonly failures: string[] = [];
  readonly logged: string[] = [];
  readonly asked: (string | undefined)[] = [];
  readonly stop = new AbortController();
  url = '';
  readonly #answers: Answer[];

  constructor(answers: Answer[]) {
    super();
    this.#answers = answers;
  }

  async listen(t: TestContext): Promise<this> {
    const server = createServer((request, response) => {
      this.asked.push(request.headers.authorization);
      const answer = this.#answers.shift();
      if (answer === undefined) response.destroy();
      else answer(response, request);
      this.emit('asked');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    t.after(() => {
      this.stop.abort();
      server.closeAllConnections();
      server.close();
    });
    return this;
  }

  load(accounts = ['A'], changes: Partial<InstrumentLoaderOptions> = {}) {
    const sink = { write: (line: string) => void this.logged.push(line) };
    return loadInstruments(
      {
        accounts: accounts.map((id) => ({
          id,
          apiKey: `key-${id}`,
          accessToken: `token-${id}`,
          restUrl: this.url,
        })),
        clock: this.clock,
        logger: createLogger({ level: 'warn', thread: 'test', clock: this.clock, sink }),
        refuseSimulator: false,
        onFailure: (detail) => {
          this.failures.push(detail);
          // The pause begins after this call.
          setImmediate(() => this.emit('failed'));
        },
        ...changes,
      },
      this.stop.signal,
    );
  }
}

describe('the instrument dump', () => {
  test('is loaded with the account’s key; bad rows are logged', async (t) => {
    const rig = await new Rig([good]).listen(t);
    const dump = await rig.load();
    assert.deepEqual([dump?.instruments.length, dump?.rejectedRows], [1, 1]);
    assert.deepEqual(rig.asked, ['token key-A:token-A']);
    assert.deepEqual(rig.failures, []);
    assert.match(rig.logged.join(), /"rejectedRows":1/);
    assert.deepEqual(rig.clock.pendingMs, []);
  });

  test('is asked for again after growing pauses, each failure told', async (t) => {
    const broken: Answer = (response) => response.end('<html>not found</html>');
    const rig = await new Rig([busy, broken, busy, good]).listen(t);
    const loading = rig.load();
    for (const pauseMs of [500, 1000, 2000]) {
      await once(rig, 'failed');
      assert.deepEqual(rig.clock.pendingMs, [pauseMs]);
      rig.clock.advance(pauseMs - 1);
      const asked = once(rig, 'asked');
      rig.clock.advance(1);
      await asked;
    }
    assert.equal((await loading)?.instruments.length, 1);
    assert.equal(rig.failures.length, 3);
    assert.match(rig.failures[0] ?? '', /^A: BROKER_UNAVAILABLE/);
    assert.match(rig.failures[1] ?? '', /^A: BROKER_ANSWER/);
  });

  test('pauses grow to half a minute', async (t) => {
    const rig = await new Rig(Array.from({ length: 9 }, () => busy)).listen(t);
    const loading = rig.load();
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      await once(rig, 'failed');
      const [pauseMs = 0] = rig.clock.pendingMs;
      pauses.push(pauseMs);
      if (i < 8) rig.clock.advance(pauseMs);
    }
    assert.deepEqual(pauses.slice(-4), [16_000, 30_000, 30_000, 30_000]);
    rig.stop.abort();
    assert.equal(await loading, undefined);
  });

  test('is asked of one account after the other', async (t) => {
    const rig = await new Rig([busy, good]).listen(t);
    const loading = rig.load(['A', 'B']);
    await once(rig, 'failed');
    rig.clock.advance(500);
    await loading;
    assert.deepEqual(rig.asked, ['token key-A:token-A', 'token key-B:token-B']);
  });

  test('of a simulator is refused where it must be', async (t) => {
    const simulated: Answer = (response) => {
      response.setHeader('x-ticker-simulator', '1');
      response.end(DUMP);
    };
    const rig = await new Rig([simulated]).listen(t);
    const loading = rig.load(['A'], { refuseSimulator: true });
    await once(rig, 'failed');
    assert.match(rig.failures[0] ?? '', /SIMULATOR_REFUSED/);
    rig.stop.abort();
    assert.equal(await loading, undefined);
  });

  test('without an account is an error of the configuration', async () => {
    await assert.rejects(new Rig([]).load([]), { code: 'CONFIG_INVALID' });
  });
});

describe('the end', () => {
  test('during a pause is at once and leaves no timer behind', async (t) => {
    const rig = await new Rig([busy]).listen(t);
    const loading = rig.load();
    await once(rig, 'failed');
    rig.stop.abort();
    assert.equal(await loading, undefined);
    assert.deepEqual(rig.clock.pendingMs, []);
    assert.equal(rig.asked.length, 1);
  });

  for (const [name, answer] of [
    ['before an answer', () => undefined],
    ['in the middle of the dump', (response) => void response.write(DUMP)],
  ] as [string, Answer][]) {
    test(`${name} cuts the connection and is no failure`, async (t) => {
      const rig = await new Rig([answer]).listen(t);
      const loading = rig.load();
      await once(rig, 'asked');
      rig.stop.abort();
      assert.equal(await loading, undefined);
      assert.deepEqual(rig.failures, []);
      assert.deepEqual(rig.clock.pendingMs, []);
    });
  }

  test('before the start asks nobody', async (t) => {
    const rig = await new Rig([good]).listen(t);
    rig.stop.abort();
    assert.equal(await rig.load(), undefined);
    assert.deepEqual(rig.asked, []);
  });
});
