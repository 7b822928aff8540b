import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  PRICING_MODEL,
  TICK_FLAG,
} from '../../src/domain/status.ts';
import { SEGMENT } from '../../src/domain/price-scale.ts';
import { readRepositoryText, repositoryFiles } from '../support/repository-files.ts';
import { incompatibilities } from './schema-compatibility.ts';
import { readSchemaText } from './schema-text.ts';

const CURRENT = readRepositoryText('schemas/tick.fbs');
const RELEASED = repositoryFiles().filter((path) =>
  /^schemas\/released\/tick-1\.\d+\.fbs$/.test(path),
);

/** The schema with one change, which must be one. */
function changed(from: string, to: string): string {
  const text = CURRENT.replace(from, to);
  assert.notEqual(text, CURRENT, from);
  return text;
}

const WITH_ENUM = `${CURRENT}
enum Side : ubyte {
  BUY = 0,
  SELL = 1,
}
union Record {
  TickFrame,
}
`;

describe('the schema', () => {
  for (const path of RELEASED) {
    test(`is compatible with ${path}`, () => {
      assert.deepEqual(incompatibilities(readRepositoryText(path), CURRENT), []);
    });
  }

  test('has been released', () => {
    assert.ok(RELEASED.includes('schemas/released/tick-1.0.fbs'));
  });

  test('names in its comments the codes and bits that the service sends', () => {
    const { declarations } = readSchemaText(CURRENT);
    const codes = (struct: string, field: string) =>
      Object.fromEntries(
        [...declarations.get(struct)!.members.find(({ name }) => name === field)!.codes].map(
          ([number, name]) => [name, number],
        ),
      );
    const bits = Object.entries(TICK_FLAG).map(([name, bit]) => [name, Math.log2(bit)]);
    const statuses = Object.entries(GREEKS_STATUS).filter(([, number]) => number > 0);
    assert.deepEqual(codes('Quote', 'flags'), Object.fromEntries(bits));
    assert.deepEqual(codes('Greeks', 'status'), Object.fromEntries(statuses));
    assert.deepEqual(codes('Greeks', 'forward_source'), FORWARD_SOURCE);
    assert.deepEqual(codes('Greeks', 'model'), PRICING_MODEL);
    const segments = Object.entries(codes('Quote', 'segment'));
    assert.deepEqual(
      Object.fromEntries(segments.map(([name, number]) => [name.toUpperCase(), number])),
      SEGMENT,
    );
    assert.deepEqual(codes('Quote', 'mode'), { ltp: 1, quote: 2, full: 3 });
  });
});

describe('compatible', () => {
  const growths: [what: string, schema: string][] = [
    ['nothing', CURRENT],
    [
      'a field at the end of a table',
      changed('  ltps:[LtpTick];', '  ltps:[LtpTick];\n  node:uint;'),
    ],
    ['a new struct', `${CURRENT}\nstruct More {\n  a:uint;\n}\n`],
    ['a new table', `${CURRENT}\ntable More {\n  a:uint;\n}\n`],
    ['a new code', changed('14 NOT_REQUESTED.', '14 NOT_REQUESTED, 15 HALTED.')],
    ['a new bit', changed('4 OLDER_GREEKS;', '4 OLDER_GREEKS, 5 REPLAYED;')],
    ['another explanation', changed('Rupees per calendar day.', 'Rupees a day.')],
  ];
  for (const [what, schema] of growths) {
    test(what, () => assert.deepEqual(incompatibilities(CURRENT, schema), []));
  }

  test('a new value of an enum and a new member of a union', () => {
    const more = WITH_ENUM.replace('SELL = 1,', 'SELL = 1,\n  SHORT = 2,');
    const wider = more.replace('  TickFrame,', '  TickFrame,\n  Depth,');
    assert.deepEqual(incompatibilities(WITH_ENUM, wider), []);
  });
});

describe('incompatible', () => {
  const breaks: [what: string, schema: string][] = [
    [
      'a field at the end of a struct',
      changed('  reserved_1:uint;\n}', '  reserved_1:uint;\n  a:uint;\n}'),
    ],
    ['a struct without a field', changed('  merged:uint;\n', '')],
    [
      'a struct in another order',
      changed('  volume:uint;\n  oi:uint;', '  oi:uint;\n  volume:uint;'),
    ],
    ['another type in a struct', changed('change:int', 'change:uint')],
    ['another width in a struct', changed('  delta:double', '  delta:float')],
    ['another name in a struct', changed('  oi_day_high:uint', '  oi_high:uint')],
    ['a reserved field in use', changed('reserved_0:ushort', 'lot:ushort')],
    ['a struct that is gone', changed('struct LtpTick', 'struct LastTick')],
    ['a struct that has become a table', changed('struct LtpTick', 'table LtpTick')],
    [
      'a struct with another alignment',
      changed('struct LtpTick {', 'struct LtpTick (force_align: 16) {'),
    ],
    [
      'a field in the middle of a table',
      changed('  ticks:[Tick];', '  node:uint;\n  ticks:[Tick];'),
    ],
    ['a table without a field', changed('  quotes:[QuoteTick];\n', '')],
    ['another type in a table', changed('  sent_time:double', '  sent_time:ulong')],
    ['another default in a table', changed('  epoch_low:uint;', '  epoch_low:uint = 1;')],
    [
      'a field of a table that is no longer filled',
      changed('ltps:[LtpTick];', 'ltps:[LtpTick] (deprecated);'),
    ],
    ['another number of a code', changed('4 EXPIRED, 5 INVALID', '5 EXPIRED, 4 INVALID')],
    ['a code that is gone', changed('12 GREEKS_SKIPPED, ', '')],
    ['a bit with another name', changed('2 REPRICED', '2 RECOMPUTED')],
    ['another identifier', changed('file_identifier "TICK"', 'file_identifier "TCK2"')],
    ['another namespace', changed('namespace ticker', 'namespace ticker2')],
    ['another root', changed('root_type TickFrame', 'root_type Tick')],
  ];
  for (const [what, schema] of breaks) {
    test(what, () => assert.notDeepEqual(incompatibilities(CURRENT, schema), []));
  }

  test('an enum with another number, without a value, of another type or with a number twice', () => {
    for (const [from, to] of [
      ['SELL = 1', 'SELL = 2'],
      ['  SELL = 1,\n', ''],
      ['Side : ubyte', 'Side : ushort'],
      ['SELL = 1,', 'SELL = 1,\n  SHORT = 1,'],
      ['  TickFrame,\n', '  Depth,\n  TickFrame,\n'],
    ] as const) {
      const schema = WITH_ENUM.replace(from, to);
      assert.notEqual(schema, WITH_ENUM);
      assert.notDeepEqual(incompatibilities(WITH_ENUM, schema), [], to);
    }
  });

  test('what is not understood is refused instead of passed over', () => {
    for (const line of ['attribute "x";', 'include "other.fbs";', 'struct A { a:uint; }']) {
      assert.throws(() => readSchemaText(`${CURRENT}\n${line}\n`), SyntaxError, line);
    }
    assert.throws(() => readSchemaText('table A {\n  a;\n}\n'), SyntaxError);
    assert.throws(() => readSchemaText('table A {\n'), SyntaxError);
  });
});
