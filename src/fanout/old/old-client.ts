import type { NamedInstrument } from '../../domain/instrument.ts';
import type { ClientSocket } from '../../domain/ports.ts';

/** What one old client gets of one instrument: every tick, in full. */
export interface OldSubscription {
  readonly client: OldClient;
  readonly instrument: NamedInstrument;
  /** Of the instrument table. */
  readonly row: number;
  /** Newest `instrument_sequence` sent; meaningless unless `started`. */
  lastSequence: number;
  started: boolean;
  /** Ticks that were not sent when they came; the last value stands for all of them. */
  postponed: number;
}

/** One old client as the taker of ticks sees it. */
export class OldClient {
  readonly socket: ClientSocket;
  /** By token. */
  readonly subscriptions = new Map<number, OldSubscription>();
  /** Their last values are to be sent as soon as the client takes something. */
  readonly due = new Set<OldSubscription>();
  closed = false;

  constructor(socket: ClientSocket) {
    this.socket = socket;
  }
}
