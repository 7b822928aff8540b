import { holdsScope, type Gate, type Principal } from '../../domain/access.ts';
import type { Clock } from '../../domain/clock.ts';
import { ERRORS, type ErrorCode, TickerError } from '../../domain/error-codes.ts';
import type { NamedInstrument } from '../../domain/instrument.ts';
import { CLOSE, type ClientSocket, type InstrumentDirectory } from '../../domain/ports.ts';
import type { SessionLimits } from '../hello.ts';
import { MessageRate } from '../message-rate.ts';
import { OldClient } from './old-client.ts';
import { checkOldMessage, isOldRefusal, type OldMessage } from './old-message.ts';
import type { OldTaker } from './old-taker.ts';

/** Messages that may wait for their turn. */
const QUEUED_MESSAGES_MAX = 256;

/** What the sessions share. */
export interface OldPorts {
  clock: Clock;
  gate: Gate;
  directory: Pick<InstrumentDirectory, 'resolveInstruments'> & {
    /** By token, in their order; null: nothing is known of it. */
    describeInstruments(tokens: number[]): Promise<(NamedInstrument | null)[]>;
  };
  taker: OldTaker;
  limits: SessionLimits;
  counts: { received: number; refused: number; tooSlow: number };
  /** A name for the session, unique in this process. */
  sessionId: () => string;
  /** Unexpected errors. */
  onError: (error: unknown) => void;
}

/** A token that was not subscribed, and why. */
interface RefusedToken {
  token: number;
  code: ErrorCode;
}

/**
 * One client's conversation in the protocol of the Python service: messages in, answers and
 * subscriptions out, in order. It learns of every problem by an `error` and stays connected; what
 * ends it is its key (1008, the only code that old clients know), idleness or not reading at all.
 */
export class OldSession {
  readonly client: OldClient;
  readonly #ports: OldPorts;
  readonly #principal: Principal;
  readonly #messageRate: MessageRate;
  #entered = false;
  /** Monotonic ms of the last message. */
  #heardMs: number;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;

  constructor(ports: OldPorts, socket: ClientSocket, principal: Principal) {
    this.#ports = ports;
    this.#principal = principal;
    this.client = new OldClient(socket);
    this.#messageRate = new MessageRate(ports.clock, ports.limits.messagesPerSecond);
    this.#heardMs = ports.clock.monotonicMs();
    this.#welcome();
  }

  get socket(): ClientSocket {
    return this.client.socket;
  }

  onText(text: string): void {
    if (!this.#hears()) return;
    if (text.length > this.#ports.limits.messageBytes) {
      this.#refuse('MESSAGE_TOO_LARGE', ERRORS.MESSAGE_TOO_LARGE.detail);
      return;
    }
    const message = checkOldMessage(text);
    if (isOldRefusal(message)) this.#refuse(message.code, message.message);
    else this.#enqueue(message);
  }

  onBinary(): void {
    if (this.#hears()) this.#refuse('BAD_MESSAGE', 'messages are JSON text');
  }

  /** The client has read: it gets what has waited for that. */
  onDrain(): void {
    this.#ports.taker.sendDue(this.client);
  }

  /** The socket is gone: nothing of this client stays behind. */
  onClose(): void {
    this.client.closed = true;
    if (this.#entered) this.#ports.gate.leave(this.#principal);
    this.#entered = false;
    for (const subscription of [...this.client.subscriptions.values()]) {
      this.#ports.taker.remove(subscription);
    }
  }

  /** Ends the connection if its key has been revoked or has expired; true: it did. */
  endIfRevoked(isValid: (keyId: string) => boolean): boolean {
    if (this.client.closed || isValid(this.#principal.keyId)) return false;
    this.#end(CLOSE.BAD_PROTOCOL, 'KEY_REVOKED', ERRORS.KEY_REVOKED.detail);
    return true;
  }

  /** Ends a connection that wants nothing and says nothing. */
  endIfIdle(): void {
    const { clock, limits } = this.#ports;
    if (this.client.closed || this.client.subscriptions.size > 0) return;
    if (clock.monotonicMs() - this.#heardMs < limits.idleMs) return;
    this.#end(CLOSE.IDLE, 'IDLE', ERRORS.IDLE.detail);
  }

  /** A message has come; false: it is not to be looked at. */
  #hears(): boolean {
    const { clock, counts, limits } = this.#ports;
    if (this.client.closed) return false;
    counts.received++;
    this.#heardMs = clock.monotonicMs();
    if (this.#messageRate.take()) return true;
    this.#refuse('RATE_LIMITED', `at most ${limits.messagesPerSecond} messages a second`);
    return false;
  }

  #welcome(): void {
    const { gate, clock, sessionId } = this.#ports;
    const principal = this.#principal;
    if (!holdsScope(principal, 'ticks:read')) {
      this.#end(CLOSE.BAD_PROTOCOL, 'FORBIDDEN', 'the key lacks scope ticks:read');
      return;
    }
    if (!gate.enter(principal)) {
      const detail = `the key may have ${principal.limits.connections} connections`;
      this.#end(CLOSE.BAD_PROTOCOL, 'LIMIT_EXCEEDED', detail);
      return;
    }
    this.#entered = true;
    this.#send({
      type: 'connected',
      connection_id: sessionId(),
      // A key has no mail address and no name of a person.
      user: { user_id: principal.keyId, email: null, name: null },
      timestamp: new Date(clock.nowUs() / 1000).toISOString(),
    });
  }

  #enqueue(message: OldMessage): void {
    if (this.#queued >= QUEUED_MESSAGES_MAX) {
      this.#refuse('LIMIT_EXCEEDED', 'too many messages at once');
      return;
    }
    this.#queued++;
    this.#queue = this.#queue.then(async () => {
      this.#queued--;
      if (this.client.closed) return;
      try {
        await this.#answer(message);
      } catch (error) {
        this.#answerError(error);
      }
    });
  }

