import type { Clock, TimerHandle } from '../domain/clock.ts';
import { ERRORS, type ErrorCode, TickerError } from '../domain/error-codes.ts';
import { type Gate, holdsScope, type Principal } from '../domain/access.ts';
import { type ChainKey, CLOSE, type ClientSocket, type Resolution } from '../domain/ports.ts';
import type { ServerMessage, SessionStateMessage } from '../wire/messages.ts';
import {
  type CheckedMessage,
  checkMessage,
  isRefusal,
  messageId,
  type Target,
  type Wish,
} from './client-message.ts';
import { ClientConnection } from './connection.ts';
import { HEARTBEAT_MS, helloMessage, type SessionLimits } from './hello.ts';
import { MessageRate } from './message-rate.ts';
import { refused, type SubscriptionOutcome } from './subscription-result.ts';
import {
  type FollowedChain,
  refuseLateResume,
  Subscriptions,
  type SubscriptionsPorts,
} from './subscriptions.ts';

type ResumeMessage = Extract<CheckedMessage, { type: 'resume' }>;

/** A socket that has not authenticated by then is closed. */
export const AUTHENTICATION_MS = 10_000;
/** Messages that do not follow the protocol; after so many of them a client is closed. */
const NONSENSE_MAX = 20;
const NONSENSE: ReadonlySet<ErrorCode> = new Set([
  'BAD_JSON',
  'BAD_MESSAGE',
  'MESSAGE_TOO_LARGE',
  'RATE_LIMITED',
]);
/** Messages that may wait for their turn. */
const QUEUED_MESSAGES_MAX = 256;

/** What sessions share. */
export interface SessionPorts extends SubscriptionsPorts {
  clock: Clock;
  gate: Gate;
  /** How far back a resume reaches at the present rate of ticks, s. */
  replaySeconds(): number;
  /** What a client is told of the exchanges after `hello`. */
  sessionStates(): readonly SessionStateMessage[];
  /** A name for the session, unique in this process. */
  sessionId(): string;
  limits: SessionLimits;
  /** Messages of all sessions, for the meters. */
  counts: { received: number; refused: number };
  /** Unexpected errors. */
  onError(error: unknown): void;
}

/**
 * One client's conversation on `/ws/ticks`: messages in, answers and subscriptions out. Messages
 * are answered one after the other, in the order in which they came; what is no message of the
 * protocol is refused at once.
 */
export class ClientSession {
  readonly connection: ClientConnection;
  readonly #ports: SessionPorts;
  readonly #subscriptions: Subscriptions;
  readonly #messageRate: MessageRate;
  #principal: Principal | undefined;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #nonsense = 0;
  #authenticationTimer: TimerHandle | undefined;
  /** Monotonic ms of the last message. */
  #heardMs: number;

