import type { RecordedLatencies } from '../harness/latency-histogram.ts';

/** What the main process tells a client process. */
export type ToClient =
  | { type: 'subscribe'; url: string; key: string; tokens: number[]; optionTokens: number[] }
  /** Forget what was counted so far: a run begins. */
  | { type: 'begin' }
  | { type: 'progress' }
  | { type: 'report' }
  | { type: 'stop' };

/** Sums of one run, place by place of the subscribed tokens; sums modulo 2^32. */
export interface TokenSums {
  counts: Uint32Array;
  priceSums: Uint32Array;
  volumeSums: Uint32Array;
  /** Ticks missing in jumps of instrument_sequence that a gap record or the tick itself names. */
  missing: Uint32Array;
  /** Newest last price. */
  lastPrices: Uint32Array;
}

export interface ClientReport {
  sums: TokenSums;
  ticks: number;
  frames: number;
  bytes: number;
  /** Ticks flagged SNAPSHOT: none is expected during a run. */
  snapshots: number;
  /** Records flagged REPRICED, which are no ticks of the stream. */
  repriced: number;
  /** Ticks missing that nothing names. */
  unexplained: number;
  /** Ticks not newer than the instrument's last one. */
  repeated: number;
  /** Ring positions named in gap records. */
  gapPositions: number;
  /** Frames whose `through` fell or lies before their newest tick. */
  badThrough: number;
  /** Option ticks by GREEKS_STATUS. */
  optionStatuses: Uint32Array;
  /** Ticks of other instruments whose status is not NOT_AN_OPTION. */
  otherStatuses: number;
  /** Option ticks with status OK whose iv or Greeks cannot be. */
  badGreeks: number;
  /** From the service's receive time to the client, per tick. */
  fromReceive: RecordedLatencies;
  /** From the service's send time to the client, per tick. */
  fromSend: RecordedLatencies;
  /** CPU time of the client process since the beginning of the run, us. */
  cpuUs: number;
  /** When the newest tick came, epoch us; 0: none. */
  lastTickUs: number;
}

/** What a client process answers; the order is that of the questions. */
export type FromClient =
  | { type: 'subscribed'; failed: number }
  | { type: 'begun' }
  | { type: 'progress'; ticks: number; tokensSeen: number }
  | { type: 'report'; report: ClientReport }
  /** Unasked: the connection has ended. */
  | { type: 'closed'; code: number; reason: string };
