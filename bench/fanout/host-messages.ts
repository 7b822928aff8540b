/** What a server process of the fan-out bench is told. */
export type ToHost =
  | { type: 'start'; key: string; windowMs: number }
  /** Ticks at `rate` per second for `durationMs`, in portions every `periodMs`. */
  | { type: 'feed'; rate: number; durationMs: number; periodMs: number }
  | { type: 'usage' };

/** What the process has used so far. */
export interface HostUsage {
  cpuUs: number;
  /** Of the feeder, which stands for the broker and ingest: not the server's own work. */
  feederCpuUs: number;
  residentBytes: number;
}

/** What was fed. */
export interface Fed {
  /** Ring positions of the ticks: after `from`, up to `to`. */
  from: number;
  to: number;
  /** When it began, epoch us. */
  startedUs: number;
  /** Ticks left out because the feeder was later than it makes up for. */
  skipped: number;
}

export type FromHost =
  | { type: 'listening'; port: number; tokens: number[]; optionTokens: number[] }
  | ({ type: 'fed' } & Fed)
  | ({ type: 'usage' } & HostUsage);
