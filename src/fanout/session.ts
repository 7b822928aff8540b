import type { Clock, TimerHandle } from '../domain/clock.ts';
import { ERRORS, type ErrorCode, TickerError } from '../domain/error-codes.ts';
import { type Gate, holdsScope, type Principal } from '../domain/access.ts';
import {
  type ChainKey,
  chainName,
  CLOSE,
  type ClientSocket,
  type InstrumentDirectory,
  type Resolution,
} from '../domain/ports.ts';
import type { ServerMessage, SubscriptionResult } from '../wire/messages.ts';
import {
  type CheckedMessage,
  checkMessage,
  type DeliveryOptions,
  isRefusal,
  type Target,
} from './client-message.ts';
import { BY_NAME, ClientConnection, Subscription } from './connection.ts';
import type { Delivery } from './delivery.ts';
import { HEARTBEAT_MS, helloMessage, type SessionLimits } from './hello.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import { failure, subscribed, success } from './subscription-result.ts';

/** A socket that has not authenticated by then is closed. */
export const AUTHENTICATION_MS = 10_000;
/** Messages that do not follow the protocol; after so many of them a client is closed. */
const NONSENSE_MAX = 20;
const NONSENSE: ReadonlySet<ErrorCode> = new Set(['BAD_JSON', 'BAD_MESSAGE', 'MESSAGE_TOO_LARGE']);
/** Messages that may wait for their turn. */
const QUEUED_MESSAGES_MAX = 256;

/** What sessions share. */
export interface SessionPorts {
  clock: Clock;
  gate: Gate;
  directory: InstrumentDirectory;
  index: SubscriptionIndex;
  delivery: Delivery;
  /** Told when a session starts or stops following a chain. */
  chains: { follow(key: ChainKey): void; unfollow(key: ChainKey): void };
  /** Newest ring position that has been delivered. */
  position(): number;
  /** A name for the session, unique in this process. */
  sessionId(): string;
  limits: SessionLimits;
  /** Messages of all sessions, for the meters. */
  counts: { received: number; refused: number };
  /** Unexpected errors. */
  onError(error: unknown): void;
}

/** A chain that a client has subscribed to. */
export interface FollowedChain {
  key: ChainKey;
  /** Row of one of its contracts; -1: none could be had. */
  row: number;
  options: DeliveryOptions;
  /** Number of the subscribe that asked for it. */
  order: number;
}

/** Answer to one name or token of a message. */
type ItemOutcome = Resolution<string | number | ChainKey>;

/**
 * One client's conversation on `/ws/ticks`: messages in, answers and subscriptions out. Messages
 * are answered one after the other, in the order in which they came; what is no message of the
 * protocol is refused at once.
 */
export class ClientSession {
  readonly connection: ClientConnection;
  readonly #ports: SessionPorts;
  readonly #chains = new Map<string, FollowedChain>();
  #principal: Principal | undefined;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #nonsense = 0;
  #subscribes = 0;
  #authenticationTimer: TimerHandle | undefined;

