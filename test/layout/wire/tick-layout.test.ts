import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as slot from '../../../src/shm/layout/tick-slot.ts';
import * as generated from '../../../src/wire/generated/ticker.ts';
import {
  ABSENT,
  COMPACT_LAYOUT,
  LTP_LAYOUT,
  QUOTE_LAYOUT,
  TICK_LAYOUT,
  type TickLayout,
} from '../../../src/wire/tick-layout.ts';
import { readRepositoryText } from '../../support/repository-files.ts';

interface Field {
  type: string;
  at: number;
}

const SCALAR_BYTES: Readonly<Record<string, number>> = {
  ubyte: 1,
  ushort: 2,
  uint: 4,
  int: 4,
  float: 4,
  double: 8,
};

/** Members of each struct of the schema, in order. */
function schemaStructs(): Map<string, { name: string; type: string }[]> {
  const text = readRepositoryText('schemas/tick.fbs').replace(/\/\/.*$/gm, '');
  const structs = new Map<string, { name: string; type: string }[]>();
  for (const [, name, body] of text.matchAll(/struct (\w+) \{([^}]*)\}/g)) {
    const members = [...body!.matchAll(/(\w+):(\w+);/g)].map(([, field, type]) => ({
      name: field!,
      type: type!,
    }));
    structs.set(name!, members);
  }
  return structs;
}

const structs = schemaStructs();

function alignment(type: string): number {
  const scalar = SCALAR_BYTES[type];
  if (scalar !== undefined) return scalar;
  return Math.max(...structs.get(type)!.map((member) => alignment(member.type)));
}