  async #answer(message: OldMessage): Promise<void> {
    switch (message.action) {
      case 'ping':
        this.#send({ type: 'pong' });
        return;
      case 'subscribe':
        await this.#subscribe(message.tokens);
        return;
      case 'unsubscribe':
        this.#unsubscribe(message.tokens);
    }
  }

  async #subscribe(tokens: readonly number[]): Promise<void> {
    const { subscriptions } = this.client;
    const { directory, taker } = this.#ports;
    const wanted = tokens.filter((token) => !subscriptions.has(token));
    const [found, named] = await Promise.all([
      directory.resolveInstruments(wanted),
      directory.describeInstruments(wanted),
    ]);
    if (this.client.closed) return;
    const added: number[] = [];
    const refused: RefusedToken[] = [];
    for (const [i, token] of wanted.entries()) {
      const resolution = found[i];
      const instrument = named[i] ?? null;
      if (resolution?.ok !== true || instrument === null) {
        const code = resolution?.ok === false ? resolution.code : 'UNKNOWN_INSTRUMENT';
        refused.push({ token, code });
      } else if (subscriptions.size >= this.#subscriptionsMax()) {
        refused.push({ token, code: 'LIMIT_EXCEEDED' });
      } else {
        taker.add(this.client, instrument, resolution.instrument.row);
        added.push(token);
      }
    }
    this.#send({
      type: 'subscribed',
      tokens: added,
      total: subscriptions.size,
      ...(refused.length > 0 ? { refused } : {}),
    });
    taker.sendDue(this.client);
  }

  #unsubscribe(tokens: readonly number[]): void {
    const { subscriptions } = this.client;
    const removed: number[] = [];
    for (const token of tokens) {
      const subscription = subscriptions.get(token);
      if (subscription === undefined) continue;
      this.#ports.taker.remove(subscription);
      removed.push(token);
    }
    this.#send({ type: 'unsubscribed', tokens: removed, total: subscriptions.size });
  }

  #subscriptionsMax(): number {
    return Math.min(this.#ports.limits.subscriptions, this.#principal.limits.subscriptions);
  }

  #answerError(error: unknown): void {
    if (error instanceof TickerError) {
      this.#refuse(error.code, error.detail);
      return;
    }
    this.#ports.onError(error);
    this.#refuse('INTERNAL', ERRORS.INTERNAL.detail);
  }

  #refuse(code: ErrorCode, message: string): void {
    this.#ports.counts.refused++;
    this.#send({ type: 'error', message, code });
  }

  /** Ticks wait for a slow reader, answers do not: one that asks and never reads is closed. */
  #send(message: object): void {
    const { client } = this;
    if (client.closed) return;
    client.socket.send(JSON.stringify(message));
    const { limits, counts } = this.#ports;
    const unreadBytes = client.socket.bufferedBytes();
    if (unreadBytes <= limits.bufferBytes) return;
    counts.tooSlow++;
    this.#end(CLOSE.TOO_SLOW, 'TOO_SLOW', `${unreadBytes} bytes unread`);
  }

  #end(closeCode: number, code: ErrorCode, detail: string): void {
    if (this.client.closed) return;
    this.client.closed = true;
    this.client.socket.end(closeCode, `${code}: ${detail}`);
  }
}