  constructor(
    ports: SessionPorts,
    socket: ClientSocket,
    options: { binary: boolean; principal: Principal | undefined },
  ) {
    this.#ports = ports;
    const nowMs = ports.clock.monotonicMs();
    this.connection = new ClientConnection(socket, options.binary, ports.position(), nowMs);
    if (options.principal === undefined) {
      this.#authenticationTimer = ports.clock.setTimeout(
        () => this.#end(CLOSE.UNAUTHENTICATED, 'UNAUTHENTICATED', 'no key was given in time'),
        AUTHENTICATION_MS,
      );
    } else {
      this.#welcome(options.principal);
    }
  }

  /** A text message has come. */
  onText(text: string): void {
    if (this.connection.closed) return;
    this.#ports.counts.received++;
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
    for (const { key } of this.#chains.values()) this.#ports.chains.unfollow(key);
    this.#chains.clear();
    for (const subscription of this.connection.subscriptions.values()) this.#drop(subscription);
    this.connection.subscriptions.clear();
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

  /** Sends a heartbeat if nothing else has been sent for HEARTBEAT_MS. */
  heartbeatIfIdle(): void {
    const { connection } = this;
    if (!connection.ready || connection.closed) return;
    if (this.#ports.clock.monotonicMs() - connection.lastSentMs < HEARTBEAT_MS) return;
    connection.through = Math.max(connection.through, this.#ports.position());
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
    return this.#chains;
  }

  /** The contracts of a followed chain have changed: the money has moved. */
  onChainChanged(
    key: ChainKey,
    added: Resolution<ChainKey>[],
    removedRows: readonly number[],
  ): void {
    const source = chainName(key);
    const chain = this.#chains.get(source);
    if (chain === undefined || this.connection.closed) return;
    const removed: number[] = [];
    for (const row of removedRows) {
      const subscription = this.connection.subscriptions.get(row);
      if (subscription === undefined || !this.#removeSource(subscription, source)) continue;
      removed.push(subscription.instrument.token);
    }
    const { options, order } = chain;
    const results = added.map((item) => this.#subscribeItem(item, source, options, order));
    const subscriptions = subscribed(results);
    this.send({
      type: 'chain_changed',
      chain: key,
      added: results.map((result) => result.line),
      removed,
    });
    this.#ports.delivery.sendSnapshots(this.connection, subscriptions);
  }

  async #answer(message: CheckedMessage): Promise<void> {
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
        await this.#subscribe(message.id, message.target, message);
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
    const limits = { ...this.#ports.limits, subscriptions: this.#subscriptionsMax() };
    const sessionId = this.#ports.sessionId();
    this.send(helloMessage(sessionId, this.#ports.delivery.epoch, this.connection.through, limits));
    this.connection.ready = true;
  }

  async #subscribe(id: number, target: Target, options: DeliveryOptions): Promise<void> {
    const { mode, greeks } = options;
    const wanted: DeliveryOptions = { mode, greeks };
    const order = ++this.#subscribes;
    let outcomes: { line: SubscriptionResult; subscription: Subscription | undefined }[];
    if (target.kind === 'instruments') {
      const items = await this.#ports.directory.resolveInstruments(target.instruments);
      if (this.connection.closed) return;
      outcomes = items.map((item) => this.#subscribeItem(item, BY_NAME, wanted, order));
    } else {
      const { chain, results } = await this.#ports.directory.resolveChain(target.chain);
      if (this.connection.closed) return;
      const source = chainName(chain);
      if (!this.#chains.has(source)) this.#ports.chains.follow(chain);
      const row = results.find((item) => item.ok)?.instrument.row ?? -1;
      this.#chains.set(source, { key: chain, row, options: wanted, order });
      outcomes = results.map((item) => this.#subscribeItem(item, source, wanted, order));
    }
    this.send({ id, type: 'subscribed', results: outcomes.map((outcome) => outcome.line) });
    this.#ports.delivery.sendSnapshots(this.connection, subscribed(outcomes));
  }

  #subscribeItem(
    item: ItemOutcome,
    source: string,
    options: DeliveryOptions,
    order: number,
  ): { line: SubscriptionResult; subscription: Subscription | undefined } {
    if (!item.ok) return { line: failure(item.request, item.code), subscription: undefined };
    const { subscriptions } = this.connection;
    const { instrument } = item;
    let subscription = subscriptions.get(instrument.row);
    if (subscription === undefined) {
      if (subscriptions.size >= this.#subscriptionsMax()) {
        return { line: failure(item.request, 'LIMIT_EXCEEDED'), subscription: undefined };
      }
      subscription = new Subscription(this.connection, instrument);
      subscriptions.set(instrument.row, subscription);
      this.#ports.index.add(subscription);
    }
    subscription.addSource(source, options, order);
    this.#ports.index.refreshDemand(instrument.row);
    return { line: success(item.request, instrument), subscription };
  }

  async #unsubscribe(id: number, target: Target): Promise<void> {
    let results: SubscriptionResult[];
    if (target.kind === 'instruments') {
      const byRequest = this.#subscriptionsByRequest();
      results = target.instruments.map((request) => {
        const subscription = byRequest.get(request);
        return subscription !== undefined && this.#removeSource(subscription, BY_NAME)
          ? success(request, subscription.instrument)
          : failure(request, 'NOT_SUBSCRIBED');
      });
    } else {
      results = await this.#unsubscribeChain(target.chain);
      if (this.connection.closed) return;
    }
    this.send({ id, type: 'unsubscribed', results });
  }

  /** Subscriptions by both names under which a client may end them. */
  #subscriptionsByRequest(): Map<string | number, Subscription> {
    const byRequest = new Map<string | number, Subscription>();
    for (const subscription of this.connection.subscriptions.values()) {
      byRequest.set(subscription.instrument.token, subscription);
      byRequest.set(subscription.instrument.symbol, subscription);
    }
    return byRequest;
  }

  async #unsubscribeChain(
    request: Extract<Target, { kind: 'chain' }>['chain'],
  ): Promise<SubscriptionResult[]> {
    // The chain may have been named without its expiry: the directory fills that in.
    const { chain } = await this.#ports.directory.resolveChain(request);
    const source = chainName(chain);
    const followed = this.#chains.get(source);
    if (followed === undefined) return [failure(chain, 'NOT_SUBSCRIBED')];
    this.#chains.delete(source);
    this.#ports.chains.unfollow(chain);
    const results: SubscriptionResult[] = [];
    for (const subscription of [...this.connection.subscriptions.values()]) {
      const { instrument } = subscription;
      if (this.#removeSource(subscription, source)) results.push(success(chain, instrument));
    }
    return results;
  }

  #removeSource(subscription: Subscription, source: string): boolean {
    if (!subscription.removeSource(source)) return false;
    if (!subscription.hasSources) {
      this.connection.subscriptions.delete(subscription.instrument.row);
      this.#drop(subscription);
    } else {
      this.#ports.index.refreshDemand(subscription.instrument.row);
    }
    return true;
  }

  #subscriptionsMax(): number {
    const ofKey = this.#principal?.limits.subscriptions ?? 0;
    return Math.min(this.#ports.limits.subscriptions, ofKey);
  }

  #drop(subscription: Subscription): void {
    this.#ports.index.remove(subscription);
    this.#ports.index.refreshDemand(subscription.instrument.row);
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
