import type { ModeName, ServerMessage, SubscriptionResult } from '../../src/wire/messages.ts';
import type { ClientLog, LogEntry, ServiceState } from './client-log.ts';
import type { GreeksWitness } from './greeks-witness.ts';
import { readBinaryFrame, readTicksMessage, type HeardFrame } from './heard-ticks.ts';
import { type HeldInstrument, HeldSubscriptions } from './held-subscriptions.ts';
import type { Ledger } from './ledger.ts';
import { OpenRequests, type Asked } from './open-requests.ts';
import { TickCheck } from './tick-check.ts';
import { demand, Violation } from './violation.ts';

export interface LogCheckerOptions {
  /** What ingest was given, by epoch; undefined where nobody kept it: values go unchecked then. */
  ledgerOf: (epoch: string) => Ledger | undefined;
  greeks: GreeksWitness;
  /** Close codes that the client's faults allow, 1006 always. */
  closeCodes: ReadonlySet<number>;
  /** Codes of errors that the client's faults allow. */
  errorCodes: ReadonlySet<string>;
}

type Accepted = readonly { held: HeldInstrument; isNew: boolean }[];

const ABNORMAL = 1006;

/**
 * Reads what a client has heard, message by message, and proves that nothing is wrong, missing
 * unsaid, out of order or there twice. It shares no code with the client or the service but the
 * schema's own, and knows from the ledger what should have come.
 */
export class LogChecker {
  readonly counts = {
    connections: 0,
    recovered: 0,
    gaps: 0,
    ticks: 0,
    snapshots: 0,
    repriced: 0,
    merged: 0,
    named: 0,
    passedOver: 0,
  };
  readonly #options: LogCheckerOptions;
  #held = new HeldSubscriptions();
  /** Of the connection before this one, for a resume. */
  #heldBefore = new HeldSubscriptions();
  #requests = new OpenRequests();
  /** Undefined until the first hello. */
  #ticks: TickCheck | undefined;
  #through = 0;
  #isOpen = false;

  constructor(options: LogCheckerOptions) {
    this.#options = options;
  }

  /** Ring position up to which the connection has everything. */
  get through(): number {
    return this.#through;
  }

  /** `instrument_sequence` of the newest tick heard of an instrument that is held; 0: none. */
  lastOf(token: number): number {
    return this.#held.byToken.get(token)?.last ?? 0;
  }

  /** Instruments that the connection holds. */
  tokens(): number[] {
    return [...this.#held.byToken.keys()];
  }

  /** Throws the first Violation. */
  check(log: ClientLog): void {
    log.forEach((entry, index) => {
      try {
        this.take(entry);
      } catch (error) {
        if (error instanceof Violation) error.entry = index;
        throw error;
      }
    });
  }

  take(entry: LogEntry): void {
    switch (entry.kind) {
      case 'open':
        this.#open();
        return;
      case 'sent':
        this.#requests.sent(entry.text);
        return;
      case 'text':
        this.#heard(JSON.parse(entry.text) as ServerMessage, entry.state);
        return;
      case 'frame':
        this.#frame(readBinaryFrame(entry.bytes), entry.state);
        return;
      case 'closed':
        this.#closed(entry.code, entry.reason);
    }
  }

  /**
   * The run is over and quiet: a client that is connected has everything, and has been told so.
   */
  finish(): void {
    demand(this.#isOpen, 'the client is not connected at the end');
    const [unanswered] = this.#requests.unanswered();
    demand(unanswered === undefined, `${unanswered} has no answer`);
    const ledger = this.#ticks?.ledger;
    if (ledger === undefined) return;
    this.#demandAll(ledger.newest, 'at the end');
    demand(
      this.#through === ledger.newest,
      `through is ${this.#through} at the end, the ring is at ${ledger.newest}`,
    );
  }

  #open(): void {
    this.counts.connections++;
    this.#heldBefore = this.#held;
    this.#held = new HeldSubscriptions();
    this.#requests = new OpenRequests();
    this.#isOpen = false;
    if (this.#ticks !== undefined) this.#ticks.isReplaying = false;
  }

  #closed(code: number, reason: string): void {
    this.#isOpen = false;
    const isAllowed = code === ABNORMAL || this.#options.closeCodes.has(code);
    demand(isAllowed, `closed with ${code} ${reason}`);
  }

  #heard(message: ServerMessage, state: ServiceState | undefined): void {
    if (message.type === 'hello') {
      this.#hello(message.epoch, message.sequence, state);
      return;
    }
    if (message.type === 'error') {
      this.#error(message);
      return;
    }
    demand(this.#isOpen, `${message.type} before hello`);
    switch (message.type) {
      case 'ticks':
        this.#frame(
          readTicksMessage(message, (token) => this.#modeOf(token)),
          state,
        );
        return;
      case 'heartbeat':
        this.#raise(message.through, state);
        return;
      case 'replay_completed':
        this.#raise(message.through, state);
        this.#ticksNow().isReplaying = false;
        return;
      case 'gap':
        this.#gap(message);
        return;
      default:
        this.#answer(message, state);
    }
  }

  #answer(message: ServerMessage, state: ServiceState | undefined): void {
    switch (message.type) {
      case 'subscribed': {
        const asked = this.#requests.answered(message.id, 'subscribe');
        this.#begin(this.#held.accept(message.results, asked), state);
        return;
      }
      case 'resumed':
        this.#resumed(this.#requests.answered(message.id, 'resume'), message, state);
        return;
      case 'unsubscribed':
        this.#requests.answered(message.id, 'unsubscribe');
        this.#held.end(message.results);
        return;
      case 'chain_changed': {
        const { chain, added, removed } = message;
        this.#begin(this.#held.chainChanged(chain, added, removed), state);
        return;
      }
      case 'pong':
        this.#requests.answered(message.id, 'ping');
        return;
      default:
    }
  }