/** Scalars of a struct by path (`quote.last_price`) at the offsets of the FlatBuffers rules. */
function flatten(
  struct: string,
  prefix = '',
  base = 0,
): { fields: Map<string, Field>; end: number } {
  const fields = new Map<string, Field>();
  let at = base;
  for (const { name, type } of structs.get(struct)!) {
    at = Math.ceil(at / alignment(type)) * alignment(type);
    const scalarBytes = SCALAR_BYTES[type];
    if (scalarBytes === undefined) {
      const inner = flatten(type, `${prefix}${name}.`, at);
      for (const [path, field] of inner.fields) fields.set(path, field);
      at = inner.end;
    } else {
      fields.set(prefix + name, { type, at });
      at += scalarBytes;
    }
  }
  return { fields, end: Math.ceil(at / alignment(struct)) * alignment(struct) };
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Our name of a schema path; undefined for fields that no layout names. */
function layoutName(path: string): string | undefined {
  const [section, name] = path.includes('.') ? path.split('.', 2) : ['', path];
  if (section === 'depth' || name!.startsWith('reserved')) return undefined;
  if (/^(bid|ask)_(price|quantity)$/.test(name!)) return undefined;
  if (section === 'greeks' && name!.startsWith('sequence_')) return camel(`greeks_${name}`);
  return camel(name!);
}

/** Offsets that the generated accessors of `file` read, by schema name. */
function generatedOffsets(file: string): Map<string, number> {
  const text = readRepositoryText(`src/wire/generated/ticker/${file}.ts`);
  const found = new Map<string, number>();
  for (const [, name, offset] of text.matchAll(
    /^(\w+)\(\w*\??:?\w*\):[^{]*\{\s*return [^;]*?this\.bb_pos(?: \+ (\d+))?[,)]/gm,
  )) {
    found.set(name!, Number(offset ?? 0));
  }
  return found;
}

const CASES: readonly [string, TickLayout, { sizeOf(): number }, number][] = [
  ['Tick', TICK_LAYOUT, generated.Tick, 320],
  ['QuoteTick', QUOTE_LAYOUT, generated.QuoteTick, 192],
  ['CompactTick', COMPACT_LAYOUT, generated.CompactTick, 128],
  ['LtpTick', LTP_LAYOUT, generated.LtpTick, 48],
];
const NOT_FIELDS = new Set([
  'kind',
  'structBytes',
  'narrowGreeks',
  'depth',
  'depthLevels',
  'depthLevelBytes',
]);

for (const [struct, layout, type, bytes] of CASES) {
  test(`${struct} is ${bytes} bytes in the schema, the generated code and the layout`, () => {
    assert.equal(flatten(struct).end, bytes);
    assert.equal(type.sizeOf(), bytes);
    assert.equal(layout.structBytes, bytes);
  });

  test(`every field of ${struct} lies where the schema puts it, and no other is named`, () => {
    const expected = new Map<string, number>();
    for (const [path, field] of flatten(struct).fields) {
      const name = layoutName(path);
      if (name !== undefined) expected.set(name, field.at);
    }
    for (const [name, at] of Object.entries(layout)) {
      if (NOT_FIELDS.has(name)) continue;
      assert.equal(at, expected.get(name) ?? ABSENT, name);
      expected.delete(name);
    }
    assert.deepEqual([...expected], []);
  });
}

test('the depth of Tick and the one level of CompactTick lie where the schema puts them', () => {
  const { fields } = flatten('Tick');
  for (const [side, name] of ['buy', 'sell'].entries()) {
    for (let level = 0; level < TICK_LAYOUT.depthLevels; level += 1) {
      const at =
        TICK_LAYOUT.depth + (side * TICK_LAYOUT.depthLevels + level) * TICK_LAYOUT.depthLevelBytes;
      assert.equal(fields.get(`depth.${name}_${level}.price`)!.at, at);
      assert.equal(fields.get(`depth.${name}_${level}.quantity`)!.at, at + 4);
      assert.equal(fields.get(`depth.${name}_${level}.orders`)!.at, at + 8);
    }
  }
  const compact = flatten('CompactTick').fields;
  const { depth, depthLevelBytes } = COMPACT_LAYOUT;
  assert.equal(compact.get('bid_price')!.at, depth);
  assert.equal(compact.get('bid_quantity')!.at, depth + 4);
  assert.equal(compact.get('ask_price')!.at, depth + depthLevelBytes);
  assert.equal(compact.get('ask_quantity')!.at, depth + depthLevelBytes + 4);
});

test('the types the reader assumes are those of the schema', () => {
  const expected: Record<string, string> = {};
  for (const name of ['receive_time', 'forward']) expected[name] = 'double';
  for (const name of ['time_to_expiry', 'iv_bid', 'iv_ask', 'iv_own']) expected[name] = 'float';
  for (const name of ['segment', 'mode', 'status', 'forward_source', 'model', 'quality']) {
    expected[name] = 'ubyte';
  }
  expected['packet_length'] = 'ushort';
  expected['change'] = 'int';
  for (const [struct, layout] of CASES) {
    for (const [path, { type }] of flatten(struct).fields) {
      const name = path.split('.').at(-1)!;
      if (layoutName(path) === undefined) continue;
      const greek = ['iv', 'delta', 'gamma', 'theta', 'vega', 'rho'].includes(name);
      const wanted = greek
        ? layout.narrowGreeks
          ? 'float'
          : 'double'
        : (expected[name] ?? 'uint');
      assert.equal(type, wanted, `${struct} ${path}`);
    }
  }
});

test('the generated accessors read where the schema puts the fields', () => {
  const files = {
    quote: 'Quote',
    greeks: 'Greeks',
    depth: 'Depth',
    'depth-level': 'DepthLevel',
    tick: 'Tick',
    'quote-tick': 'QuoteTick',
    'compact-tick': 'CompactTick',
    'ltp-tick': 'LtpTick',
  };
  for (const [file, struct] of Object.entries(files)) {
    const offsets = generatedOffsets(file);
    let at = 0;
    for (const { name, type } of structs.get(struct)!) {
      at = Math.ceil(at / alignment(type)) * alignment(type);
      const accessor = camel(name);
      assert.equal(offsets.get(accessor), at, `${struct}.${name}`);
      at += SCALAR_BYTES[type] ?? flatten(type).end;
    }
  }
});

test('a frame carries the bytes of a slot in shared memory', () => {
  const VIEW_BYTES = { U8: 1, U16: 2, U32: 4, I32: 4, F32: 4, F64: 8 } as const;
  /* Names in which the two differ. */
  const RENAMED: Readonly<Record<string, string>> = {
    greeksStatus: 'status',
    greeksState: 'state',
  };
  let compared = 0;
  for (const [constant, index] of Object.entries(slot)) {
    const match = /^TICK_(\w+)_(U8|U16|U32|I32|F32|F64)$/.exec(constant);
    if (match === null) continue;
    const name = camel(match[1]!.toLowerCase());
    const at = (TICK_LAYOUT as Readonly<Record<string, unknown>>)[RENAMED[name] ?? name];
    assert.equal(at, index * VIEW_BYTES[match[2] as keyof typeof VIEW_BYTES], constant);
    compared += 1;
  }
  const named = Object.keys(TICK_LAYOUT).filter((name) => !NOT_FIELDS.has(name)).length;
  assert.equal(compared, named + 1, 'every field, and the depth');
  assert.equal(slot.TICK_SLOT_BYTES, TICK_LAYOUT.structBytes);
  assert.equal(slot.DEPTH_OFFSET_BYTES, TICK_LAYOUT.depth);
  assert.equal(slot.DEPTH_LEVELS, TICK_LAYOUT.depthLevels);
  assert.equal(slot.DEPTH_LEVEL_BYTES, TICK_LAYOUT.depthLevelBytes);
});
