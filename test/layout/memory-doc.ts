/** Text of docs/MEMORY.md: the pictures of src/shm/layout as a document. */
import {
  CONTROL,
  DISAGREEMENT_KINDS,
  GREEKS,
  GREEKS_HISTOGRAM,
  INGEST,
  INGEST_HISTOGRAM,
  LOOP_LAG_MAX_US,
  LOOP_LAG_P50_US,
  LOOP_LAG_P99_US,
  METER_WRITER,
  OLD_CHANNELS,
  PUBLISH,
  PUBLISH_HISTOGRAM,
} from '../../src/shm/layout/meters.ts';
import {
  byteTables,
  columnTable,
  layoutComment,
  prose,
  wordTable,
  type ByteTable,
} from './byte-tables.ts';

const INTRODUCTION = `# Shared memory

<!-- Generated from the comments of src/shm/layout by \`npm run docs\`. Do not edit. -->

Every block of shared memory as the threads of the service see it, little-endian. Offsets and sizes
are in bytes. A test compares these tables with the constants of the code and with the structs of
[schemas/tick.fbs](../schemas/tick.fbs), so what stands here is what runs.

| Block | Parts, one after another |
| --- | --- |
| ring | block header, control words, slots |
| last values | block header, rows |
| instruments | block header, counts, columns |
| meters | block header, one meter block a writer |
| chains | block header, rows |
| repriced | block header, one reprice ring a Greeks worker |
`;

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.map((cells) => line(cells.map((cell) => cell.replaceAll('|', '\\|'))));
  return `${[line(header), line(header.map(() => '---')), ...body].join('\n')}\n`;
}

function byteTableSection({ title, bytes, fields }: ByteTable): string {
  const rows = fields.map((field) => [
    String(field.offset),
    String(field.size),
    field.type,
    `\`${field.name}\``,
    field.meaning,
  ]);
  const table = markdownTable(['Offset', 'Size', 'Type', 'Field', 'Meaning'], rows);
  return `**${title}, ${bytes} bytes**\n\n${table}`;
}

function paragraphs(lines: readonly string[]): string {
  return prose(lines)
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

/** A heading, the comment's words and its byte tables. */
function section(heading: string, file: string): string {
  const lines = layoutComment(file);
  const tables = byteTables(lines).map(byteTableSection);
  return [`## ${heading}\n`, paragraphs(lines), ...tables].join('\n');
}

function controlSection(): string {
  const lines = layoutComment('ring-header.ts');
  const rows = wordTable(lines).map(({ word, name, writer, meaning }) => [
    word,
    `\`${name}\``,
    writer,
    meaning,
  ]);
  const table = markdownTable(['Word', 'Name', 'Written by', 'Meaning'], rows);
  return ['## Ring control words\n', paragraphs(lines), table].join('\n');
}

function instrumentSection(): string {
  const lines = layoutComment('instrument-columns.ts');
  const rows = columnTable(lines).map(({ items, size, type, name, meaning }) => [
    `\`${name}\``,
    items,
    String(size),
    type,
    meaning,
  ]);
  const columns = markdownTable(['Column', 'Items', 'Bytes each', 'Type', 'Meaning'], rows);
  const [counts, ...chainTables] = byteTables(lines).map(byteTableSection);
  return [
    '## Instrument table\n',
    paragraphs(lines),
    counts,
    '**Columns, in this order**\n',
    columns,
    ...chainTables,
  ].join('\n');
}

function numbers(title: string, table: Readonly<Record<string, number>>): string {
  const rows = Object.entries(table).map(([name, number]) => [String(number), `\`${name}\``]);
  return `**${title}**\n\n${markdownTable(['Number', 'Name'], rows)}`;
}

function kinds(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, number) => [name, number]));
}

function meterSection(): string {
  return [
    section('Meters', 'meters.ts'),
    numbers('Writers', METER_WRITER),
    numbers('Counters and gauges of ingest', INGEST),
    numbers('Counters and gauges of a Greeks worker', GREEKS),
    numbers('What the reference may see differently', kinds(DISAGREEMENT_KINDS)),
    numbers('Counters and gauges of publish', PUBLISH),
    numbers('Counters and gauges of old-channels', OLD_CHANNELS),
    numbers('Counters and gauges of control', CONTROL),
    numbers('Gauges of every writer', { LOOP_LAG_P50_US, LOOP_LAG_P99_US, LOOP_LAG_MAX_US }),
    numbers('Histograms of ingest', INGEST_HISTOGRAM),
    numbers('Histograms of a Greeks worker', GREEKS_HISTOGRAM),
    numbers('Histograms of publish', PUBLISH_HISTOGRAM),
  ].join('\n');
}

/** The whole document, ending with a newline. */
export function memoryDocument(): string {
  return [
    INTRODUCTION,
    section('Block header', 'block-header.ts'),
    controlSection(),
    section('Tick slot', 'tick-slot.ts'),
    section('Last-value row', 'last-value-row.ts'),
    section('Chain row', 'chain-row.ts'),
    instrumentSection(),
    meterSection(),
    section('Reprice rings', 'reprice-ring.ts'),
  ].join('\n');
}
