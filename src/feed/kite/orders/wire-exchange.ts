import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { Clock, TimerHandle } from '../../../domain/clock.ts';
import { errorText } from '../../../domain/error-codes.ts';
import { SIMULATOR_HEADER } from '../protocol.ts';
import type { TransportResult } from './order-transport.ts';

/** Of the body, as it is sent and decompressed: a day's order book of 5,000 rows has 4 MB. */
export const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

const decompress = promisify(gunzip);

export interface ExchangeEnd {
  result: TransportResult;
  /** The head of the answer said so. */
  isSimulator: boolean;
}

/**
 * One request and its answer, as the dispatcher tells of them. What is known of the bytes: the
 * dispatcher calls `onRequestStart` right before it writes the first one, so that a call that ends
 * without it has sent nothing. After it, everything may have been sent.
 */
export class WireExchange implements Dispatcher.DispatchHandler {
  readonly end: Promise<ExchangeEnd>;
  readonly #deadline: TimerHandle;
  readonly #chunks: Buffer[] = [];
  readonly #resolve: (end: ExchangeEnd) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #receivedBytes = 0;
  #isWritten = false;
  #isOver = false;

  constructor(clock: Clock, timeoutMs: number) {
    const { promise, resolve } = withResolver<ExchangeEnd>();
    this.end = promise;
    this.#resolve = resolve;
    this.#deadline = clock.setTimeout(() => {
      this.#fail(`no complete answer within ${timeoutMs} ms`);
    }, timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) {
      // It waited for a connection until its time was over, and was reported as not sent.
      controller.abort(new Error('too late to be sent'));
      return;
    }
    this.#controller = controller;
    if (this.#isWritten) {
      this.#fail('it would have been written twice');
      return;
    }
    this.#isWritten = true;
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > BODY_LIMIT_BYTES) this.#fail(TOO_LARGE);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    void this.#answer();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const { code = '' } = error as NodeJS.ErrnoException;
    this.#fail(errorText(error) || code || 'the connection failed');
  }

  async #answer(): Promise<void> {
    const headers = this.#headers;
    let body = Buffer.concat(this.#chunks);
    if (headers['content-encoding'] === 'gzip' && body.length > 0) {
      try {
        body = await decompress(body, { maxOutputLength: BODY_LIMIT_BYTES });
      } catch (error) {
        this.#fail(`the answer cannot be decompressed: ${errorText(error)}`);
        return;
      }
    }
    const retryAfter = headers['retry-after'] ?? '';
    this.#settle({
      kind: 'answer',
      status: this.#status,
      contentType: headers['content-type'] ?? null,
      body: body.toString('utf8'),
      ...(/^\d{1,6}$/.test(retryAfter) && { retryAfterS: Number(retryAfter) }),
    });
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.#settle({ kind: 'failed', bytesWritten: this.#isWritten, reason });
    this.#controller?.abort(new Error(reason));
  }

  #settle(result: TransportResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline.cancel();
    this.#resolve({ result, isSimulator: this.#headers[SIMULATOR_HEADER] !== undefined });
  }
}

const TOO_LARGE = `the answer is larger than ${BODY_LIMIT_BYTES} bytes`;

function withResolver<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((given) => (resolve = given));
  return { promise, resolve };
}
