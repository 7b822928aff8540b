import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { FAULTS, parseFaultScript } from '../../../../src/feed/sim/fault-script.ts';
import { readRepositoryText } from '../../../support/repository-files.ts';

function refusal(script: unknown): TickerError {
  const text = typeof script === 'string' ? script : JSON.stringify(script);
  try {
    parseFaultScript(text);
  } catch (error) {
    assert.ok(error instanceof TickerError);
    return error;
  }
  assert.fail(`accepted: ${text}`);
}

test('every fault is read with its target and arguments', () => {
  const script = [
    { at_ms: 0, account: 'SIM001', socket: 1, fault: 'close', args: { code: 1001 } },
    { at_ms: 1.5, fault: 'terminate', args: {} },
    { at_ms: 2, fault: 'silent', args: { for_ms: 100 } },
    { at_ms: 3, socket: 2, fault: 'hang', args: {} },
    { at_ms: 4, account: 'SIM002', fault: 'refuse', args: { status: 503, for_ms: 10 } },
    { at_ms: 5, fault: 'text', args: { text: '{"type":"error","data":"x"}' } },
    { at_ms: 6, fault: 'bytes', args: { hex: '0001FFff' } },
    {
      at_ms: 7,
      route: 'GET /quote',
      fault: 'rest_status',
      args: { status: 200, body: '<html>', content_type: 'text/html; charset=utf-8', times: 2 },
    },
    { at_ms: 8, fault: 'stop_ticks', args: {} },
    { at_ms: 9, fault: 'start_ticks', args: {} },
    { at_ms: 10, fault: 'set_rate', args: { ticks_per_second: 0 } },
    { at_ms: 11, fault: 'market_move', args: { percent: -4.5, underlying: 'NIFTY' } },
    { at_ms: 12, fault: 'expire_token', args: { close_sockets: true } },
    { at_ms: 13, fault: 'connection_limit', args: { policy: 'drop_oldest', limit: 2 } },
  ];
  assert.deepEqual(parseFaultScript(JSON.stringify(script)), script);
});

test('arguments may be left out where none is needed', () => {
  assert.deepEqual(parseFaultScript('[{"at_ms":1,"fault":"stop_ticks"}]'), [
    { at_ms: 1, fault: 'stop_ticks', args: {} },
  ]);
});

test('what is not a JSON array is refused as a file', () => {
  for (const text of ['', '{', '{}', '7', 'null']) assert.equal(refusal(text).code, 'CONFIG_FILE');
});

test('a bad entry is refused with its number and what is wrong', () => {
  const good = { at_ms: 0, fault: 'stop_ticks' };
  const cases: [entry: unknown, says: RegExp][] = [
    [7, /must be an object/],
    [{ fault: 'close' }, /at_ms/],
    [{ at_ms: -1, fault: 'close' }, /at_ms/],
    [{ at_ms: '5', fault: 'close' }, /at_ms/],
    [{ at_ms: 0 }, /fault must be one of close, terminate/],
    [{ at_ms: 0, fault: 'explode' }, /fault must be one of/],
    [{ at_ms: 0, fault: 'toString' }, /fault must be one of/],
    [{ at_ms: 0, fault: 'close', when: 1 }, /unknown field "when"/],
    [{ at_ms: 0, fault: 'close', account: 5 }, /account/],
    [{ at_ms: 0, fault: 'close', socket: 0 }, /socket/],
    [{ at_ms: 0, fault: 'close', socket: 1.5 }, /socket/],
    [{ at_ms: 0, fault: 'close', route: '/quote' }, /close cannot be aimed at one route/],
    [{ at_ms: 0, fault: 'stop_ticks', account: 'SIM001' }, /cannot be aimed at one account/],
    [{ at_ms: 0, fault: 'refuse', args: {} }, /needs args\.status/],
    [{ at_ms: 0, fault: 'refuse', args: { status: 99 } }, /args\.status: must be a whole number/],
    [{ at_ms: 0, fault: 'refuse', args: { status: '503' } }, /args\.status: must be a number/],
    [{ at_ms: 0, fault: 'close', args: { code: 1006 } }, /args\.code: must be a close code/],
    [{ at_ms: 0, fault: 'close', args: { code: 2000 } }, /args\.code/],
    [{ at_ms: 0, fault: 'close', args: { colour: 1 } }, /no argument "colour"/],
    [{ at_ms: 0, fault: 'close', args: [] }, /args: must be an object/],
    [{ at_ms: 0, fault: 'bytes', args: { hex: '0' } }, /args\.hex/],
    [{ at_ms: 0, fault: 'rest_status', route: 'quote', args: { status: 500 } }, /route must be/],
    [{ at_ms: 0, fault: 'connection_limit', args: { policy: 'maybe' } }, /args\.policy/],
    [{ at_ms: 0, fault: 'market_move', args: { percent: -100 } }, /args\.percent/],
  ];
  for (const [entry, says] of cases) {
    const error = refusal([good, entry]);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.detail, /^fault script entry 2\b/);
    assert.match(error.detail, says);
  }
});

test('the documentation has a row for every fault with its targets and arguments', () => {
  const rows = readRepositoryText('docs/SIMULATOR.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  for (const [name, { targets, args }] of Object.entries(FAULTS)) {
    const row = rows.find(([, fault = '']) => fault.split(', ').includes(`\`${name}\``));
    assert.ok(row !== undefined, name);
    assert.equal(row[2], targets.join(', '), `targets of ${name}`);
    const documented = [...(row[3] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]);
    assert.deepEqual(documented.sort(), Object.keys(args).sort(), `arguments of ${name}`);
  }
});
