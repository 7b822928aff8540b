import type {
  OrderTransport,
  TransportAnswer,
  TransportRequest,
  TransportResult,
} from '../../../../src/feed/kite/orders/order-transport.ts';

export interface SentRequest extends TransportRequest {
  /** Ends the call. */
  answer: (result: TransportResult) => void;
}

/** An order wire on which a test is the broker: every request waits until the test answers it. */
export class ScriptedOrderTransport implements OrderTransport {
  readonly sent: SentRequest[] = [];
  readonly tokens: string[] = [];
  isClosed = false;
  /** Answers at once; undefined: the test answers. */
  reply: ((request: TransportRequest) => TransportResult) | undefined;

  send(request: TransportRequest): Promise<TransportResult> {
    return new Promise((resolve) => {
      this.sent.push({ ...request, answer: resolve });
      if (this.reply !== undefined) resolve(this.reply(request));
    });
  }

  setAccessToken(accessToken: string): void {
    this.tokens.push(accessToken);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

export function success(data: unknown): TransportAnswer {
  const body = JSON.stringify({ status: 'success', data });
  return { kind: 'answer', status: 200, contentType: 'application/json', body };
}

export function failure(status: number, errorType: string, message: string): TransportAnswer {
  const body = JSON.stringify({ status: 'error', message, data: null, error_type: errorType });
  return { kind: 'answer', status, contentType: 'application/json', body };
}

export function page(status: number): TransportAnswer {
  const body = '<html><body><h1>Bad gateway</h1></body></html>';
  return { kind: 'answer', status, contentType: 'text/html', body };
}

export function broken(bytesWritten: boolean, reason = 'connection reset'): TransportResult {
  return { kind: 'failed', bytesWritten, reason };
}

/** All that promises have to do has been done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
