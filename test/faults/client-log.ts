/** What one client says and hears over all its connections, in the order of its happening. */
export type LogEntry =
  /** A connection begins. */
  | { kind: 'open'; atMs: number }
  /** The client's message, as text. */
  | { kind: 'sent'; atMs: number; text: string }
  | { kind: 'text'; atMs: number; text: string; state: ServiceState | undefined }
  | { kind: 'frame'; atMs: number; bytes: Uint8Array; state: ServiceState | undefined }
  /** 1006: the connection broke, or was given up. */
  | { kind: 'closed'; atMs: number; code: number; reason: string };

/** What the ledger held when the service sent a message; unknown on real sockets. */
export interface ServiceState {
  /** Epoch of the service. */
  epoch: string;
  /** Newest published position. */
  newest: number;
}

export type ClientLog = LogEntry[];