  constructor(
    ports: SessionPorts,
    socket: ClientSocket,
    options: { binary: boolean; principal: Principal | undefined },
  ) {
    this.#ports = ports;
    const nowMs = ports.clock.monotonicMs();
    this.connection = new ClientConnection(socket, options.binary, ports.delivery.position, nowMs);
    ports.delivery.windows.add(this.connection.window);
    this.#subscriptions = new Subscriptions(ports, this.connection);
    this.#messageRate = new MessageRate(ports.clock, ports.limits.messagesPerSecond);
    this.#heardMs = nowMs;
    if (options.principal === undefined) {
      this.#authenticationTimer = ports.clock.setTimeout(
        () => this.#end(CLOSE.UNAUTHENTICATED, 'UNAUTHENTICATED', 'no key was given in time'),
        AUTHENTICATION_MS,
      );
    } else {
      this.#welcome(options.principal);
    }
  }

  get socket(): ClientSocket {
    return this.connection.socket;
  }

  /** A text message has come. */
  onText(text: string): void {
    if (this.connection.closed) return;
    this.#ports.counts.received++;
    this.#heardMs = this.#ports.clock.monotonicMs();
    if (!this.#messageRate.take()) {
      const detail = `at most ${this.#ports.limits.messagesPerSecond} messages a second`;
      this.#refuse(messageId(text), new TickerError('RATE_LIMITED', detail));
      return;
    }
    if (text.length > this.#ports.limits.messageBytes) {
      this.#refuse(undefined, new TickerError('MESSAGE_TOO_LARGE'));
      return;
    }
    const message = checkMessage(text);
    if (isRefusal(message)) {
      this.#refuse(message.id, message.error);
      return;
    }
    if (this.#queued >= QUEUED_MESSAGES_MAX) {
      this.#refuse(message.id, new TickerError('LIMIT_EXCEEDED', 'too many messages at once'));
      return;
    }
    if (message.type === 'ack') {
      // It is not an order to wait for others: it says how far the client has come now.
      const { acked, told } = this.connection;
      this.connection.acked = Math.max(acked, Math.min(message.sequence, told));
      return;
    }
    this.#queued++;
    this.#queue = this.#queue.then(async () => {
      this.#queued--;
      if (this.connection.closed) return;
      try {
        await this.#answer(message);
      } catch (error) {
        this.#answerError(message.id, error);
      }
    });
  }

  /** A binary message has come: the protocol has none. */
  onBinary(): void {
    this.#ports.counts.received++;
    this.#refuse(undefined, new TickerError('BAD_MESSAGE', 'messages are JSON text'));
  }

  /** The socket is gone: nothing of this client stays behind. */
  onClose(): void {
    this.connection.closed = true;
    this.#authenticationTimer?.cancel();
    if (this.#principal !== undefined) this.#ports.gate.leave(this.#principal);
    this.#ports.delivery.windows.remove(this.connection.window);
    this.#subscriptions.clear();
  }

  /**
   * Ends the connection if the key that opened it has been revoked or has expired; true: it did.
   */
  endIfRevoked(isValid: (keyId: string) => boolean): boolean {
    if (this.connection.closed) return false;
    if (this.#principal === undefined || isValid(this.#principal.keyId)) return false;
    this.#end(CLOSE.KEY_REVOKED, 'KEY_REVOKED', ERRORS.KEY_REVOKED.detail);
    return true;
  }

  /** Ends a connection that wants nothing and says nothing. */
  endIfIdle(): void {
    const { idleMs } = this.#ports.limits;
    if (!this.connection.ready || this.connection.closed || !this.#subscriptions.isEmpty) return;
    if (this.#ports.clock.monotonicMs() - this.#heardMs < idleMs) return;
    this.#end(CLOSE.IDLE, 'IDLE', ERRORS.IDLE.detail);
  }

  /** Sends a heartbeat if nothing has told the client its position for HEARTBEAT_MS. */
  heartbeatIfIdle(): void {
    const { connection } = this;
    if (!connection.ready || connection.closed) return;
    if (this.#ports.clock.monotonicMs() - connection.lastSentMs < HEARTBEAT_MS) return;
    connection.lastSentMs = this.#ports.clock.monotonicMs();
    this.#ports.delivery.raiseThrough(connection);
    this.send({
      type: 'heartbeat',
      through: connection.through,
      time: Math.round(this.#ports.clock.nowUs()),
    });
  }

  send(message: ServerMessage): void {
    this.#ports.delivery.sendText(this.connection, JSON.stringify(message));
  }

  /** Chains that the client follows, by name. */
  get chains(): ReadonlyMap<string, FollowedChain> {
    return this.#subscriptions.chains;
  }

  /** The contracts of a followed chain have changed: the money has moved. */
  onChainChanged(
    key: ChainKey,
    added: Resolution<ChainKey>[],
    removedRows: readonly number[],
  ): void {
    if (this.connection.closed) return;
    const max = this.#subscriptionsMax();
    const change = this.#subscriptions.changeChain(key, added, removedRows, max);
    if (change === undefined) return;
    this.send({
      type: 'chain_changed',
      chain: key,
      added: change.added.map(({ line }) => line),
      removed: change.removed,
    });
    this.#subscriptions.sendSnapshots(change.added);
  }

  async #answer(message: Exclude<CheckedMessage, { type: 'ack' }>): Promise<void> {
    if (message.type === 'auth') {
      this.#authenticate(message.id, message.token);
      return;
    }
    if (this.#principal === undefined) throw new TickerError('UNAUTHENTICATED');
    switch (message.type) {
      case 'ping':
        this.send({ id: message.id, type: 'pong' });
        return;
      case 'subscribe':
        await this.#subscribe(message.id, message);
        return;
      case 'resume':
        await this.#resume(message);
        return;
      case 'unsubscribe':
        await this.#unsubscribe(message.id, message.target);
    }
  }

  #authenticate(id: number, token: string): void {
    if (this.#principal !== undefined) {
      throw new TickerError('BAD_MESSAGE', 'the connection is authenticated already');
    }
    const { gate } = this.#ports;
    const admission = gate.admit(token, this.connection.socket.remoteAddress);
    if ('refused' in admission) {
      const { refused: code } = admission;
      const { detail } = ERRORS[code];
      this.send({ id, type: 'error', code, detail });
      const isFinal = code === 'UNAUTHENTICATED';
      this.#end(isFinal ? CLOSE.UNAUTHENTICATED : CLOSE.OVERLOAD, code, detail);
      return;
    }
    this.#authenticationTimer?.cancel();
    this.#welcome(admission.principal);
    if (!this.connection.closed) this.send({ id, type: 'authenticated' });
  }

  #welcome(principal: Principal): void {
    if (!holdsScope(principal, 'ticks:read')) {
      this.#end(CLOSE.UNAUTHENTICATED, 'FORBIDDEN', 'the key lacks scope ticks:read');
      return;
    }
    if (!this.#ports.gate.enter(principal)) {
      const detail = `the key may have ${principal.limits.connections} connections`;
      this.#end(CLOSE.LIMIT_EXCEEDED, 'LIMIT_EXCEEDED', detail);
      return;
    }
    this.#principal = principal;
    const limits = {
      ...this.#ports.limits,
      subscriptions: this.#subscriptionsMax(),
      connections: principal.limits.connections,
      replaySeconds: this.#ports.replaySeconds(),
    };
    const sessionId = this.#ports.sessionId();
    this.send(helloMessage(sessionId, this.#ports.delivery.epoch, this.connection.through, limits));
    this.connection.ready = true;
    for (const state of this.#ports.sessionStates()) this.send(state);
  }

  async #subscribe(id: number, wish: Wish): Promise<void> {
    const outcomes = await this.#subscriptions.subscribe(wish, this.#subscriptionsMax());
    if (outcomes === undefined) return;
    this.send({ id, type: 'subscribed', results: outcomes.map(({ line }) => line) });
    this.#subscriptions.sendSnapshots(outcomes);
  }

  async #unsubscribe(id: number, target: Target): Promise<void> {
    const results = await this.#subscriptions.unsubscribe(target);
    if (results !== undefined) this.send({ id, type: 'unsubscribed', results });
  }

  async #resume({ id, epoch, sequence, wishes }: ResumeMessage): Promise<void> {
    refuseLateResume(this.#subscriptions);
    const { connection } = this;
    const { slowReaders } = this.#ports.delivery;
    const outcomes: SubscriptionOutcome[] = [];
    // Until all of them are known nothing may be sent that belongs behind what was missed.
    slowReaders.hold(connection);
    try {
      for (const wish of wishes) {
        const some = await this.#subscribeOne(wish);
        if (some === undefined) return;
        outcomes.push(...some);
      }
    } catch (error) {
      // It has failed as a whole: the client may resume or subscribe again.
      this.#subscriptions.clear();
      throw error;
    }
    const recovered = slowReaders.canResume(epoch, sequence);
    this.send({ id, type: 'resumed', recovered, results: outcomes.map(({ line }) => line) });
    if (recovered) {
      slowReaders.resume(connection, sequence);
      return;
    }
    slowReaders.release(connection);
    this.#subscriptions.sendAllSnapshots();
  }

  /** One item of a resume; a chain that there is not is refused as a line of the answer. */
  async #subscribeOne(wish: Wish): Promise<SubscriptionOutcome[] | undefined> {
    try {
      return await this.#subscriptions.subscribe(wish, this.#subscriptionsMax());
    } catch (error) {
      if (!(error instanceof TickerError) || wish.target.kind !== 'chain') throw error;
      return [refused(wish.target.chain, error.code)];
    }
  }

  #subscriptionsMax(): number {
    const ofKey = this.#principal?.limits.subscriptions ?? 0;
    return Math.min(this.#ports.limits.subscriptions, ofKey);
  }

  #answerError(id: number, error: unknown): void {
    if (error instanceof TickerError) {
      this.#refuse(id, error);
      return;
    }
    this.#ports.onError(error);
    this.#refuse(id, new TickerError('INTERNAL', ERRORS.INTERNAL.detail));
  }

  #refuse(id: number | undefined, error: TickerError): void {
    this.#ports.counts.refused++;
    const { code, detail } = error;
    this.send({ type: 'error', ...(id === undefined ? {} : { id }), code, detail });
    if (NONSENSE.has(code) && ++this.#nonsense >= NONSENSE_MAX) {
      this.#end(CLOSE.BAD_PROTOCOL, code, `${this.#nonsense} messages broke the protocol`);
    }
  }

  #end(closeCode: number, code: ErrorCode, detail: string): void {
    if (this.connection.closed) return;
    this.connection.closed = true;
    this.connection.socket.end(closeCode, `${code}: ${detail}`);
  }
}
