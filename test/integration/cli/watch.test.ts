import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import type { WriteStream } from 'node:tty';
import { runWatch, type WatchOptions } from '../../../src/cli/watch.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import type { TickObject } from '../../../src/wire/messages.ts';
import { answerWithChain, chainContracts, contractTick } from '../../support/client/fake-chain.ts';
import { FAKE_KEY, FakeService } from '../../support/client/fake-service.ts';

const HANG = { timeout: 20_000 };

/** What a command writes to, as a terminal or a pipe. */
class Output extends Writable {
  readonly isTTY: boolean;
  columns = 120;
  rows = 30;
  /** Escape characters as ␛. */
  text = '';

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  hasColors(): boolean {
    return true;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk.replaceAll('\x1b', '␛');
    this.emit('written');
    done();
  }

  /** Resolves as soon as what was written matches. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await once(this, 'written');
  }

  get stream(): WriteStream {
    return this as unknown as WriteStream;
  }
}

async function setUp(
  t: TestContext,
  isTTY: boolean,
  changes: Partial<WatchOptions> = {},
): Promise<{
  service: FakeService;
  output: Output;
  stop: AbortController;
  done: Promise<void>;
}> {
  const service = new FakeService({ onMessage: answerWithChain });
  await service.start();
  t.after(() => service.stop());
  const output = new Output(isTTY);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const options: WatchOptions = {
    url: service.url,
    token: FAKE_KEY,
    underlying: 'NIFTY',
    strikes: 3,
    out: output.stream,
    json: false,
    ...changes,
  };
  const done = runWatch(options, stop.signal);
  // The test looks at it later; a failure until then must not end the process.
  done.catch(() => undefined);
  return { service, output, stop, done };
}

function rejectsWith(promise: Promise<void>, code: string): Promise<void> {
  return assert.rejects(promise, (error) => error instanceof TickerError && error.code === code);
}

test('to a pipe it prints one plain table and ends', HANG, async (t) => {
  const { output, done } = await setUp(t, false);
  await done;
  assert.doesNotMatch(output.text, /␛/);
  const lines = output.text.trimEnd().split('\n');
  assert.match(
    lines[0] ?? '',
    /^NIFTY 2026-12-01 .*spot 24035\.05 .*forward 24060\.00 .*SIMULATED/,
  );
  assert.equal(lines.length, 3 + 7);
  for (const line of lines.slice(3)) assert.match(line, /%.* 2\d{4} .*%/);
});

test('to a terminal it draws on the alternate screen, follows and restores it', HANG, async (t) => {
  const { service, output, stop, done } = await setUp(t, true);
  await output.shows(/24050.*12\.0\d%/);
  assert.match(output.text, /^␛\[\?1049h␛\[\?25l/);
  const contracts = chainContracts(3, { underlying: 'NIFTY', strikes: 3 });
  const dearer = contractTick(contracts[0]!, 2, { lastPrice: 99_999_95 });
  service.client.sendTicks('compact', [dearer]);
  await output.shows(/␛\[32m +99999\.95/);
  stop.abort();
  await done;
  assert.match(output.text, /␛\[\?25h␛\[\?1049l$/);
});

test('a lost connection is said on the screen and made again', HANG, async (t) => {
  const { service, output, stop, done } = await setUp(t, true);
  await output.shows(/24050/);
  const { port } = new URL(service.url);
  await service.stop();
  // However soon the next attempt comes, it fails too.
  await output.shows(/connection lost/);
  const again = new FakeService({ onMessage: answerWithChain });
  await again.start(Number(port));
  t.after(() => again.stop());
  await again.until(() => again.clients.length === 1);
  output.text = '';
  await output.shows(/forward/);
  assert.doesNotMatch(output.text, /connection lost/);
  stop.abort();
  await done;
});

test('--json prints every tick as a line until it is told to stop', HANG, async (t) => {
  const { output, stop, done } = await setUp(t, false, { json: true });
  while (output.text.split('\n').length < 16) await once(output, 'written');
  stop.abort();
  await done;
  const ticks = output.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TickObject);
  assert.equal(new Set(ticks.map((tick) => tick.instrument_token)).size, 15);
});

test('--json --once prints the newest tick of each contract and ends', HANG, async (t) => {
  const { output, done } = await setUp(t, true, { json: true, once: true });
  await done;
  const lines = output.text.trimEnd().split('\n');
  assert.equal(lines.length, 15);
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object');
});

test('a reader that has gone ends it without an error', HANG, async (t) => {
  const { output, done } = await setUp(t, false, { json: true });
  await once(output, 'written');
  output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await done;
});

test('no service, a wrong key and an unknown underlying are coded errors', HANG, async (t) => {
  const { service, done } = await setUp(t, false);
  await done;
  const wrongKey = await setUp(t, true, { token: 'wrong' });
  await rejectsWith(wrongKey.done, 'UNAUTHENTICATED');
  const unknown = await setUp(t, true, { underlying: 'NOSUCH' });
  await rejectsWith(unknown.done, 'UNKNOWN_UNDERLYING');
  assert.match(unknown.output.text, /␛\[\?1049l$/, 'the terminal is restored');
  const { url } = service;
  await service.stop();
  const nobody = await setUp(t, true, { url });
  await rejectsWith(nobody.done, 'SERVICE_UNREACHABLE');
});
