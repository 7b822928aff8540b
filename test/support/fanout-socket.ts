import type { ClientSocket } from '../../src/domain/ports.ts';
import { decodeFrame } from '../../src/wire/decode.ts';
import type { ServerMessage, TickObject, TicksMessage } from '../../src/wire/messages.ts';

/** A frame or `ticks` message as both subprotocols show it. */
export interface ReceivedTicks {
  kind: string;
  epoch: string;
  sentTimeUs: number;
  through: number;
  ticks: TickObject[];
}

/** The client's end of a connection, in memory: keeps what it is sent, in order. */
export class FakeClientSocket implements ClientSocket {
  readonly remoteAddress = '192.0.2.1';
  readonly messages: ServerMessage[] = [];
  readonly received: ReceivedTicks[] = [];
  readonly frames: Uint8Array[] = [];
  /** What `bufferedBytes` answers. */
  unreadBytes = 0;
  /** False: everything sent is dropped. */
  isOpen = true;
  ended: { code: number; reason: string } | undefined;
  terminated = false;
  /** Told of every data frame or message as it comes. */
  onTicks: (received: ReceivedTicks) => void = () => undefined;
  /** Told within `end`, as a real socket tells its server. */
  onEnd: () => void = () => undefined;

  send(message: string | Uint8Array): boolean {
    if (!this.isOpen) return false;
    if (typeof message === 'string') this.#takeText(message);
    else this.#takeFrame(message);
    return true;
  }

  bufferedBytes(): number {
    return this.unreadBytes;
  }

  end(code: number, reason: string): void {
    this.ended = { code, reason };
    this.isOpen = false;
    this.onEnd();
  }

  terminate(): void {
    this.terminated = true;
    this.isOpen = false;
  }

  /** Messages of one type. */
  of<Type extends ServerMessage['type']>(type: Type): Extract<ServerMessage, { type: Type }>[] {
    return this.messages.filter(
      (message): message is Extract<ServerMessage, { type: Type }> => message.type === type,
    );
  }

  /** Answers in the order of their coming: their ids. */
  get answeredIds(): number[] {
    return this.messages.flatMap((message) => ('id' in message ? [message.id] : []));
  }

  /** All ticks, in order. */
  get ticks(): TickObject[] {
    return this.received.flatMap((received) => received.ticks);
  }

  forget(): void {
    this.messages.length = 0;
    this.received.length = 0;
    this.frames.length = 0;
  }

  #takeText(text: string): void {
    const message = JSON.parse(text) as ServerMessage;
    if (message.type === 'ticks') this.#takeTicks(message);
    else this.messages.push(message);
  }

  #takeTicks({ epoch, sent_time, through, ticks }: TicksMessage): void {
    this.#keep({ kind: 'json', epoch, sentTimeUs: sent_time, through, ticks });
  }

  #takeFrame(bytes: Uint8Array): void {
    // The sender uses its buffer again.
    const copy = Uint8Array.from(bytes);
    this.frames.push(copy);
    const { kind, epoch, sentTimeUs, through, count } = decodeFrame(copy);
    const frame = decodeFrame(copy);
    const ticks = Array.from({ length: count }, (_unused, index) => frame.object(index));
    this.#keep({ kind, epoch, sentTimeUs, through, ticks });
  }

  #keep(received: ReceivedTicks): void {
    this.received.push(received);
    this.onTicks(received);
  }
}
