/** Structs of schemas/tick.fbs with the offsets that FlatBuffers gives their fields. */
import { readRepositoryText } from '../support/repository-files.ts';
import { elementBytes, type FieldType } from './byte-tables.ts';

const SCALARS: Readonly<Record<string, FieldType>> = {
  ubyte: 'u8',
  ushort: 'u16',
  uint: 'u32',
  int: 'i32',
  float: 'f32',
  double: 'f64',
};

export interface SchemaField {
  name: string;
  /** Scalar, or undefined for a struct. */
  scalar: FieldType | undefined;
  type: string;
  offset: number;
  size: number;
}

export interface SchemaStruct {
  name: string;
  /** Size that its comment states. */
  statedBytes: number | undefined;
  size: number;
  alignment: number;
  /** Bytes that FlatBuffers inserts. */
  paddingBytes: number;
  fields: SchemaField[];
}

/** A scalar inside nested structs: `path` of field names, offset from the outermost struct. */
export interface SchemaLeaf {
  path: string[];
  scalar: FieldType;
  offset: number;
}

function layOut(name: string, comment: string, body: string, known: Map<string, SchemaStruct>) {
  const fields: SchemaField[] = [];
  let at = 0;
  let alignment = 1;
  let paddingBytes = 0;
  for (const [, field = '', type = ''] of body.matchAll(/^ {2}(\w+):(\w+);$/gm)) {
    const scalar = SCALARS[type];
    const struct = known.get(type);
    if (scalar === undefined && struct === undefined) throw new Error(`unknown type ${type}`);
    const size = scalar === undefined ? struct!.size : elementBytes(scalar);
    const fieldAlignment = scalar === undefined ? struct!.alignment : size;
    const offset = Math.ceil(at / fieldAlignment) * fieldAlignment;
    paddingBytes += offset - at;
    alignment = Math.max(alignment, fieldAlignment);
    fields.push({ name: field, scalar, type, offset, size });
    at = offset + size;
  }
  const size = Math.ceil(at / alignment) * alignment;
  paddingBytes += size - at;
  const stated = /(\d+) bytes\./.exec(comment)?.[1];
  const statedBytes = stated === undefined ? undefined : Number(stated);
  return { name, statedBytes, size, alignment, paddingBytes, fields };
}

/** All structs of the schema (of schemas/tick.fbs without one) by name. */
export function schemaStructs(
  schema = readRepositoryText('schemas/tick.fbs'),
): Map<string, SchemaStruct> {
  const structs = new Map<string, SchemaStruct>();
  const pattern = /((?:^\/\/\/.*\n)*)^struct (\w+) \{\n([\s\S]*?)^\}/gm;
  for (const [, comment = '', name = '', body = ''] of schema.matchAll(pattern)) {
    structs.set(name, layOut(name, comment, body, structs));
  }
  return structs;
}

/** Scalars of struct `name` in order. */
export function schemaLeaves(structs: Map<string, SchemaStruct>, name: string): SchemaLeaf[] {
  return structs.get(name)!.fields.flatMap(({ name: field, scalar, type, offset }) => {
    if (scalar !== undefined) return [{ path: [field], scalar, offset }];
    return schemaLeaves(structs, type).map((leaf) => ({
      path: [field, ...leaf.path],
      scalar: leaf.scalar,
      offset: offset + leaf.offset,
    }));
  });
}
