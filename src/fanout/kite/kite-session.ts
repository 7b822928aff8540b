import { mayTouchAccount, type Principal } from '../../domain/access.ts';
import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { ERRORS, type ErrorCode, TickerError } from '../../domain/error-codes.ts';
import {
  CLOSE,
  type ClientSocket,
  type InstrumentDirectory,
  type Resolution,
} from '../../domain/ports.ts';
import { MODE } from '../../domain/status.ts';
import { KiteClient, type KiteSubscription } from './kite-client.ts';
import { HEARTBEAT_FRAME } from './kite-frame.ts';
import {
  checkKiteMessage,
  isKiteRefusal,
  type KiteMessage,
  type KiteMode,
} from './kite-message.ts';
import type { KiteTaker } from './kite-taker.ts';

/** Instruments of one connection, as at the broker. */
export const SUBSCRIPTIONS_MAX = 3000;
/** All 3,000 instruments, each subscribed and given its mode by its own message, are 300 kB. */
export const MESSAGE_BYTES_PER_SECOND_MAX = 1_048_576;
/** Messages that are none of the protocol; after so many of them a client is closed. */
const NONSENSE_MAX = 20;
/** A client that has read nothing for so long, with more than it may have waiting, is cut off. */
const STUCK_MS = 30_000;
/**
 * So long subscriptions are gathered: the mode that follows counts for the first packet, even if
 * it was held up for an acknowledgement (40 ms).
 */
const GATHER_MS = 50;
/** How long an instrument that cannot be had for the moment is left alone before the next try. */
const RETRY_MS = 2_000;
/** Tokens named in an error text. */
const NAMED_MAX = 10;

/** What the sessions share. */
export interface KitePorts {
  clock: Clock;
  directory: InstrumentDirectory;
  taker: KiteTaker;
  /** Longest message. */
  messageBytes: number;
  counts: { received: number; refused: number; heartbeats: number; tooSlow: number };
  /** Unexpected errors. */
  onError(error: unknown): void;
}

/**
 * One client's conversation in the broker's own protocol: messages in, subscriptions and text
 * frames out. The protocol has no answers; what cannot be done is said in a text frame of type
 * `error`, which the official clients hand to their error callback or pass over.
 */
export class KiteSession {
  readonly client: KiteClient;
  readonly #ports: KitePorts;
  readonly #principal: Principal;
  /** Tokens whose row is to be found. */
  readonly #unresolved = new Set<number>();
  /** Those of them that could not be had for the moment, and since when. */
  readonly #failing = new Set<number>();
  #failingSinceMs = 0;
  #gathering: TimerHandle | undefined;
  #isResolving = false;
  #nonsense = 0;
  #messageBytes = 0;

  constructor(ports: KitePorts, socket: ClientSocket, principal: Principal) {
    this.#ports = ports;
    this.#principal = principal;
    this.client = new KiteClient(socket);
  }

  get socket(): ClientSocket {
    return this.client.socket;
  }

  /** A text message has come. */
  onText(text: string): void {
    if (this.client.closed) return;
    this.#ports.counts.received++;
    this.#messageBytes += text.length;
    if (this.#messageBytes > MESSAGE_BYTES_PER_SECOND_MAX) {
      this.#ports.counts.refused++;
      const limit = `${MESSAGE_BYTES_PER_SECOND_MAX} bytes of messages a second`;
      this.#end(CLOSE.LIMIT_EXCEEDED, 'RATE_LIMITED', `a client may send ${limit}`);
      return;
    }
    if (text.length > this.#ports.messageBytes) {
      this.#refuseNonsense(`a message has at most ${this.#ports.messageBytes} bytes`);
      return;
    }
    const message = checkKiteMessage(text);
    if (isKiteRefusal(message)) this.#refuseNonsense(message.refused);
    else this.#do(message);
  }

  /** A binary message has come: the protocol has none. */
  onBinary(): void {
    if (this.client.closed) return;
    this.#ports.counts.received++;
    this.#refuseNonsense('messages are JSON text');
  }

  /** The client has read. */
  onDrain(): void {
    this.#ports.taker.sendDue(this.client);
  }

