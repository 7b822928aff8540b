import * as flatbuffers from 'flatbuffers';
import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrivateTicks, type TickViews } from '../../src/shm/block.ts';
import * as tickSlot from '../../src/shm/layout/tick-slot.ts';
import {
  CompactTick,
  Depth,
  DepthLevel,
  Greeks,
  LtpTick,
  Quote,
  QuoteTick,
  Tick,
} from '../../src/wire/generated/ticker.ts';
import { byteTable, elementBytes, type FieldType } from './byte-tables.ts';
import { schemaLeaves, schemaStructs, type SchemaLeaf } from './schema-structs.ts';

const structs = schemaStructs();
const GENERATED = {
  Quote,
  Greeks,
  DepthLevel,
  Depth,
  Tick,
  QuoteTick,
  CompactTick,
  LtpTick,
} as const;
const constants: Readonly<Record<string, unknown>> = tickSlot;

/** Value of `leaf` number `index`: fits its type, differs from its neighbours', exact in f32. */
function valueOf(leaf: SchemaLeaf, index: number): number {
  switch (leaf.scalar) {
    case 'u8':
      return 128 + index;
    case 'u16':
      return 40_000 + index;
    case 'u32':
      return 0xf000_0000 + index;
    case 'i32':
      return -1_000_000 - index;
    case 'f32':
      return index + 0.25;
    default:
      return -index - 0.1;
  }
}

