/** Ticks that a client did not get, and why. */
export interface GapEvent {
  /**
   * The reason of the service's gap record; or RECONNECT (sent while the client was away),
   * NEW_EPOCH (the stream began again: how much is missing cannot be known), UNEXPLAINED (a fault).
   */
  reason: string;
  /** The instrument; absent for the whole stream. */
  token?: number;
  /** Number of ticks missing, where it is known. */
  missing?: number;
  /** Stream positions between which the missing ticks lie, inclusive. */
  from?: number;
  to?: number;
}

interface GapRecord {
  from: number;
  to: number;
  reason: string;
}

interface Last {
  sequence: number;
  instrumentSequence: number;
  connection: number;
}

/** Gap records remembered to explain jumps; a jump follows its record closely. */
const RECORDS_MAX = 64;

/**
 * Checks that every instrument's ticks are contiguous. A jump must be named by the service, as
 * ticks merged into this one or in a gap record; what is not is reported as UNEXPLAINED.
 */
export class ContinuityCheck {
  /** Ticks passed over because they were not newer than the instrument's last one. */
  passedOver = 0;
  /** Ticks merged into others by the service. */
  merged = 0;
  /** Ticks missing, whatever the reason, where their number is known. */
  missing = 0;
  readonly #report: (gap: GapEvent) => void;
  readonly #last = new Map<number, Last>();
  #records: GapRecord[] = [];
  #connection = 0;
  #epoch: string | undefined;

  constructor(report: (gap: GapEvent) => void) {
    this.#report = report;
  }

  /** A connection begins. Positions of another epoch say nothing about this one. */
  begin(epoch: string): void {
    this.#connection += 1;
    this.#records = [];
    if (this.#epoch !== undefined && this.#epoch !== epoch && this.#last.size > 0) {
      this.#last.clear();
      this.#report({ reason: 'NEW_EPOCH' });
    }
    this.#epoch = epoch;
  }

  /** The service says that it left out positions `from` to `to`. */
  announce(record: GapRecord): void {
    this.#records.push(record);
    if (this.#records.length > RECORDS_MAX) this.#records.shift();
    this.#report({ reason: record.reason, from: record.from, to: record.to });
  }

  /** The instrument is no longer subscribed: its next tick, if any, starts anew. */
  forget(token: number): void {
    this.#last.delete(token);
  }

  /** False: the tick is not newer than the instrument's last one and to be passed over. */
  accept(
    token: number,
    sequence: number,
    instrumentSequence: number,
    merged: number,
    isSnapshot: boolean,
    isRepriced: boolean,
  ): boolean {
    const last = this.#last.get(token);
    if (last === undefined) {
      // A repriced record repeats a position of another tick and starts nothing.
      if (!isRepriced) this.#start(token, sequence, instrumentSequence);
      return true;
    }
    // The count is 32 bits wide and wraps.
    const step = (instrumentSequence - last.instrumentSequence) | 0;
    if (isRepriced) {
      if (step < 0) this.passedOver += 1;
      return step >= 0;
    }
    const sameConnection = last.connection === this.#connection;
    if (!isSnapshot && step <= 0) {
      this.passedOver += 1;
      return false;
    }
    if (!isSnapshot || !sameConnection) {
      this.merged += merged;
      const missing = step - 1 - merged;
      if (missing > 0) this.#reportMissing(token, last, sequence, missing, sameConnection);
    }
    last.sequence = sequence;
    last.instrumentSequence = instrumentSequence;
    last.connection = this.#connection;
    return true;
  }

  #start(token: number, sequence: number, instrumentSequence: number): void {
    this.#last.set(token, { sequence, instrumentSequence, connection: this.#connection });
  }

  #reportMissing(
    token: number,
    last: Last,
    sequence: number,
    missing: number,
    sameConnection: boolean,
  ): void {
    const from = last.sequence + 1;
    const to = sequence - 1;
    this.missing += missing;
    const reason = sameConnection
      ? (this.#recordFor(from, to, missing)?.reason ?? 'UNEXPLAINED')
      : 'RECONNECT';
    this.#report({ reason, token, missing, from, to });
  }

  /** A record in whose range `missing` positions between `from` and `to` can lie. */
  #recordFor(from: number, to: number, missing: number): GapRecord | undefined {
    return this.#records.find(
      (record) => Math.min(to, record.to) - Math.max(from, record.from) + 1 >= missing,
    );
  }
}