  /** The socket is gone: nothing of this client stays behind. */
  onClose(): void {
    const { client } = this;
    client.closed = true;
    this.#gathering?.cancel();
    this.#unresolved.clear();
    this.#failing.clear();
    for (const subscription of client.subscriptions.values()) {
      this.#ports.taker.remove(subscription);
    }
    client.subscriptions.clear();
  }

  /** Sends a text frame: `error`, `message` or `order`. */
  sendText(type: string, data: unknown): void {
    if (!this.client.closed && this.client.socket.send(JSON.stringify({ type, data }))) {
      this.client.isQuiet = false;
    }
  }

  /** An order of `account` has changed: `data` is the broker's own record of it. */
  onOrder(account: string, data: unknown): void {
    if (mayTouchAccount(this.#principal, account)) this.sendText('order', data);
  }

  /** Once a second: heartbeat, what did not come or could not be had, clients that do not read. */
  second(): void {
    const { client } = this;
    if (client.closed) return;
    this.#messageBytes = 0;
    this.#retry();
    this.#ports.taker.giveUpWaiting(client);
    if (this.#ports.taker.isCongested(client)) {
      this.#watchStuck();
      return;
    }
    client.unreadBytes = 0;
    this.#ports.taker.sendDue(client);
    if (client.isQuiet && client.socket.send(HEARTBEAT_FRAME)) this.#ports.counts.heartbeats++;
    client.isQuiet = true;
  }

  /** Ends the connection if its key has been revoked or has expired; true: it did. */
  endIfRevoked(isValid: (keyId: string) => boolean): boolean {
    if (this.client.closed || isValid(this.#principal.keyId)) return false;
    this.#end(CLOSE.KEY_REVOKED, 'KEY_REVOKED', ERRORS.KEY_REVOKED.detail);
    return true;
  }

  #do(message: KiteMessage): void {
    const { tokens, passedOver } = message;
    switch (message.action) {
      case 'subscribe':
        this.#subscribe(tokens);
        break;
      case 'unsubscribe':
        this.#unsubscribe(tokens);
        break;
      case 'mode':
        this.#setMode(message.mode, tokens);
    }
    if (passedOver > 0) {
      this.#refuse(`instrument tokens are numbers; ${passedOver} other items were passed over`);
    }
  }

  #subscribe(tokens: readonly number[]): void {
    const { subscriptions } = this.client;
    const { subscriptions: ofKey } = this.#principal.limits;
    const max = Math.min(SUBSCRIPTIONS_MAX, ofKey);
    let refused = 0;
    for (const token of tokens) {
      const known = subscriptions.get(token);
      if (known !== undefined) {
        if (known.row >= 0) this.#ports.taker.ask(known);
      } else if (subscriptions.size >= max) {
        refused++;
      } else {
        subscriptions.set(token, this.#newSubscription(token));
        this.#unresolved.add(token);
      }
    }
    if (refused > 0) {
      this.#refuse(`Limit of ${max} instruments reached, ${refused} not subscribed`);
    }
    if (this.#unresolved.size > 0) this.#resolveSoon();
  }

  #newSubscription(token: number): KiteSubscription {
    return {
      client: this.client,
      token,
      // Of a bare subscribe, as the broker has it.
      mode: MODE.QUOTE,
      row: -1,
      lastSequence: 0,
      started: false,
      isAsked: false,
      isFirst: false,
      postponed: 0,
      sinceMs: 0,
    };
  }

  #unsubscribe(tokens: readonly number[]): void {
    for (const token of tokens) this.#drop(token);
  }

  /** Only what is subscribed has a mode. */
  #setMode(mode: KiteMode, tokens: readonly number[]): void {
    for (const token of tokens) {
      const subscription = this.client.subscriptions.get(token);
      if (subscription === undefined) continue;
      subscription.mode = mode;
      if (subscription.row >= 0) this.#ports.taker.changedMode(subscription);
    }
  }

  #drop(token: number): void {
    const subscription = this.client.subscriptions.get(token);
    if (subscription === undefined) return;
    this.client.subscriptions.delete(token);
    this.#unresolved.delete(token);
    this.#failing.delete(token);
    this.#ports.taker.remove(subscription);
  }

