import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { TimerHandle } from '../../domain/clock.ts';
import { TickerError, type ErrorCode } from '../../domain/error-codes.ts';
import { Backoff } from './backoff.ts';
import { KITE_VERSION_HEADER, SIMULATOR_HEADER } from './protocol.ts';
import { refusalCode } from './refusal.ts';
import { quotable } from './scrub.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { KiteSocketOptions, KiteSocketState } from './socket-options.ts';
import { SubscriptionSync } from './subscription-sync.ts';
import { parseTextFrame } from './text-frame.ts';

const HANDSHAKE_TIMEOUT_MS = 7_000;
const STALL_MS = 5_000;
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

/**
 * One connection to the broker, kept open. Every connection has a generation number; what an older
 * one still has to say is ignored, so there is never more than one live connection. Connections are
 * ended at once: a closing handshake would wait for a peer that may no longer answer.
 */
export class KiteSocket {
  readonly #options: KiteSocketOptions;
  readonly #url: URL;
  readonly #backoff: Backoff;
  readonly #silence: SilenceWatch;
  readonly #sync: SubscriptionSync;
  #accessToken: string;
  /** What no error may show. */
  #secrets: string[];
  #state: KiteSocketState = 'IDLE';
  #failure: TickerError | undefined;
  #ws: WebSocket | undefined;
  #generation = 0;
  #attempts = 0;
  #simulated = false;
  /** The handshake's time-out or the next attempt. */
  #timer: TimerHandle | undefined;
  #flushTimer: TimerHandle | undefined;