  #hello(epoch: string, sequence: number, state: ServiceState | undefined): void {
    demand(!this.#isOpen, 'a second hello');
    this.#isOpen = true;
    if (epoch !== this.#ticks?.epoch) {
      // Positions of another epoch say nothing about this one.
      const { ledgerOf, greeks } = this.#options;
      this.#ticks = new TickCheck(epoch, ledgerOf(epoch), greeks, this.counts);
      this.#heldBefore = new HeldSubscriptions();
    }
    this.#through = sequence;
    if (state === undefined) return;
    demand(state.epoch === epoch, `hello of epoch ${epoch} from one of ${state.epoch}`);
    demand(sequence <= state.newest, `hello begins at ${sequence}, the ring is at ${state.newest}`);
  }

  #error({ id, code, detail }: Extract<ServerMessage, { type: 'error' }>): void {
    const asked = id === undefined ? undefined : this.#requests.refused(id);
    // A service that does not know `resume` says so, and its client subscribes.
    if (asked === 'resume' && code === 'NOT_SUPPORTED') return;
    demand(this.#options.errorCodes.has(code), `error ${code}: ${detail}`);
  }

  /** Instruments of which a snapshot comes next, if there is a value. */
  #begin(accepted: Accepted, state: ServiceState | undefined): void {
    const ledger = this.#ticks?.ledger;
    for (const { held, isNew } of accepted) {
      held.snapshotsDue++;
      if (!isNew || ledger === undefined || state === undefined) continue;
      held.before = ledger.countThrough(held.token, state.newest);
    }
  }

  #resumed(
    { sequence, items }: Asked,
    { recovered, results }: Extract<ServerMessage, { type: 'resumed' }>,
    state: ServiceState | undefined,
  ): void {
    let at = 0;
    for (const item of items) {
      // One result an instrument; those of a chain are as many as name it.
      const rest = results.slice(at);
      const length = item.instruments ?? lengthOfChain(rest);
      at += length;
      const accepted = this.#held.accept(rest.slice(0, length), item);
      if (recovered) this.#carry(accepted, sequence);
      else this.#begin(accepted, state);
    }
    if (!recovered) return;
    this.counts.recovered++;
    this.#ticksNow().isReplaying = true;
    this.#through = sequence;
  }

  /** What goes on where the connection before has stopped. */
  #carry(accepted: Accepted, sequence: number): void {
    for (const { held, isNew } of accepted) {
      if (!isNew) continue;
      const before = this.#heldBefore.byToken.get(held.token);
      const known = this.#ticks?.ledger?.countThrough(held.token, sequence) ?? 0;
      held.last = Math.max(before?.last ?? 0, known);
      held.lastPosition = before?.lastPosition ?? sequence;
      held.isCarried = true;
      held.carriedFrom = known;
      if (before === undefined) held.snapshotsDue++;
    }
  }

  #gap({ from, to, reason }: Extract<ServerMessage, { type: 'gap' }>): void {
    this.counts.gaps++;
    demand(from <= to, `a gap from ${from} to ${to}`);
    this.#ticksNow().gaps.records.push({ from, to, reason });
  }

  #frame({ epoch, through, mode, ticks }: HeardFrame, state: ServiceState | undefined): void {
    demand(this.#isOpen, 'ticks before hello');
    const check = this.#ticksNow();
    demand(epoch === check.epoch, `a frame of epoch ${epoch}, hello said ${check.epoch}`);
    for (const tick of ticks) {
      const held = this.#held.byToken.get(tick.token);
      demand(held !== undefined, `a tick of ${tick.token}, which is not subscribed`);
      check.take(tick, held, mode);
    }
    this.#raise(through, state);
  }

  #raise(through: number, state: ServiceState | undefined): void {
    demand(through >= this.#through, `through fell from ${this.#through} to ${through}`);
    if (through === this.#through) return;
    const isPast = state === undefined || through <= state.newest;
    demand(isPast, `through ${through} is beyond the ring, ${state?.newest}`);
    this.#demandAll(through, `through ${through}`);
    this.#through = through;
  }

  #demandAll(through: number, name: string): void {
    const check = this.#ticksNow();
    for (const held of this.#held.byToken.values()) check.demandAll(held, through, name);
  }

  #modeOf(token: number): ModeName {
    return this.#held.byToken.get(token)?.wanted.mode ?? 'full';
  }

  #ticksNow(): TickCheck {
    demand(this.#ticks !== undefined, 'data before hello');
    return this.#ticks;
  }
}

/** Results at the start that answer one chain: of a second one like it contracts come again. */
function lengthOfChain(results: readonly SubscriptionResult[]): number {
  const first = JSON.stringify(results[0]?.request);
  const tokens = new Set<number>();
  const end = results.findIndex((result) => {
    if (JSON.stringify(result.request) !== first) return true;
    if (!result.ok) return false;
    const isAgain = tokens.has(result.token);
    tokens.add(result.token);
    return isAgain;
  });
  return end < 0 ? results.length : end;
}
