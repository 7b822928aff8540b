/** The wire to the order routes of one broker account, as the broker client sees it. */
export type OrderMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface TransportRequest {
  method: OrderMethod;
  /** With its query. */
  path: string;
  /** Null: none. */
  body: string | null;
  /** Null: there is no body. */
  contentType: string | null;
  /** Of the whole call, from now to the last byte of the answer. */
  timeoutMs: number;
}

/** A complete answer, whatever its status; the body is decompressed text. */
export interface TransportAnswer {
  kind: 'answer';
  status: number;
  contentType: string | null;
  body: string;
  /** `Retry-After` in seconds, if it was sent. */
  retryAfterS?: number;
}

/** No complete answer. `bytesWritten` is false only if the peer cannot have seen the request. */
export interface TransportFailure {
  kind: 'failed';
  bytesWritten: boolean;
  /** In words, without a credential. */
  reason: string;
  /** The peer says that it is a simulator, and that is not allowed. */
  isSimulatorRefused?: boolean;
}

export type TransportResult = TransportAnswer | TransportFailure;

export interface OrderTransport {
  /** Sends once, never again, and never rejects. */
  send(request: TransportRequest): Promise<TransportResult>;
  /** The token for the next calls. */
  setAccessToken(accessToken: string): void;
  /** Ends all connections; calls under way fail. */
  close(): Promise<void>;
}
