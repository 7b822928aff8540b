/** Ticks that a client did not get, and why. */
export interface GapEvent {
  /**
   * The reason of the service's gap record; or RECONNECT (sent while the client was away),
   * SNAPSHOT (a subscription that was repeated went on at the newest value), NEW_EPOCH (the stream
   * began again: how much is missing cannot be known), UNEXPLAINED (a fault).
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
  /** Nothing held the instrument for a time: what is missing was not wanted. */
  isRetired: boolean;
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
  /** Instruments whose newest value was asked for and has not come. */
  readonly #outstanding = new Set<number>();
  /** Those of them that somebody new wants, for whom it is no repeat. */
  readonly #expected = new Set<number>();
  #records: GapRecord[] = [];
  #connection = 0;
  #epoch: string | undefined;

  constructor(report: (gap: GapEvent) => void) {
    this.#report = report;
  }

  /**
   * A connection begins that does not continue the last one (one that does needs no call).
   * Positions of another epoch say nothing about this one.
   */
  begin(epoch: string): void {
    this.#connection += 1;
    this.#records = [];
    if (this.#epoch !== undefined && this.#epoch !== epoch) {
      const isMissed = [...this.#last.values()].some(({ isRetired }) => !isRetired);
      this.#last.clear();
      if (isMissed) this.#report({ reason: 'NEW_EPOCH' });
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
    this.#arrived(token);
    const last = this.#last.get(token);
    if (last !== undefined) last.isRetired = true;
  }

  /** Its newest value was asked for. `isNew`: it is to be passed on even if it came before. */
  expect(token: number, isNew: boolean): void {
    this.#outstanding.add(token);
    if (isNew) this.#expected.add(token);
  }

  /** Whether nothing has come of the instrument since `expect`. */
  isOutstanding(token: number): boolean {
    return this.#outstanding.has(token);
  }

  /** Count of the instrument's last tick. */
  lastOf(token: number): number | undefined {
    return this.#last.get(token)?.instrumentSequence;
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
    const isWanted = isRepriced
      ? step === 0
      : step > 0 || (isSnapshot && this.#expected.has(token));
    if (!isWanted) {
      this.passedOver += 1;
      if (isSnapshot) this.#arrived(token);
    }
    if (isRepriced || !isWanted) return isWanted;
    if (!last.isRetired && step > 0) {
      this.merged += merged;
      const missing = step - 1 - merged;
      if (missing > 0) this.#reportMissing(token, last, sequence, missing, isSnapshot);
    }
    this.#arrived(token);
    last.sequence = sequence;
    last.instrumentSequence = instrumentSequence;
    last.connection = this.#connection;
    last.isRetired = false;
    return true;
  }

  #start(token: number, sequence: number, instrumentSequence: number): void {
    const connection = this.#connection;
    this.#last.set(token, { sequence, instrumentSequence, connection, isRetired: false });
    this.#arrived(token);
  }

  #arrived(token: number): void {
    this.#outstanding.delete(token);
    this.#expected.delete(token);
  }

  #reportMissing(
    token: number,
    last: Last,
    sequence: number,
    missing: number,
    isSnapshot: boolean,
  ): void {
    const from = last.sequence + 1;
    const to = sequence - 1;
    this.missing += missing;
    const reason =
      last.connection === this.#connection
        ? (this.#recordFor(from, to, missing)?.reason ?? (isSnapshot ? 'SNAPSHOT' : 'UNEXPLAINED'))
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
