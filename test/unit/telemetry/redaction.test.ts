import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSystemClock } from '../../../src/domain/clock.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { createLogger, type Logger } from '../../../src/telemetry/logger.ts';
import { redactLine, registerSecret } from '../../../src/telemetry/redaction.ts';

function recorder(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const sink = { write: (line: string): void => void lines.push(line) };
  const logger = createLogger({ level: 'trace', thread: 'test', clock: createSystemClock(), sink });
  return { logger, lines };
}

test('a line says level, time, service, thread and message', () => {
  const { logger, lines } = recorder();
  logger.warn({ account: 'SIM001' }, 'stalled');
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual(
    { ...line, time: undefined },
    {
      level: 'warn',
      time: undefined,
      service: 'ticker',
      thread: 'test',
      account: 'SIM001',
      msg: 'stalled',
    },
  );
  assert.match(String(line['time']), /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
});

test('a registered secret is nowhere: texts, objects, errors, causes, children, URLs', () => {
  const secret = 'cana"ry+sec/ret\\1 é';
  registerSecret(secret);
  const { logger, lines } = recorder();
  logger.info(`message ${secret} end`);
  logger.info({ deep: { list: [secret, { [secret]: secret }] } }, 'object');
  logger.error({ err: new TickerError('INTERNAL', `with ${secret}`) }, 'error');
  logger.error(new Error('outer', { cause: new Error(secret) }));
  logger.child({ bound: secret }).info('child');
  logger.info(`GET /?x=${encodeURIComponent(secret)}`);
  logger.info('%s', secret);
  assert.equal(lines.length, 7);
  for (const line of lines) {
    assert.doesNotThrow(() => void JSON.parse(line), line);
    assert.ok(line.includes('[redacted]'), line);
    assert.doesNotMatch(line, /cana|ry\+sec|ry%2Bsec/);
  }
});

test('a registered number is replaced where it stands alone, and the line stays JSON', () => {
  registerSecret('918273645');
  const { logger, lines } = recorder();
  logger.info({ code: 918273645, other: 9182736455 }, 'login 918273645');
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.equal(line['code'], '[redacted]');
  assert.equal(line['other'], 9182736455);
  assert.equal(line['msg'], 'login [redacted]');
});

test('fields named like secrets are emptied at any depth; instrument tokens are not', () => {
  const { logger, lines } = recorder();
  logger.info({
    account: { access_token: 'abcdefgh', apiSecret: 'ijklmn"op', pin: 1234 },
    headers: { Authorization: 'Bearer qrstuvwx', cookie: 'a=b' },
    instrument_token: 256265,
    exchange_token: 1001,
    tokens: 12,
  });
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual(line['account'], {
    access_token: '[redacted]',
    apiSecret: '[redacted]',
    pin: '[redacted]',
  });
  assert.deepEqual(line['headers'], { Authorization: '[redacted]', cookie: '[redacted]' });
  assert.equal(line['instrument_token'], 256265);
  assert.equal(line['exchange_token'], 1001);
  assert.equal(line['tokens'], 12);
});

test('tokens in URLs and credentials in texts are scrubbed', () => {
  const cases = [
    'wss://ws.example/?api_key=abcd1234&access_token=wxyz9876&v=3',
    'Authorization: Bearer wxyz9876',
    'protocols bearer.wxyz9876, ticker.v1.json',
    'Authorization: token abcd1234:wxyz9876',
    'POST /session/token request_token=wxyz9876',
  ];
  for (const text of cases) {
    const line = redactLine(JSON.stringify({ msg: text }));
    assert.doesNotMatch(line, /abcd1234|wxyz9876/, line);
    assert.doesNotThrow(() => void JSON.parse(line), line);
  }
  const kept = redactLine(JSON.stringify({ msg: cases[0] }));
  assert.equal(kept, '{"msg":"wss://ws.example/?api_key=[redacted]&access_token=[redacted]&v=3"}');
  const harmless = '{"msg":"the token expired at 12:30, bearer of news"}';
  assert.match(redactLine(harmless), /the token expired at 12:30/);
});

test('a value too short to be told from text is not accepted as a secret', () => {
  assert.throws(() => registerSecret('abc'), RangeError);
});
