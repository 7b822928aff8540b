import type { WebSocketConstructor, WebSocketLike } from '../../../src/client/socket.ts';
import type {
  ClientMessage,
  HelloLimits,
  HelloMessage,
  ServerMessage,
} from '../../../src/wire/messages.ts';

/** Limits of a service, as it tells them. */
export const HELLO_LIMITS: HelloLimits = {
  subscriptions: 9000,
  message_bytes: 262_144,
  buffer_bytes: 4_194_304,
  connections: 100,
  messages_per_second: 50,
  idle_seconds: 300,
  replay_seconds: 60,
};

/** A WebSocket without a network: the test plays the service. */
export class MemorySocket implements WebSocketLike {
  binaryType = 'blob';
  refusedStatus: number | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message?: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly sent: ClientMessage[] = [];
  /** How the client ended it. */
  ended: 'close' | 'terminate' | undefined;
  isReading = true;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientMessage);
  }

  close(): void {
    this.ended = 'close';
  }

  terminate(): void {
    this.ended = 'terminate';
  }

  pause(): void {
    this.isReading = false;
  }

  resume(): void {
    this.isReading = true;
  }

  /* The service's side. */

  say(message: ServerMessage): void {
    this.sayText(JSON.stringify(message));
  }

  sayText(text: string): void {
    this.onmessage?.({ data: text });
  }

  sayBytes(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer });
  }

  hello(changes: Partial<HelloMessage> = {}): void {
    this.onopen?.();
    this.say({
      type: 'hello',
      session: 's1',
      epoch: '0000000000000001',
      sequence: 0,
      heartbeat_ms: 15_000,
      limits: HELLO_LIMITS,
      ...changes,
    });
  }

  end(code: number, reason = ''): void {
    this.onclose?.({ code, reason });
  }

  /** The last message of this type that the client sent. */
  last<Type extends ClientMessage['type']>(type: Type): Extract<ClientMessage, { type: Type }> {
    const message = this.sent.findLast((candidate) => candidate.type === type);
    if (message === undefined) throw new Error(`no ${type} was sent`);
    return message as Extract<ClientMessage, { type: Type }>;
  }
}

/** A constructor for the client, and the sockets that it made. */
export function memorySockets(): { WebSocket: WebSocketConstructor; sockets: MemorySocket[] } {
  const sockets: MemorySocket[] = [];
  class RecordedSocket extends MemorySocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  return { WebSocket: RecordedSocket, sockets };
}
