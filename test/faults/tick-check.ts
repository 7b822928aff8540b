import { GREEKS_STATUS } from '../../src/domain/status.ts';
import type { ModeName } from '../../src/wire/messages.ts';
import type { GreeksWitness } from './greeks-witness.ts';
import type { HeardTick } from './heard-ticks.ts';
import type { HeldInstrument } from './held-subscriptions.ts';
import type { Ledger } from './ledger.ts';
import { NamedGaps } from './named-gaps.ts';
import { difference } from './tick-values.ts';
import { demand } from './violation.ts';

/** Sums over all connections of a client. */
export interface TickCounts {
  ticks: number;
  snapshots: number;
  repriced: number;
  /** Ticks merged into others. */
  merged: number;
  /** Ticks that are missing and named by a gap record. */
  named: number;
  /** Ticks passed over after a resume. */
  passedOver: number;
}

/** The stream of one epoch as one client hears it, tick by tick. */
export class TickCheck {
  readonly epoch: string;
  readonly ledger: Ledger | undefined;
  readonly gaps = new NamedGaps();
  readonly #greeks: GreeksWitness;
  readonly #counts: TickCounts;
  /** After a resume, until it is completed. */
  isReplaying = false;

  /** Without a ledger values go unchecked, and a gap's range must only have room. */
  constructor(
    epoch: string,
    ledger: Ledger | undefined,
    greeks: GreeksWitness,
    counts: TickCounts,
  ) {
    this.epoch = epoch;
    this.ledger = ledger;
    this.#greeks = greeks;
    this.#counts = counts;
  }

  /** A tick of an instrument that is held. `mode` of its frame, where the format says it. */
  take(tick: HeardTick, held: HeldInstrument, mode: ModeName | undefined): void {
    const { wanted } = held;
    const name = `${tick.token} #${tick.instrumentSequence} at ${tick.sequence}`;
    demand(mode === undefined || mode === wanted.mode, `${name}: ${mode} is not what is wanted`);
    this.#values(tick, wanted.mode, name);
    this.#greeksOf(tick, held, name);
    const step = (tick.instrumentSequence - held.last) | 0;
    if (tick.isRepriced) {
      this.#counts.repriced++;
      demand(step === 0, `${name}: repriced, the last one sent is #${held.last}`);
      return;
    }
    demand(
      tick.isConflated || tick.merged === 0,
      `${name}: merged ${tick.merged} without the flag`,
    );
    if (tick.isSnapshot) {
      this.#counts.snapshots++;
      demand(held.snapshotsDue > 0, `${name}: a snapshot that nobody asked for`);
      demand(held.last === 0 || step >= 0, `${name}: a snapshot older than #${held.last}`);
      held.snapshotsDue--;
    } else {
      held.snapshotsDue = 0;
      if (held.last > 0 && !this.#follows(tick, held, step, name)) return;
    }
    this.#counts.ticks++;
    held.last = tick.instrumentSequence;
    held.lastPosition = tick.sequence;
    held.isCarried = false;
  }

  /** Up to position `through` everything of the instrument was sent, merged or named. */
  demandAll(held: HeldInstrument, through: number, name: string): void {
    const { ledger } = this;
    if (ledger === undefined) return;
    const needed = ledger.countThrough(held.token, through);
    // Until the snapshot of what was there before, that and what came later is owed.
    const first = held.last === 0 ? Math.max(1, held.before) : held.last + 1;
    const missing = needed - first + 1;
    if (missing <= 0 || (held.last === 0 && ledger.wasEmptied(held.token))) return;
    demand(
      this.#named(held, first, missing, through + 1) >= missing,
      `${name}: ${held.token} has #${needed}, sent was #${held.last}`,
    );
  }

  #values(tick: HeardTick, mode: ModeName, name: string): void {
    if (this.ledger === undefined) return;
    const sent = this.ledger.tick(tick.token, tick.instrumentSequence);
    demand(sent !== undefined, `${name}: the ledger has no such tick`);
    const wrong = difference(tick, mode, sent);
    demand(wrong === undefined, `${name}: ${wrong}`);
  }

  /** False: not newer than what the client has, and to be passed over. */
  #follows(tick: HeardTick, held: HeldInstrument, step: number, name: string): boolean {
    if (step <= 0 && this.isReplaying && held.isCarried) {
      this.#counts.passedOver++;
      return false;
    }
    demand(step > 0, `${name}: repeated or out of order, the last one is #${held.last}`);
    this.#demandNoHole(tick, held, step - 1, name);
    return true;
  }

  /** What lies between the last tick and this one is merged into this one, or named. */
  #demandNoHole(tick: HeardTick, held: HeldInstrument, missing: number, name: string): void {
    const { policy } = held.wanted;
    if (tick.isConflated) {
      demand(policy === 'conflate', `${name}: conflated under policy ${policy}`);
      demand(tick.merged > 0, `${name}: conflated, nothing merged`);
      // After a resume the service counts from what it knows to have been read.
      const most = held.isCarried ? tick.instrumentSequence - held.carriedFrom - 1 : missing;
      demand(tick.merged <= most, `${name}: ${tick.merged} merged, ${missing} missing`);
      this.#counts.merged += Math.min(missing, tick.merged);
    }
    const unmerged = Math.max(0, missing - tick.merged);
    if (unmerged === 0) return;
    demand(
      this.#named(held, held.last + 1, missing, tick.sequence) >= unmerged,
      `${name}: ${missing} missing after #${held.last}, ${tick.merged} merged, the rest unnamed`,
    );
    this.#counts.named += unmerged;
  }

  /** How many of `count` ticks from `first` on are named by gap records. */
  #named(held: HeldInstrument, first: number, count: number, before: number): number {
    const { ledger, gaps } = this;
    if (ledger === undefined) return gaps.positionsBetween(held.lastPosition, before);
    let named = 0;
    for (let sequence = first; sequence < first + count; sequence++) {
      const tick = ledger.tick(held.token, sequence);
      if (tick !== undefined && gaps.names(tick, held)) named++;
    }
    return named;
  }

  #greeksOf(tick: HeardTick, held: HeldInstrument, name: string): void {
    const { greeks, isRepriced, isSnapshot, isConflated } = tick;
    const { wanted } = held;
    demand(wanted.greeks || !isRepriced, `${name}: repriced, and no Greeks are wanted`);
    if (greeks === undefined) {
      demand(wanted.mode === 'ltp' || !wanted.greeks, `${name}: no Greeks`);
      return;
    }
    const isRequested = greeks.status !== GREEKS_STATUS.NOT_REQUESTED;
    demand(isRequested === wanted.greeks, `${name}: Greeks of status ${greeks.status}`);
    if (!isRequested) return;
    // From the last-value table: its Greeks may have been computed again meanwhile. So it is with
    // the newest value after a pause, whether or not anything was merged into it.
    const fromTable = isRepriced || isSnapshot || isConflated;
    const mayBeOthers = fromTable || wanted.policy === 'conflate';
    const wrong = this.#greeks.problem(this.epoch, tick, mayBeOthers);
    demand(wrong === undefined, `${name}: ${wrong}`);
  }
}