/** Name of a leaf of `Tick` in the byte table: Greeks fields with a namesake carry a prefix. */
function slotName(path: readonly string[]): string {
  const name = path.at(-1)!;
  const prefixed = ['sequence_low', 'sequence_high', 'status', 'state'];
  return path[0] === 'greeks' && prefixed.includes(name) ? `greeks_${name}` : name;
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Reads a nested field through the generated accessors. */
function readGenerated(tick: Tick, path: readonly string[]): unknown {
  let found: unknown = tick;
  for (const name of path) {
    const accessor = (found as Record<string, unknown>)[camel(name)];
    assert.equal(typeof accessor, 'function', path.join('.'));
    found = (accessor as () => unknown).call(found);
  }
  return found;
}

type Index = (views: TickViews) => { view: ArrayLike<number>; index: number };

/** Where the slot constants say that a leaf of `Tick` lies. */
function slotIndex({ path, scalar }: SchemaLeaf): Index {
  if (path[0] === 'depth') {
    const [side, level] = path[1]!.split('_');
    const number = (side === 'buy' ? 0 : tickSlot.DEPTH_LEVELS) + Number(level);
    const word = tickSlot.TICK_DEPTH_U32 + number * 3;
    const places: Readonly<Record<string, Index>> = {
      price: (views) => ({ view: views.u32, index: word }),
      quantity: (views) => ({ view: views.u32, index: word + 1 }),
      orders: (views) => ({ view: views.u16, index: word * 2 + 4 }),
      padding: (views) => ({ view: views.u16, index: word * 2 + 5 }),
    };
    return places[path[2]!]!;
  }
  const name = slotName(path);
  if (/^reserved_/.test(name)) {
    const word = (tickSlot.DEPTH_OFFSET_BYTES + tickSlot.DEPTH_BYTES) / 4 + Number(name.at(-1));
    return (views) => ({ view: views.u32, index: word });
  }
  // The state word is signed in memory because Atomics works on it, unsigned on the wire.
  const type: FieldType = name === 'greeks_state' ? 'i32' : scalar;
  const constant = `TICK_${name.toUpperCase()}_${type.toUpperCase()}`;
  const index = constants[constant];
  assert.equal(typeof index, 'number', constant);
  return (views) => ({
    view: views[type as Exclude<FieldType, 'raw' | 'i8'>],
    index: index as number,
  });
}

function stored(leaf: SchemaLeaf, value: number): number {
  return leaf.path.join('.') === 'greeks.state' ? value | 0 : value;
}

const leaves = schemaLeaves(structs, 'Tick');

test('every struct of the schema is free of padding and as long as it says', () => {
  assert.deepEqual([...structs.keys()].sort(), Object.keys(GENERATED).sort());
  for (const struct of structs.values()) {
    assert.equal(struct.paddingBytes, 0, `${struct.name} has padding`);
    if (struct.name !== 'DepthLevel') assert.equal(struct.statedBytes, struct.size, struct.name);
  }
});

test('padding in a struct is found', () => {
  const padded = schemaStructs(
    '/// 12 bytes.\nstruct A {\n  a:ubyte;\n  b:uint;\n}\nstruct B {\n  a:double;\n  b:uint;\n}\n',
  );
  assert.equal(padded.get('A')?.paddingBytes, 3);
  assert.equal(padded.get('A')?.statedBytes, 12);
  assert.equal(padded.get('B')?.paddingBytes, 4);
});

test('the generated sizes are those of the schema', () => {
  for (const [name, generated] of Object.entries(GENERATED)) {
    assert.equal(generated.sizeOf(), structs.get(name)?.size, name);
  }
});

test('structs hold doubles at multiples of 8, so that slots can be copied into vectors', () => {
  for (const name of ['Tick', 'QuoteTick', 'CompactTick', 'LtpTick']) {
    assert.equal(structs.get(name)?.alignment, 8, name);
    assert.equal(structs.get(name)!.size % 8, 0, name);
  }
});

test('the picture of the tick slot has the fields of struct Tick, at the same places', () => {
  const expected = leaves
    .filter(({ path }) => path[0] === 'quote' || path[0] === 'greeks')
    .map((leaf) => {
      const type = leaf.path.join('.') === 'greeks.state' ? 'i32' : leaf.scalar;
      return [slotName(leaf.path), type, leaf.offset];
    });
  const picture = byteTable('tick-slot.ts', 'Tick slot').fields;
  const fields = picture.filter(({ type }) => type !== 'raw');
  assert.deepEqual(
    fields.map(({ name, type, offset }) => [name, type, offset]),
    expected,
  );
  const depth = structs.get('Tick')!.fields.find(({ name }) => name === 'depth')!;
  const raw = picture.filter(({ type }) => type === 'raw');
  assert.deepEqual(
    raw.map(({ name, offset, size }) => [name, offset, size]),
    [
      ['depth', depth.offset, depth.size],
      ['reserved', depth.offset + depth.size, 8],
    ],
  );
});

test('the picture of a depth level has the fields of struct DepthLevel, at the same places', () => {
  const picture = byteTable('tick-slot.ts', 'Depth level');
  assert.equal(picture.bytes, tickSlot.DEPTH_LEVEL_BYTES);
  assert.deepEqual(
    picture.fields.map(({ name, type, offset }) => [name, type, offset]),
    schemaLeaves(structs, 'DepthLevel').map(({ path, scalar, offset }) => [
      path[0],
      scalar,
      offset,
    ]),
  );
});

test('a tick that FlatBuffers wrote is read through the slot constants', () => {
  const values = leaves.map(valueOf);
  const builder = new flatbuffers.Builder(1024);
  type Arguments = Parameters<typeof Tick.createTick>;
  const offset = Tick.createTick(...([builder, ...values] as unknown as Arguments));
  const buffer = builder.dataBuffer();
  const start = buffer.capacity() - offset;
  const ticks = createPrivateTicks(1, tickSlot.TICK_SLOT_BYTES);
  ticks.u8.set(buffer.bytes().subarray(start, start + tickSlot.TICK_SLOT_BYTES));
  for (const [number, leaf] of leaves.entries()) {
    const { view, index } = slotIndex(leaf)(ticks);
    assert.equal(view[index], stored(leaf, values[number]!), leaf.path.join('.'));
  }
});

test('a tick written through the slot constants is read by the generated accessors', () => {
  // The second of two slots: offsets must be relative to the slot, not to the buffer.
  const memory = createPrivateTicks(2, tickSlot.TICK_SLOT_BYTES);
  const start = tickSlot.TICK_SLOT_BYTES;
  const slot = createPrivateTicks(1, tickSlot.TICK_SLOT_BYTES);
  for (const [number, leaf] of leaves.entries()) {
    const { view, index } = slotIndex(leaf)(slot);
    (view as number[])[index] = valueOf(leaf, number);
  }
  memory.u8.set(slot.u8, start);
  const tick = new Tick().__init(start, new flatbuffers.ByteBuffer(memory.u8));
  for (const [number, leaf] of leaves.entries()) {
    assert.equal(readGenerated(tick, leaf.path), valueOf(leaf, number), leaf.path.join('.'));
  }
});

test('the fields of Tick cover every byte of a slot exactly once', () => {
  const covered = new Uint8Array(tickSlot.TICK_SLOT_BYTES);
  for (const { offset, scalar } of leaves) {
    for (let byte = 0; byte < elementBytes(scalar); byte++) covered[offset + byte]!++;
  }
  assert.ok(covered.every((times) => times === 1));
});
