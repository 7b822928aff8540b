import type { UpstreamMode } from '../../domain/ports.ts';

/** Who wants an instrument from the broker. */
export type DemandSource = 'clients' | 'base' | 'forwards' | 'orders';

export interface DemandChange {
  row: number;
  mode: UpstreamMode;
}

/** A contract that was promised to a client is counted as in demand for so long. */
const RESERVATION_MS = 10_000;

/**
 * What is wanted of every instrument row, over all sources; the highest mode counts. Changes leave
 * in batches.
 */
export class DemandBook {
  readonly #capacity: number;
  readonly #nowMs: () => number;
  readonly #emit: (changes: DemandChange[]) => void;
  readonly #wanted: Readonly<Record<DemandSource, Map<number, UpstreamMode>>> = {
    clients: new Map(),
    base: new Map(),
    forwards: new Map(),
    orders: new Map(),
  };
  readonly #effective = new Map<number, UpstreamMode>();
  readonly #dirty = new Set<number>();
  /** Row to the monotonic ms until which it is reserved. */
  readonly #reserved = new Map<number, number>();
  #scheduled = false;

  /** `capacity`: instruments that the broker sockets can carry. */
  constructor(capacity: number, nowMs: () => number, emit: (changes: DemandChange[]) => void) {
    this.#capacity = capacity;
    this.#nowMs = nowMs;
    this.#emit = emit;
  }

  /** Instruments in demand. */
  get size(): number {
    return this.#effective.size;
  }

  modeOf(row: number): UpstreamMode {
    return this.#effective.get(row) ?? 0;
  }

  /** Rows that `source` wants, with modes. */
  wantedBy(source: DemandSource): ReadonlyMap<number, UpstreamMode> {
    return this.#wanted[source];
  }

  set(source: DemandSource, row: number, mode: UpstreamMode): void {
    this.#reserved.delete(row);
    const wanted = this.#wanted[source];
    if ((wanted.get(row) ?? 0) === mode) return;
    if (mode === 0) wanted.delete(row);
    else wanted.set(row, mode);
    this.#refresh(row);
  }

  /** Forgets everything that `source` wants. */
  clear(source: DemandSource): void {
    const rows = [...this.#wanted[source].keys()];
    this.#wanted[source].clear();
    for (const row of rows) this.#refresh(row);
  }

  /** Sets aside room for `row`, which a client is about to want. False: there is none. */
  reserve(row: number): boolean {
    if (this.#effective.has(row)) return true;
    if (!this.#reserved.has(row) && !this.#hasRoom()) return false;
    this.#reserved.set(row, this.#nowMs() + RESERVATION_MS);
    return true;
  }

  /** Everything in demand, e.g. for an ingest thread that has just started. */
  all(): DemandChange[] {
    return [...this.#effective].map(([row, mode]) => ({ row, mode }));
  }

  #hasRoom(): boolean {
    if (this.#effective.size + this.#reserved.size < this.#capacity) return true;
    this.#dropOldReservations();
    return this.#effective.size + this.#reserved.size < this.#capacity;
  }

  #dropOldReservations(): void {
    const nowMs = this.#nowMs();
    for (const [row, untilMs] of this.#reserved) if (untilMs <= nowMs) this.#reserved.delete(row);
  }

  #refresh(row: number): void {
    const { clients, base, forwards, orders } = this.#wanted;
    const mode = Math.max(
      clients.get(row) ?? 0,
      base.get(row) ?? 0,
      forwards.get(row) ?? 0,
      orders.get(row) ?? 0,
    ) as UpstreamMode;
    if (this.modeOf(row) === mode) return;
    if (mode === 0) this.#effective.delete(row);
    else this.#effective.set(row, mode);
    this.#dirty.add(row);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const changes = [...this.#dirty].map((row) => ({ row, mode: this.modeOf(row) }));
    this.#dirty.clear();
    this.#emit(changes);
  }
}
