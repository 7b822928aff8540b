/**
 * What the client needs of a WebSocket. The browser's, Node's own (22 and later) and `ws` have it.
 */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** `ws` only: closes without a handshake. */
  terminate?(): void;
  /** `ws` only: reads nothing more until `resume`, so that the peer's writes back up. */
  pause?(): void;
  resume?(): void;
  /** Our Node socket only: HTTP status of a refused upgrade. Browsers do not tell it. */
  readonly refusedStatus?: number | undefined;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;
