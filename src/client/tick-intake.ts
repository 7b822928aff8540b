import { TickerError } from '../domain/error-codes.ts';
import { decodeFrame, type FrameView } from '../wire/decode.ts';
import type { TicksMessage } from '../wire/messages.ts';
import { ContinuityCheck } from './continuity.ts';
import type { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';

/** Takes data messages apart, checks continuity and hands the ticks to the listeners. */
export class TickIntake {
  readonly continuity: ContinuityCheck;
  /** Stream position up to which the connection has everything. */
  through = 0;
  /** Binary frames, or `ticks` messages. */
  frames = 0;
  /** Ticks passed on. */
  ticks = 0;
  readonly #events: Emitter<ClientEvents>;
  readonly #isOpen: () => boolean;

  /** `isOpen` is asked after every listener: one may have closed the client. */
  constructor(events: Emitter<ClientEvents>, isOpen: () => boolean) {
    this.#events = events;
    this.#isOpen = isOpen;
    this.continuity = new ContinuityCheck((gap) => events.emit('gap', gap));
  }

  /** Returns the error of a message that is not a frame. */
  receiveFrame(bytes: Uint8Array): TickerError | undefined {
    let frame: FrameView;
    try {
      frame = decodeFrame(bytes);
    } catch (error) {
      if (error instanceof TickerError) return error;
      throw error;
    }
    this.frames += 1;
    this.through = frame.through;
    this.#events.emit('frame', frame);
    const isHeard = this.#events.has('tick');
    for (let index = 0; index < frame.count && this.#isOpen(); index += 1) {
      const tick = frame.tick(index);
      const isNew = this.continuity.accept(
        tick.instrumentToken,
        tick.sequence,
        tick.instrumentSequence,
        tick.merged,
        tick.isSnapshot,
        tick.isRepriced,
      );
      if (!isNew) continue;
      this.ticks += 1;
      if (isHeard) this.#events.emit('tick', frame.object(index));
    }
    return undefined;
  }

  receiveObjects(message: TicksMessage): void {
    this.frames += 1;
    this.through = message.through;
    for (const tick of message.ticks) {
      if (!this.#isOpen()) return;
      const isNew = this.continuity.accept(
        tick.instrument_token,
        tick.sequence,
        tick.instrument_sequence,
        tick.merged,
        tick.flags.includes('SNAPSHOT'),
        tick.flags.includes('REPRICED'),
      );
      if (!isNew) continue;
      this.ticks += 1;
      this.#events.emit('tick', tick);
    }
  }
}
