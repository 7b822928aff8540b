import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import Type from 'typebox';
import { defineRoute, json } from '../../../src/http/route.ts';
import { isWholeAnswer, rawExchange, startWeb } from '../../support/http/web-fixture.ts';

const BODY_BYTES_MAX = 65_536;
const HEADER_BYTES_MAX = 16_384;

let bodies = 0;
const route = defineRoute({
  method: 'POST',
  path: '/body',
  operationId: 'body',
  summary: 'For a test.',
  tag: 'test',
  access: 'public',
  body: Type.Object({ text: Type.String() }),
  responses: { 200: { description: 'Ok.' } },
  handler: ({ body }) => {
    bodies += 1;
    return json(body.text.length);
  },
});

const head = (lines: string): string =>
  `POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lines}\r\n\r\n`;

/** A body of exactly `sizeBytes`. */
function bodyOf(sizeBytes: number): string {
  return `{"text":"${'a'.repeat(sizeBytes - 11)}"}`;
}

function assertProblem(answer: string, status: string, code: string): void {
  assert.ok(answer.startsWith(`HTTP/1.1 ${status}\r\n`), answer.slice(0, 200));
  assert.match(answer, /content-security-policy: default-src 'self'/i);
  assert.match(answer, /application\/problem\+json/);
  assert.match(answer, /\r\nconnection: close/i);
  assert.ok(answer.includes(`"code":"${code}"`));
}

test('a body of the greatest size is read, in however many pieces', async (t) => {
  const { port } = await startWeb(t, { routes: [route] });
  const body = bodyOf(BODY_BYTES_MAX);
  const pieces = [head(`Content-Length: ${body.length}`)];
  for (let at = 0; at < body.length; at += 10_000) pieces.push(body.slice(at, at + 10_000));
  const answer = await rawExchange(port, pieces, isWholeAnswer);
  assert.ok(answer.endsWith(`\r\n\r\n${BODY_BYTES_MAX - 11}`), answer.slice(0, 200));

  const half = body.length / 2;
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const chunked = await rawExchange(
    port,
    [
      head('Transfer-Encoding: chunked'),
      chunk(body.slice(0, half)),
      chunk(body.slice(half)),
      '0\r\n\r\n',
    ],
    isWholeAnswer,
  );
  assert.ok(chunked.endsWith(`\r\n\r\n${BODY_BYTES_MAX - 11}`), chunked.slice(0, 200));
});

test('a body announced larger is refused before it is sent', async (t) => {
  const { port } = await startWeb(t, { routes: [route] });
  bodies = 0;
  for (const length of [BODY_BYTES_MAX + 1, 10 * 1024 * 1024]) {
    const answer = await rawExchange(port, [head(`Content-Length: ${length}`)]);
    assertProblem(answer, '413 Payload Too Large', 'BODY_TOO_LARGE');
  }
  assert.equal(bodies, 0);
});

test('a body that grows larger is refused as soon as it is', async (t) => {
  const { port } = await startWeb(t, { routes: [route] });
  bodies = 0;
  const pieces = [head('Transfer-Encoding: chunked')];
  for (let piece = 0; piece < 7; piece++) pieces.push(`2710\r\n${'a'.repeat(10_000)}\r\n`);
  const answer = await rawExchange(port, pieces);
  assertProblem(answer, '413 Payload Too Large', 'BODY_TOO_LARGE');
  assert.equal(bodies, 0);
});

test('a client that leaves in the middle of its body does no harm', async (t) => {
  const { port, url, statuses } = await startWeb(t, { routes: [route] });
  bodies = 0;
  const socket = connect(port, '127.0.0.1');
  socket.end(`${head('Content-Length: 500')}{"te`);
  socket.resume();
  await once(socket, 'close');
  assert.equal((await fetch(`${url}/none`)).status, 404);
  assert.equal(bodies, 0);
  assert.deepEqual(statuses, [404]);
});

test('headers beyond the limit are refused', async (t) => {
  const { port } = await startWeb(t, { routes: [route] });
  const request = (bytes: number): string =>
    `GET /none HTTP/1.1\r\nHost: x\r\nBig: ${'a'.repeat(bytes)}\r\n\r\n`;
  const answer = await rawExchange(port, [request(HEADER_BYTES_MAX)]);
  assertProblem(answer, '431 Request Header Fields Too Large', 'HEADERS_TOO_LARGE');
  const within = await rawExchange(port, [request(8000)], isWholeAnswer);
  assert.ok(within.startsWith('HTTP/1.1 404 '));
  const url = await rawExchange(port, [
    `GET /${'a'.repeat(HEADER_BYTES_MAX)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ]);
  assertProblem(url, '431 Request Header Fields Too Large', 'HEADERS_TOO_LARGE');
});

test('headers without end and what is not HTTP end the connection', async (t) => {
  const { port, url } = await startWeb(t, { routes: [route] });
  const endless = ['GET / HTTP/1.1\r\nHost: x\r\n'];
  for (let line = 0; line < 20; line++) endless.push(`Header-${line}: ${'a'.repeat(1000)}\r\n`);
  assert.match(await rawExchange(port, endless), /^HTTP\/1\.1 431 /);
  assert.match(
    await rawExchange(port, ['\x16\x03\x01 this is not HTTP\r\n\r\n']),
    /^HTTP\/1\.1 [45]/,
  );
  const smuggled = head('Content-Length: 5\r\nTransfer-Encoding: chunked');
  assert.match(await rawExchange(port, [`${smuggled}0\r\n\r\n`]), /^HTTP\/1\.1 400 /);
  assert.equal((await fetch(`${url}/none`)).status, 404);
});

test('a request with too many headers is never answered, and keeps nobody waiting', async (t) => {
  const { port, url, statuses } = await startWeb(t, { routes: [route] });
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  const many = Array.from({ length: 200 }, (_, line) => `h${line}: 1\r\n`).join('');
  await new Promise<void>((resolve) => {
    socket.write(`GET /none HTTP/1.1\r\nHost: x\r\n${many}\r\n`, () => resolve());
  });
  for (let request = 0; request < 3; request++) {
    assert.equal((await fetch(`${url}/none`)).status, 404);
  }
  assert.equal(received, '');
  assert.deepEqual(statuses, [404, 404, 404]);
});

test('an upgrade that is never finished ends with its socket, by the server', async (t) => {
  const { port } = await startWeb(t, { routes: [route] });
  const half = connect(port, '127.0.0.1');
  t.after(() => half.destroy());
  half.on('error', () => undefined);
  half.resume();
  await once(half, 'connect');
  half.write('GET /ws/ticks HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n');
  // This end neither closes nor sends anything more.
  await once(half, 'close');
});
