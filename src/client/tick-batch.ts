import { TickerError } from '../domain/error-codes.ts';
import { TICK_FLAG } from '../domain/status.ts';
import { decodeFrame, type FrameView } from '../wire/decode.ts';
import { TickFrameBuffer } from '../wire/frame.ts';
import type { TickObject, TicksMessage } from '../wire/messages.ts';
import { LAYOUTS } from '../wire/tick-layout.ts';
import type { Inbound } from './inbound.ts';

/** What conflation has to know of a tick. */
export interface TickHead {
  readonly token: number;
  readonly instrumentSequence: number;
  readonly merged: number;
  readonly isSnapshot: boolean;
  readonly isRepriced: boolean;
}

/** A tick that stays. */
export interface KeptTick {
  /** Its place in the batch. */
  readonly index: number;
  /** Ticks merged into it altogether. */
  readonly merged: number;
  /** A snapshot was among them. */
  readonly isSnapshot: boolean;
}

/** The ticks of one frame or `ticks` message. */
export interface TickBatch {
  heads(): TickHead[];
  /** The same frame or message with these ticks only, in the given order. */
  keep(ticks: readonly KeptTick[]): Inbound;
}

/** Undefined: carries no ticks, or is broken, which its receiver will say. */
export function tickBatchOf(inbound: Inbound): TickBatch | undefined {
  if (inbound.kind === 'message') {
    return inbound.message.type === 'ticks' ? new ObjectBatch(inbound.message) : undefined;
  }
  if (inbound.kind === 'closed') return undefined;
  try {
    return new FrameBatch(decodeFrame(inbound.bytes));
  } catch (error) {
    if (error instanceof TickerError) return undefined;
    throw error;
  }
}

class FrameBatch implements TickBatch {
  readonly #frame: FrameView;

  constructor(frame: FrameView) {
    this.#frame = frame;
  }

  heads(): TickHead[] {
    return Array.from({ length: this.#frame.count }, (_, index) => {
      const tick = this.#frame.tick(index);
      return {
        token: tick.instrumentToken,
        instrumentSequence: tick.instrumentSequence,
        merged: tick.merged,
        isSnapshot: tick.isSnapshot,
        isRepriced: tick.isRepriced,
      };
    });
  }

  keep(ticks: readonly KeptTick[]): Inbound {
    const { kind, epochLow, epochHigh, sentTimeUs, through } = this.#frame;
    const layout = LAYOUTS[kind];
    const capacity = Math.max(ticks.length, 1);
    const buffer = new TickFrameBuffer(kind, capacity, epochLow, epochHigh);
    const view = new DataView(buffer.u8.buffer, buffer.u8.byteOffset, buffer.u8.length);
    ticks.forEach(({ index, merged, isSnapshot }, place) => {
      const at = place * layout.structBytes;
      buffer.u8.set(this.#frame.bytes(index), at);
      let flags = view.getUint32(at + layout.flags, true);
      if (isSnapshot) flags |= TICK_FLAG.SNAPSHOT;
      if (merged > 0) flags |= TICK_FLAG.CONFLATED;
      view.setUint32(at + layout.flags, flags, true);
      view.setUint32(at + layout.merged, merged, true);
    });
    return { kind: 'frame', bytes: buffer.finish(ticks.length, sentTimeUs, through) };
  }
}

/** About what a tick takes as JSON; only the sum of a queue depends on it. */
const TICK_CHARS = 800;

class ObjectBatch implements TickBatch {
  readonly #message: TicksMessage;

  constructor(message: TicksMessage) {
    this.#message = message;
  }

  heads(): TickHead[] {
    return this.#message.ticks.map((tick) => ({
      token: tick.instrument_token,
      instrumentSequence: tick.instrument_sequence,
      merged: tick.merged,
      isSnapshot: tick.flags.includes('SNAPSHOT'),
      isRepriced: tick.flags.includes('REPRICED'),
    }));
  }

  keep(ticks: readonly KeptTick[]): Inbound {
    const kept = ticks.flatMap(({ index, merged, isSnapshot }): TickObject[] => {
      const tick = this.#message.ticks[index];
      if (tick === undefined) return [];
      const flags = new Set(tick.flags);
      if (isSnapshot) flags.add('SNAPSHOT');
      if (merged > 0) flags.add('CONFLATED');
      return [{ ...tick, merged, flags: [...flags] }];
    });
    const message = { ...this.#message, ticks: kept };
    return { kind: 'message', message, lengthChars: (kept.length + 1) * TICK_CHARS };
  }
}
