import { TickerError } from '../domain/error-codes.ts';
import { decodeFrame, type FrameView } from '../wire/decode.ts';
import type { HelloMessage, TicksMessage } from '../wire/messages.ts';
import { ContinuityCheck } from './continuity.ts';
import type { Emitter } from './emitter.ts';
import { EventStream } from './event-stream.ts';
import type { ClientEvents } from './events.ts';

type AnyStream = Pick<EventStream<unknown>, 'isFull' | 'handed' | 'mark' | 'restart' | 'finish'>;

/** Takes data messages apart, checks continuity and hands the ticks to the listeners. */
export class TickIntake {
  readonly continuity: ContinuityCheck;
  /** With what stops each listening. */
  readonly #streams = new Map<AnyStream, () => void>();
  #through = 0;
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

  /** Stream position up to which everything has come. */
  get through(): number {
    return this.#through;
  }

  /** Stream position up to which everything has been handed out. */
  get handed(): number {
    let handed = this.#through;
    for (const stream of this.#streams.keys()) handed = Math.min(handed, stream.handed);
    return handed;
  }

  /** Whether a stream has as much as it should. */
  get isFull(): boolean {
    for (const stream of this.#streams.keys()) if (stream.isFull) return true;
    return false;
  }

  /** A connection begins that does not continue the last one. */
  begin(hello: HelloMessage): void {
    this.continuity.begin(hello.epoch);
    this.#through = hello.sequence;
    for (const stream of this.#streams.keys()) stream.restart(hello.sequence);
  }

  /** Everything up to `position` has come. */
  moveTo(position: number): void {
    this.#through = position;
    for (const stream of this.#streams.keys()) stream.mark(position);
  }

  /** Events of this name one after the other. `changed`: `isFull` may have. */
  stream<Name extends 'tick' | 'frame'>(
    name: Name,
    highWaterMark: number,
    changed: () => void,
  ): EventStream<ClientEvents[Name]> {
    const stream = new EventStream<ClientEvents[Name]>({
      highWaterMark,
      position: this.#through,
      changed,
      ended: () => {
        this.#drop(stream);
        changed();
      },
    });
    this.#streams.set(
      stream,
      this.#events.on(name, (value) => stream.push(value)),
    );
    return stream;
  }

  /** Nothing more comes. */
  finishStreams(error: TickerError | undefined): void {
    for (const stream of [...this.#streams.keys()]) {
      this.#drop(stream);
      stream.finish(error);
    }
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
    if (this.#isOpen()) this.moveTo(frame.through);
    return undefined;
  }

  receiveObjects(message: TicksMessage): void {
    this.frames += 1;
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
    if (this.#isOpen()) this.moveTo(message.through);
  }

  #drop(stream: AnyStream): void {
    this.#streams.get(stream)?.();
    this.#streams.delete(stream);
  }
}
