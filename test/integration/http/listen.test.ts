import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { createApp, listenExclusive } from '../../../src/http/native.ts';

test('the native build loads here', () => {
  assert.doesNotThrow(() => createApp().close());
});

test('a free port is given and told, and can be had again at once', async (t) => {
  const first = createApp().get('/', (response) => void response.end('first', true));
  const second = createApp().get('/', (response) => void response.end('second'));
  t.after(() => {
    first.close();
    second.close();
  });
  const listener = await listenExclusive(first, '127.0.0.1', 0);
  assert.ok(listener.port > 0);
  const url = `http://127.0.0.1:${listener.port}/`;
  // The server ends this connection first, so that its side lingers in TIME_WAIT.
  assert.equal(await (await fetch(url)).text(), 'first');
  listener.close();
  listener.close();
  const again = await listenExclusive(second, '127.0.0.1', listener.port);
  assert.equal(again.port, listener.port);
  assert.equal(await (await fetch(url)).text(), 'second');
});

test('a port that another listener of this library has is in use', async (t) => {
  const first = createApp();
  const second = createApp();
  t.after(() => {
    first.close();
    second.close();
  });
  const { port } = await listenExclusive(first, '127.0.0.1', 0);
  await assert.rejects(listenExclusive(second, '127.0.0.1', port), {
    code: 'PORT_IN_USE',
    detail: `127.0.0.1:${port} is in use by another process`,
  });
});

test('a port that any other server has is in use', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  const app = createApp();
  t.after(() => {
    other.close();
    app.close();
  });
  await once(other, 'listening');
  const address = other.address();
  assert.ok(typeof address === 'object' && address);
  await assert.rejects(listenExclusive(app, '127.0.0.1', address.port), { code: 'PORT_IN_USE' });
});

test('an address that is not of this machine is an error of the configuration', async (t) => {
  const app = createApp();
  t.after(() => app.close());
  await assert.rejects(listenExclusive(app, '192.0.2.1', 0), {
    code: 'CONFIG_INVALID',
    message: /cannot listen on 192\.0\.2\.1:0 \(EADDRNOTAVAIL\)/,
  });
});
