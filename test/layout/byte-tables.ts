/** Reads the pictures of memory in the doc comments of src/shm/layout. */
import { readRepositoryText } from '../support/repository-files.ts';

const TYPE_BYTES = { u8: 1, i8: 1, u16: 2, u32: 4, i32: 4, f32: 4, f64: 8, raw: 1 } as const;
export type FieldType = keyof typeof TYPE_BYTES;

/** A row of a byte table. Offset and size in bytes. */
export interface Field {
  offset: number;
  size: number;
  type: FieldType;
  name: string;
  meaning: string;
}

/** `Title, n bytes` and the rows below it. */
export interface ByteTable {
  title: string;
  bytes: number;
  fields: Field[];
}

/** A column of the instrument table: `items` times `size` bytes. */
export interface Column {
  items: string;
  size: number;
  type: FieldType;
  name: string;
  meaning: string;
}

/** A control word of the ring; `word` is a number or an expression in the worker number i. */
export interface ControlWord {
  word: string;
  name: string;
  writer: string;
  meaning: string;
}

/** Bytes of one element of `type`. */
export function elementBytes(type: FieldType): number {
  return TYPE_BYTES[type];
}

function fieldType(text: string): FieldType {
  if (!Object.hasOwn(TYPE_BYTES, text)) throw new Error(`unknown type in a byte table: ${text}`);
  return text as FieldType;
}

/** Lines of the first doc comment of src/shm/layout/`file`, without their stars. */
export function layoutComment(file: string): string[] {
  const text = readRepositoryText(`src/shm/layout/${file}`);
  const comment = /\/\*\*\n([\s\S]*?)\n \*\//.exec(text)?.[1];
  if (comment === undefined) throw new Error(`${file} has no doc comment`);
  return comment.split('\n').map((line) => line.replace(/^ \*/, ''));
}

/** Rows that follow the heading line `at`, up to the next empty line. */
function rowsBelow(lines: readonly string[], at: number): string[] {
  const end = lines.findIndex((line, index) => index > at && line.trim() === '');
  return lines.slice(at + 1, end < 0 ? lines.length : end);
}

function matched(pattern: RegExp, row: string): string[] {
  const match = pattern.exec(row);
  if (match === null) throw new Error(`not a row of its table: ${row}`);
  return match.slice(1).map((part: string | undefined) => part ?? '');
}

/** All byte tables of a comment. */
export function byteTables(lines: readonly string[]): ByteTable[] {
  return lines.flatMap((line, at) => {
    if (!/^\s*off size type field/.test(line)) return [];
    const [title = '', bytes] = matched(/^ (.+), (\d+) bytes$/, lines[at - 1] ?? '');
    const fields = rowsBelow(lines, at).map((row): Field => {
      const [offset, size, type = '', name = '', meaning = ''] = matched(
        /^\s+(\d+)\s+(\d+) (\w+)\s+(\w+)(?:\s+(.*))?$/,
        row,
      );
      return { offset: Number(offset), size: Number(size), type: fieldType(type), name, meaning };
    });
    return [{ title, bytes: Number(bytes), fields }];
  });
}

/** The byte table named `title` of src/shm/layout/`file`. */
export function byteTable(file: string, title: string): ByteTable {
  const table = byteTables(layoutComment(file)).find((candidate) => candidate.title === title);
  if (table === undefined) throw new Error(`${file} has no table "${title}"`);
  return table;
}

/** The table of columns of a comment. */
export function columnTable(lines: readonly string[]): Column[] {
  const at = lines.findIndex((line) => /^\s*items\s+size type column/.test(line));
  return rowsBelow(lines, at).map((row) => {
    const [items = '', size, type = '', name = '', meaning = ''] = matched(
      /^\s+(\w+)\s+(\d+) (\w+)\s+(\w+)\s+(.*)$/,
      row,
    );
    return { items, size: Number(size), type: fieldType(type), name, meaning };
  });
}

/** The table of control words of a comment. */
export function wordTable(lines: readonly string[]): ControlWord[] {
  const at = lines.findIndex((line) => /^\s*word\s+name\s+written by/.test(line));
  return rowsBelow(lines, at).map((row) => {
    const [word = '', name = '', writer = '', meaning = ''] = matched(
      /^\s+(\d+(?:\+2i)?)\s+([A-Z_]+)\s{2,}(\S.*?)\s{2,}(.*)$/,
      row,
    );
    return { word, name, writer, meaning };
  });
}

/** The paragraphs of a comment that are not tables, headings of tables included in neither. */
export function prose(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.trim())
    .join('\n')
    .split(/\n\n+/)
    .filter((paragraph) => !/^.*\n?(off size type|items\s+size|word\s+name)/.test(paragraph))
    .map((paragraph) => paragraph.replaceAll('\n', ' '));
}
