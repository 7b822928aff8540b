import * as flatbuffers from 'flatbuffers';
import { TickFrame } from '../../src/wire/generated/ticker/tick-frame.ts';
import type { TicksMessage } from '../../src/wire/messages.ts';
import type { ClientLog, LogEntry } from '../faults/client-log.ts';
import { readBinaryFrame, readTicksMessage, type HeardFrame } from '../faults/heard-ticks.ts';

type DataEntry = Extract<LogEntry, { kind: 'frame' | 'text' }>;

const LAST_PRICE_BYTES: Readonly<Record<string, number>> = {
  full: 40,
  quote: 40,
  compact: 36,
  ltp: 36,
};
const STRUCT_BYTES: Readonly<Record<string, number>> = {
  full: 320,
  quote: 192,
  compact: 128,
  ltp: 48,
};
const INSTRUMENT_SEQUENCE_BYTES = 24;
const MERGED_BYTES = 28;
/** Places in the vtable of TickFrame. */
const THROUGH_LOW = 10;
const VECTOR_PLACES: Readonly<Record<string, number>> = {
  full: 14,
  quote: 16,
  compact: 18,
  ltp: 20,
};

/** The ticks of an entry; undefined: it has none. */
export function ticksOf(entry: LogEntry | undefined): HeardFrame | undefined {
  if (entry?.kind === 'frame') return readBinaryFrame(entry.bytes);
  if (entry?.kind !== 'text' || !entry.text.startsWith('{"type":"ticks"')) return undefined;
  return readTicksMessage(JSON.parse(entry.text) as TicksMessage, () => 'full');
}

/** A log in which the entry at `index` is another one, none, or several. */
export function replaced(log: ClientLog, index: number, ...entries: LogEntry[]): ClientLog {
  return log.toSpliced(index, 1, ...entries);
}

/** The entry with its first tick's last price one higher. */
export function withPriceChanged(entry: DataEntry): LogEntry {
  if (entry.kind === 'text') {
    return changedText(entry, (message) => {
      const [tick] = message.ticks;
      if (tick !== undefined) tick.last_price = ((tick.last_price ?? 0) * 100 + 1) / 100;
    });
  }
  return changedTick(entry, (view, at, mode) => add(view, at + LAST_PRICE_BYTES[mode]!, 1));
}

/** The entry with its first tick counted one higher. */
export function withSequenceChanged(entry: DataEntry): LogEntry {
  if (entry.kind === 'text') {
    return changedText(entry, (message) => {
      const [tick] = message.ticks;
      if (tick !== undefined) tick.instrument_sequence += 1;
    });
  }
  return changedTick(entry, (view, at) => add(view, at + INSTRUMENT_SEQUENCE_BYTES, 1));
}

/** The entry with the number of ticks merged into its first conflated tick changed. */
export function withMergedChanged(entry: DataEntry, by: number): LogEntry {
  if (entry.kind === 'text') {
    return changedText(entry, ({ ticks }) => {
      const tick = ticks.find(({ flags }) => flags.includes('CONFLATED'));
      if (tick !== undefined) tick.merged += by;
    });
  }
  const index = readBinaryFrame(entry.bytes).ticks.findIndex(({ isConflated }) => isConflated);
  return changedTick(entry, (view, at, mode) => {
    add(view, at + index * STRUCT_BYTES[mode]! + MERGED_BYTES, by);
  });
}

/** The entry with `through` changed by so many positions. */
export function withThroughChanged(entry: DataEntry, by: number): LogEntry {
  if (entry.kind === 'text') return changedText(entry, (message) => (message.through += by));
  const { copy, view, frame } = opened(entry);
  const offset = frame.bb!.__offset(frame.bb_pos, THROUGH_LOW);
  add(view, frame.bb_pos + offset, by);
  return { ...entry, bytes: copy };
}

function changedText(
  entry: Extract<DataEntry, { kind: 'text' }>,
  change: (message: TicksMessage) => void,
): LogEntry {
  const message = JSON.parse(entry.text) as TicksMessage;
  change(message);
  return { ...entry, text: JSON.stringify(message) };
}

function changedTick(
  entry: Extract<DataEntry, { kind: 'frame' }>,
  change: (view: DataView, at: number, mode: string) => void,
): LogEntry {
  const { copy, view, frame } = opened(entry);
  const mode = readBinaryFrame(copy).mode;
  if (mode === undefined) throw new Error('the frame has no tick');
  const offset = frame.bb!.__offset(frame.bb_pos, VECTOR_PLACES[mode]!);
  change(view, frame.bb!.__vector(frame.bb_pos + offset), mode);
  return { ...entry, bytes: copy };
}

function opened({ bytes }: { bytes: Uint8Array }) {
  const copy = Uint8Array.from(bytes);
  const frame = TickFrame.getRootAsTickFrame(new flatbuffers.ByteBuffer(copy));
  return { copy, frame, view: new DataView(copy.buffer) };
}

function add(view: DataView, at: number, by: number): void {
  view.setUint32(at, view.getUint32(at, true) + by, true);
}