  #resolveSoon(): void {
    this.#gathering ??= this.#ports.clock.setTimeout(() => {
      this.#gathering = undefined;
      void this.#resolve();
    }, GATHER_MS);
  }

  /** Finds the rows of what was subscribed; what comes meanwhile goes with the next question. */
  async #resolve(): Promise<void> {
    if (this.#isResolving) return;
    this.#isResolving = true;
    while (this.#unresolved.size > 0 && !this.client.closed) {
      const tokens = [...this.#unresolved];
      this.#unresolved.clear();
      try {
        this.#begin(await this.#ports.directory.resolveInstruments(tokens));
      } catch (error) {
        if (!(error instanceof TickerError)) this.#ports.onError(error);
        this.#failed(error instanceof TickerError ? error.code : 'INTERNAL', tokens);
      }
    }
    this.#isResolving = false;
  }

  #begin(results: readonly Resolution<string | number>[]): void {
    const failed = new Map<ErrorCode, number[]>();
    for (const result of results) {
      const token = Number(result.request);
      if (!result.ok) {
        const list = failed.get(result.code);
        if (list === undefined) failed.set(result.code, [token]);
        else list.push(token);
        continue;
      }
      const subscription = this.client.subscriptions.get(token);
      // Unsubscribed meanwhile, and perhaps subscribed again and begun already.
      if (subscription === undefined || subscription.row >= 0) continue;
      subscription.row = result.instrument.row;
      this.#unresolved.delete(token);
      this.#failing.delete(token);
      this.#ports.taker.add(subscription);
    }
    for (const [code, tokens] of failed) this.#failed(code, tokens);
  }

  /** They could not be had: for the moment, or at all. The client is told, once. */
  #failed(code: ErrorCode, tokens: readonly number[]): void {
    const { retryable, detail } = ERRORS[code];
    const said = tokens.filter(
      (token) =>
        this.client.subscriptions.get(token)?.row === -1 &&
        !(retryable && this.#failing.has(token)),
    );
    for (const token of said) {
      if (retryable) this.#failing.add(token);
      else this.#drop(token);
    }
    this.#failingSinceMs = this.#ports.clock.monotonicMs();
    if (said.length === 0) return;
    const more = said.length > NAMED_MAX ? ` and ${said.length - NAMED_MAX} more` : '';
    this.#refuse(`${code}: ${detail} ${said.slice(0, NAMED_MAX).join(', ')}${more}`);
  }

  /** The official clients cannot learn that an instrument is missing, so it is tried again. */
  #retry(): void {
    if (this.#failing.size === 0) return;
    if (this.#ports.clock.monotonicMs() - this.#failingSinceMs < RETRY_MS) return;
    for (const token of this.#failing) this.#unresolved.add(token);
    void this.#resolve();
  }

  #refuse(text: string): void {
    this.#ports.counts.refused++;
    this.sendText('error', text);
  }

  #refuseNonsense(text: string): void {
    this.#refuse(text);
    if (++this.#nonsense >= NONSENSE_MAX) {
      this.#end(CLOSE.BAD_PROTOCOL, 'BAD_MESSAGE', `${this.#nonsense} messages broke the protocol`);
    }
  }

  #watchStuck(): void {
    const { client } = this;
    const { clock, counts } = this.#ports;
    const unreadBytes = client.socket.bufferedBytes();
    const nowMs = clock.monotonicMs();
    if (client.unreadBytes === 0 || unreadBytes < client.unreadBytes) {
      client.unreadSinceMs = nowMs;
    } else if (nowMs - client.unreadSinceMs >= STUCK_MS) {
      counts.tooSlow++;
      // Like the broker, without a close frame: it would have to wait behind what is not read.
      client.closed = true;
      client.socket.terminate();
    }
    client.unreadBytes = unreadBytes;
  }

  #end(closeCode: number, code: ErrorCode, detail: string): void {
    this.sendText('error', `${code}: ${detail}`);
    if (this.client.closed) return;
    this.client.closed = true;
    this.client.socket.end(closeCode, `${code}: ${detail}`);
  }
}
