import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock, TimerHandle } from '../../../domain/clock.ts';
import { errorText } from '../../../domain/error-codes.ts';

const TRIES = 3;
const RETRY_MS = 1000;
const TIMEOUT_MS = 5000;

/**
 * Sends a body to an address. `onEnd` is called once, later: null when it was taken, else why not.
 * Returns what gives up.
 */
export type PostbackSend = (
  url: string,
  body: string,
  onEnd: (problem: string | null) => void,
) => (reason: string) => void;

/** Posts order updates to the addresses of apps: raw JSON, tried three times a second apart. */
export class Postbacks {
  readonly #clock: Clock;
  readonly #log: (message: string) => void;
  readonly #send: PostbackSend;
  readonly #urls = new Map<string, string>();
  readonly #timers = new Set<TimerHandle>();
  #isStopped = false;

  constructor(clock: Clock, log: (message: string) => void, send: PostbackSend = overHttp) {
    this.#clock = clock;
    this.#log = log;
    this.#send = send;
  }

  /** An empty address ends the postbacks of the account. */
  setUrl(account: string, url: string): void {
    if (url === '') this.#urls.delete(account);
    else this.#urls.set(account, url);
  }

  of(account: string): ((body: string) => void) | null {
    const url = this.#urls.get(account);
    return url === undefined ? null : (body) => this.#post(url, body, 1);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #post(url: string, body: string, attempt: number): void {
    let isOver = false;
    const end = (problem: string | null): void => {
      if (isOver) return;
      isOver = true;
      this.#drop(deadline);
      if (problem === null || this.#isStopped) return;
      this.#log(`postback to ${url} failed, attempt ${attempt}: ${problem}`);
      if (attempt < TRIES) this.#later(RETRY_MS, () => this.#post(url, body, attempt + 1));
    };
    const giveUp = this.#send(url, body, end);
    const deadline = this.#later(TIMEOUT_MS, () => giveUp('no answer'));
  }

  #drop(timer: TimerHandle): void {
    timer.cancel();
    this.#timers.delete(timer);
  }

  #later(delayMs: number, action: () => void): TimerHandle {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }
}

function overHttp(
  url: string,
  body: string,
  onEnd: (problem: string | null) => void,
): (reason: string) => void {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const outgoing = send(url, {
    method: 'POST',
    agent: false,
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
  });
  outgoing.on('response', (answer) => {
    answer.resume();
    const { statusCode = 0 } = answer;
    onEnd(statusCode >= 200 && statusCode < 300 ? null : `status ${statusCode}`);
  });
  outgoing.on('error', (error) => onEnd(errorText(error)));
  outgoing.end(body);
  return (reason) => outgoing.destroy(new Error(reason));
}
