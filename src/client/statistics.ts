/** Sums since the client was made. */
export interface ClientStatistics {
  /** Connections that got as far as `hello`. */
  connections: number;
  /** Binary frames, or `ticks` messages. */
  frames: number;
  /** Ticks passed on. */
  ticks: number;
  /** Ticks not newer than their instrument's last one. */
  passedOver: number;
  /** Ticks merged into others, by the service or (`overflow`) here. */
  merged: number;
  /** Ticks missing, where their number is known; every one was reported by a `gap`. */
  missing: number;
}
