import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { parseOptions, wholeNumber } from '../../../src/cli/options.ts';

const OPTIONS = { port: { type: 'string' }, once: { type: 'boolean', default: false } } as const;

function usage(pattern: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof TickerError);
    assert.equal(error.code, 'USAGE');
    assert.match(error.detail, pattern);
    return true;
  };
}

describe('options', () => {
  test('are read in both spellings, with their defaults', () => {
    assert.deepEqual(
      { ...parseOptions('serve', ['--port', '1'], OPTIONS).values },
      {
        port: '1',
        once: false,
      },
    );
    assert.deepEqual(
      { ...parseOptions('serve', ['--port=1', '--once'], OPTIONS).values },
      {
        port: '1',
        once: true,
      },
    );
    assert.deepEqual({ ...parseOptions('serve', [], OPTIONS).values }, { once: false });
  });

  for (const [name, args] of [
    ['unknown', ['--prot', '1']],
    ['unknown and short', ['-x']],
    ['without its value', ['--port']],
    ['with another option for its value', ['--port', '--once']],
    ['with a value that it does not take', ['--once=yes']],
  ] as const) {
    test(`that are ${name} are refused, and the refusal says where to look`, () => {
      assert.throws(() => parseOptions('serve', args, OPTIONS), usage(/see: ticker serve --help$/));
    });
  }
});

describe('arguments', () => {
  const parse = (args: string[]) => parseOptions('watch', args, OPTIONS, { min: 1, max: 1 });

  test('are taken in any place', () => {
    assert.deepEqual(parse(['--once', 'NIFTY']).positionals, ['NIFTY']);
    assert.deepEqual(parse(['NIFTY', '--once']).positionals, ['NIFTY']);
  });

  test('that are missing or too many are refused', () => {
    assert.throws(() => parse([]), usage(/an argument is missing/));
    assert.throws(() => parse(['NIFTY', 'BANKNIFTY']), usage(/unexpected argument "BANKNIFTY"/));
    assert.throws(() => parseOptions('serve', ['x'], OPTIONS), usage(/unexpected argument "x"/));
  });
});

describe('whole numbers', () => {
  test('within their bounds', () => {
    assert.equal(wholeNumber('strikes', '0', 0, 200), 0);
    assert.equal(wholeNumber('strikes', '200', 0, 200), 200);
  });

  for (const text of ['201', '-1', '1.5', '1e2', '0x10', '', ' 1', 'ten', '99999999999999999999']) {
    test(`${JSON.stringify(text)} is none`, () => {
      assert.throws(
        () => wholeNumber('strikes', text, 0, 200),
        usage(/--strikes must be a whole number from 0 to 200/),
      );
    });
  }
});