  /** Throws TickerError CONFIG_INVALID if `url` is not a WebSocket URL. */
  constructor(options: KiteSocketOptions) {
    const { clock, random, tokens, apiKey, accessToken, stallMs = STALL_MS } = options;
    this.#options = options;
    this.#url = webSocketUrl(options.url);
    this.#backoff = new Backoff(random);
    this.#silence = new SilenceWatch(clock, stallMs, () => {
      options.counts.stalls++;
      this.#fail(this.#error('BROKER_UNREACHABLE', `no frame for ${stallMs} ms`));
    });
    this.#sync = new SubscriptionSync(tokens);
    this.#accessToken = accessToken;
    this.#secrets = [apiKey, accessToken];
  }

  get state(): KiteSocketState {
    return this.#state;
  }

  /** Why the last connection failed; undefined while OPEN and before anything failed. */
  get failure(): TickerError | undefined {
    return this.#failure;
  }

  /** Whether the peer of the newest connection said that it is a simulator. */
  get simulated(): boolean {
    return this.#simulated;
  }

  /** Attempts after the first one. */
  get reconnects(): number {
    return Math.max(0, this.#attempts - 1);
  }

  /** Since the last frame, or since the opening if none came yet; null unless OPEN. */
  get lastFrameAgeMs(): number | null {
    return this.#state === 'OPEN' ? this.#silence.ageMs : null;
  }

  /** Connects, once; later calls change nothing. */
  start(): void {
    if (this.#state === 'IDLE') this.#connect();
  }

  /** Ends the connection at once and for good. */
  stop(): void {
    if (this.#state === 'CLOSED') return;
    this.#drop();
    this.#enter('CLOSED', undefined);
  }

  /** The token for the next connection, which is made now if the broker had refused the old one. */
  setAccessToken(accessToken: string): void {
    this.#secrets = [this.#options.apiKey, accessToken, this.#accessToken];
    this.#accessToken = accessToken;
    if (this.#state !== 'AUTH_REQUIRED') return;
    this.#backoff.reset();
    this.#connect();
  }

  /** `token` changed in the wanted instruments. The broker is told at the end of this turn. */
  mark(token: number): void {
    this.#sync.mark(token);
    if (this.#state !== 'OPEN') return;
    this.#flushTimer ??= this.#options.clock.setTimeout(() => this.#flush(), 0);
  }

  #connect(): void {
    this.#drop();
    const { apiKey, clock, maxPayloadBytes, handshakeTimeoutMs } = this.#options;
    const url = new URL(this.#url);
    url.searchParams.set('api_key', apiKey);
    url.searchParams.set('access_token', this.#accessToken);
    const ws = new WebSocket(url, {
      headers: KITE_VERSION_HEADER,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: maxPayloadBytes ?? MAX_PAYLOAD_BYTES,
    });
    this.#listen(ws, this.#generation, this.#accessToken);
    this.#ws = ws;
    this.#attempts++;
    const timeoutMs = handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
    this.#timer = clock.setTimeout(() => {
      this.#fail(this.#error('BROKER_UNREACHABLE', `no connection within ${timeoutMs} ms`));
    }, timeoutMs);
    this.#enter('CONNECTING', this.#failure);
  }

  #listen(ws: WebSocket, generation: number, accessToken: string): void {
    const isCurrent = (): boolean => generation === this.#generation;
    ws.on('upgrade', (response) => {
      if (isCurrent()) this.#takesPeer(response);
    });
    ws.on('unexpected-response', (_request, response) => {
      if (isCurrent() && this.#takesPeer(response)) this.#onRefusal(response, accessToken);
    });
    ws.on('open', () => {
      if (isCurrent()) this.#onOpen();
    });
    ws.on('message', (data, isBinary) => {
      // With the default binaryType every message is one Buffer.
      if (isCurrent()) this.#onMessage(data as Buffer, isBinary);
    });
    ws.on('error', (error) => {
      if (isCurrent()) this.#fail(this.#connectionError(error));
    });
    ws.on('close', (code, reason) => {
      if (!isCurrent()) return;
      const text = `closed by the broker with ${code} ${reason.toString('utf8')}`;
      this.#fail(this.#error('BROKER_UNREACHABLE', text.trimEnd()));
    });
  }

  /** False if the peer is a simulator and must not be one; the connection has ended then. */
  #takesPeer(response: IncomingMessage): boolean {
    this.#simulated = response.headers[SIMULATOR_HEADER] !== undefined;
    if (!this.#simulated || this.#options.refuseSimulator !== true) return true;
    this.#end('CLOSED', this.#error('SIMULATOR_REFUSED', 'the peer says that it is a simulator'));
    return false;
  }

  #onRefusal(response: IncomingMessage, accessToken: string): void {
    const status = response.statusCode ?? 0;
    const text = `HTTP ${status} on the WebSocket upgrade`;
    if (status !== 401 && status !== 403) {
      this.#fail(this.#error(refusalCode(status), text), status === 429);
      return;
    }
    this.#options.counts.authRefusals++;
    const failure = this.#error('BROKER_SESSION', text);
    // A token that came during the handshake has not been refused yet.
    if (accessToken === this.#accessToken) this.#end('AUTH_REQUIRED', failure);
    else this.#fail(failure);
  }

  #onOpen(): void {
    this.#timer?.cancel();
    this.#options.counts.connects++;
    this.#silence.start();
    this.#sync.reset();
    this.#flush();
    this.#enter('OPEN', undefined);
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    const { clock, listener, counts } = this.#options;
    const receiveTimeUs = clock.nowUs();
    const nowMs = clock.monotonicMs();
    this.#silence.frameCame(nowMs);
    this.#backoff.dataCame(nowMs);
    if (isBinary) {
      listener.onFrame(data, receiveTimeUs);
      return;
    }
    const message = parseTextFrame(data.toString('utf8'));
    if (message === undefined) counts.badTexts++;
    else listener.onText(message);
  }

  #flush(): void {
    this.#flushTimer = undefined;
    for (const message of this.#sync.takeMessages()) this.#ws?.send(message);
  }

  /** Ends this connection and plans the next one. */
  #fail(failure: TickerError, isRateLimited = false): void {
    const delayMs = isRateLimited
      ? this.#backoff.nextDelayWhenRateLimitedMs()
      : this.#backoff.nextDelayMs();
    this.#end('BACKING_OFF', failure, delayMs);
  }

  /** Ends this connection; the next one is made after `delayMs`, if there is one. */
  #end(state: KiteSocketState, failure: TickerError, delayMs?: number): void {
    const { counts, clock } = this.#options;
    if (this.#state === 'OPEN') counts.disconnects++;
    else counts.connectFailures++;
    this.#drop();
    if (delayMs !== undefined) {
      this.#timer = clock.setTimeout(() => this.#connect(), delayMs);
    }
    this.#enter(state, failure);
  }

  /** From here on nothing of the current connection counts. */
  #drop(): void {
    this.#generation++;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    this.#silence.stop();
    const ws = this.#ws;
    this.#ws = undefined;
    ws?.terminate();
  }

  /** Last in every transition, because the listener may start another one. */
  #enter(state: KiteSocketState, failure: TickerError | undefined): void {
    this.#state = state;
    this.#failure = failure;
    this.#options.listener.onState(state, failure);
  }

  #connectionError(error: NodeJS.ErrnoException): TickerError {
    const code = error.code ?? '';
    const isProtocolError = code.startsWith('WS_ERR');
    // An error made of several, one an address, has a code and no message.
    const text = error.message === '' ? code : error.message;
    return this.#error(isProtocolError ? 'BROKER_ANSWER' : 'BROKER_UNREACHABLE', text);
  }

  #error(code: ErrorCode, text: string): TickerError {
    return new TickerError(code, `${this.#url.host}: ${quotable(text, this.#secrets)}`);
  }
}

function webSocketUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^wss?:$/.test(url.protocol) || url.hash !== '') {
    throw new TickerError('CONFIG_INVALID', 'the WebSocket URL of the broker is not a ws(s) URL');
  }
  return url;
}
