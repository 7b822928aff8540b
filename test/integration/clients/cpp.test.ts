import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assertDecodes,
  cppClient,
  decodeNonsense,
  watchLive,
} from '../../support/clients/built-client.ts';
import { recordedFrames } from '../../support/clients/recorded-frames.ts';
import { startService, temporaryFolder } from '../../support/ticker-process.ts';

test('C++ with code of Debian flatc reads from every kind of frame what we read', (t) => {
  const client = cppClient(t, ['decode']);
  if (client === undefined) return;
  assertDecodes(client, recordedFrames());
  // It also checks: a frame that is cut off is refused, at whatever byte.
  const { bytes } = recordedFrames()[0]!;
  for (const length of [0, 7, 40, 100, bytes.length - 1]) {
    const [code, errors] = decodeNonsense(client, bytes.subarray(0, length));
    assert.deepEqual([code, errors], [1, 'not a TickFrame\n'], String(length));
  }
});

test('the C++ client watches a running service and reads what we read', async (t) => {
  const client = cppClient(t, ['watch'], ['boost/beast/websocket.hpp']);
  if (client === undefined) return;
  const data = temporaryFolder(t);
  const { ticksUrl } = await startService(t, { TICKER_DATA_DIR: data });
  const { hostname, port } = new URL(ticksUrl);
  const chain = { underlying: 'NIFTY', strikes: 5 };
  const request = { id: 1, type: 'subscribe', chain, mode: 'compact', greeks: true };
  const frames = await watchLive(t, client, 20, (folder) => [
    ...[hostname, port, join(data, 'api-key'), JSON.stringify(request), folder, '20'],
  ]);
  const ticks = frames.flatMap((frame) => frame.ticks);
  assert.ok(ticks.every(({ mode }) => mode === 'compact'));
  assert.ok(ticks.some(({ greeks }) => greeks?.status === 'OK'));
});
