import { Random } from '../../../src/feed/sim/random.ts';
import type { SimulatorFault } from '../../../src/feed/sim/fault-script.ts';
import type { AppendFate } from '../../support/memory-order-journal.ts';
import { STEPS, type Crash } from './process-life.ts';
import type { WireFault, WireTrouble } from './virtual-wire.ts';

/** Faults happen up to here; then everything works again, and nothing new is asked for. */
export const FAULTS_TO_MS = 150_000;
/** Long enough for every bound on what is unknown, and for two readings of every book. */
export const END_MS = FAULTS_TO_MS + 700_000;

export interface PlannedClient {
  name: string;
  /** What its key may touch. */
  accounts: string[];
  actions: number;
  /** Longest pause between two of them. */
  pauseMs: number;
}

/** What a seed lets happen to the service itself. */
export type ServiceFault =
  | { kind: 'crash'; crash: Crash; downMs: number }
  | { kind: 'kill'; downMs: number }
  /** Appends fail; `share` of them. */
  | { kind: 'journal'; fate: AppendFate; share: number; forMs: number }
  /** Another process writes, or the lock is lost. */
  | { kind: 'not-writable'; forMs: number }
  | { kind: 'slow-journal'; delayMs: number; forMs: number }
  /** The broker ends the session; a person logs in again later. */
  | { kind: 'session'; account: string; forMs: number }
  /** The socket of order updates is gone for a while. */
  | { kind: 'deaf'; account: string; forMs: number }
  | { kind: 'halt'; account: string; forMs: number }
  | { kind: 'clock-jump'; byMs: number };

export interface TimedServiceFault {
  atMs: number;
  fault: ServiceFault;
}

export interface OrderPlan {
  seed: number;
  accounts: string[];
  clients: PlannedClient[];
  service: TimedServiceFault[];
  wire: WireTrouble[];
  /** What the simulator does, `at_ms` from the beginning. */
  broker: SimulatorFault[];
  /** Postbacks are registered. */
  hasPostbacks: boolean;
}

const SYMPTOMS = [
  'timeout',
  'reset',
  'reset_in_body',
  'truncated',
  'status',
  'html',
  'timed_out_text',
] as const;
const CALLS = ['place', 'place', 'place', 'modify', 'cancel'] as const;
const EVENT_FATES = [
  'lose',
  'duplicate',
  'delay',
  'reorder',
  'bad_checksum',
  'empty_checksum',
] as const;
const WIRE_FAULTS: readonly WireFault[] = [
  'refuse',
  'lose-request',
  'lose-answer',
  'reset',
  'slow',
];
const READS = ['GET /orders', 'GET /trades', 'GET /portfolio/positions'] as const;
const STATUSES = [500, 502, 503, 504] as const;

/** Everything that a seed decides before a run begins. */
export function planOrders(seed: number): OrderPlan {
  return new PlanMaker(seed).plan();
}

class PlanMaker {
  readonly #seed: number;
  readonly #random: Random;
  #accounts: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed, 'order-plan');
  }

  plan(): OrderPlan {
    const count = this.#random.integer(1, 3);
    this.#accounts = Array.from({ length: count }, (_unused, index) => `SIM00${index + 1}`);
    return {
      seed: this.#seed,
      accounts: this.#accounts,
      clients: this.#many(2, 4, (index) => this.#client(index)),
      service: this.#many(0, 4, () => ({ atMs: this.#atMs(), fault: this.#serviceFault() })).sort(
        (left, right) => left.atMs - right.atMs,
      ),
      wire: this.#many(0, 3, () => this.#wireTrouble()),
      broker: this.#many(1, 10, () => this.#brokerFaults()).flat(),
      hasPostbacks: this.#chance(0.6),
    };
  }

  #client(index: number): PlannedClient {
    const own = this.#chance(0.6) ? [this.#account()] : this.#accounts;
    const isHasty = this.#chance(0.15);
    return {
      name: `client-${index + 1}`,
      accounts: own,
      actions: isHasty ? this.#random.integer(20, 50) : this.#random.integer(2, 12),
      pauseMs: isHasty ? this.#random.integer(10, 300) : this.#random.integer(1000, 15_000),
    };
  }

  #serviceFault(): ServiceFault {
    const forMs = this.#random.integer(500, 40_000);
    const downMs = this.#random.integer(1000, 15_000);
    const account = this.#account();
    const crash = (): ServiceFault => {
      const step = this.#pick(STEPS);
      return { kind: 'crash', crash: { step, count: this.#random.integer(1, 6) }, downMs };
    };
    return this.#pick<() => ServiceFault>([
      crash,
      crash,
      crash,
      crash,
      () => ({ kind: 'kill', downMs }),
      () => {
        const fate = this.#pick(['before', 'after'] as const);
        return { kind: 'journal', fate, share: this.#pick([0.3, 1]), forMs };
      },
      () => ({ kind: 'not-writable', forMs }),
      () => ({ kind: 'slow-journal', delayMs: this.#random.integer(50, 8000), forMs }),
      () => ({ kind: 'session', account, forMs }),
      () => ({ kind: 'deaf', account, forMs }),
      () => ({ kind: 'halt', account: this.#chance(0.5) ? '*' : account, forMs }),
      () => ({ kind: 'clock-jump', byMs: this.#random.integer(-2000, 2000) }),
    ])();
  }

  #wireTrouble(): WireTrouble {
    const fromMs = this.#atMs();
    return {
      fromMs,
      toMs: Math.min(FAULTS_TO_MS, fromMs + this.#random.integer(200, 20_000)),
      account: this.#chance(0.7) ? this.#account() : null,
      fault: this.#pick(WIRE_FAULTS),
      share: this.#pick([0.2, 0.5, 1]),
    };
  }

  #brokerFaults(): SimulatorFault[] {
    const at = { at_ms: this.#atMs(), account: this.#account() };
    const forMs = Math.min(this.#random.integer(500, 60_000), FAULTS_TO_MS - at.at_ms);
    const times = this.#random.integer(1, 4);
    const lasting = { for_ms: forMs, times };
    const route = { route: this.#pick(READS) };
    const outcome = (): SimulatorFault[] => [
      { ...at, fault: 'order_outcome', args: { ...this.#outcome(), ...lasting } },
    ];
    return this.#pick<() => SimulatorFault[]>([
      outcome,
      outcome,
      outcome,
      outcome,
      () => {
        const args = { delay_ms: this.#random.integer(100, 120_000), ...lasting };
        return [{ ...at, fault: 'hide_orders', args }];
      },
      () => {
        const args = { by_ms: this.#random.integer(100, 60_000), for_ms: forMs };
        return [{ ...at, ...route, fault: 'stale_reads', args }];
      },
      () => {
        const args = { status: 'AFTER MARKET PENDING', extra_fields: true, ...lasting };
        return [{ ...at, route: 'GET /orders', fault: 'odd_rows', args }];
      },
      () => {
        const args = { delay_ms: this.#random.integer(50, 9000), ...lasting };
        return [{ ...at, fault: 'slow_answers', args }];
      },
      () => [{ ...at, fault: 'throttle', args: { retry_after_s: 1, ...lasting } }],
      () => {
        const args = { status: this.#pick(STATUSES), for_ms: forMs };
        return [{ ...at, ...route, fault: 'rest_status', args }];
      },
      () => {
        const args = { action: this.#pick(EVENT_FATES), for_ms: forMs };
        return [{ ...at, fault: 'order_events', args }];
      },
      () => {
        const args = { hold_ms: this.#random.integer(50, 40_000), ...lasting };
        return [{ ...at, fault: 'hold_orders', args }];
      },
      () => [{ ...at, fault: 'reject_orders', args: { message: 'Not today.', ...lasting } }],
      () => {
        const args = { max_quantity: this.#pick([0, 1, 65, 130]), for_ms: forMs };
        return [{ ...at, fault: 'limit_fills', args }];
      },
      () => [{ ...at, fault: 'exchange_cancel', args: {} }],
      () => [{ ...at, fault: 'external_order', args: this.#external() }],
      () => {
        const isFlat = this.#chance(0.5);
        const args = { autoslice_answer: isFlat ? 'flat' : 'children' };
        return [{ at_ms: at.at_ms, fault: 'broker_habits', args }];
      },
      () => [{ ...at, fault: 'square_off', args: {} }],
      () => {
        const percent = this.#random.integer(-4, 4) / 2;
        return [{ at_ms: at.at_ms, fault: 'market_move', args: { percent } }];
      },
    ])();
  }

  #outcome(): Record<string, string | number | boolean> {
    const isAccepted = this.#chance(0.6);
    const symptom = this.#pick(SYMPTOMS);
    const late = (): number => this.#random.integer(100, 120_000);
    return {
      symptom,
      accepted: isAccepted,
      call: this.#pick(CALLS),
      ...(symptom === 'status' && { status: this.#pick(STATUSES) }),
      ...(isAccepted && this.#chance(0.25) && { accept_after_ms: this.#random.integer(50, 9000) }),
      ...(isAccepted && this.#chance(0.4) && { visible_after_ms: late() }),
      ...(symptom === 'timeout' &&
        this.#chance(0.5) && { answer_after_ms: this.#random.integer(6500, 30_000) }),
    };
  }

  #external(): Record<string, string | number> {
    return {
      exchange: 'NSE',
      tradingsymbol: this.#pick(['INFY', 'RELIANCE']),
      transaction_type: 'BUY',
      quantity: this.#random.integer(1, 20),
      product: 'MIS',
      order_type: 'MARKET',
      market_protection: -1,
    };
  }

  #atMs(): number {
    return this.#random.integer(1000, FAULTS_TO_MS - 1000);
  }

  #account(): string {
    return this.#pick(this.#accounts);
  }

  #many<Item>(low: number, high: number, make: (index: number) => Item): Item[] {
    return Array.from({ length: this.#random.integer(low, high) }, (_unused, index) => make(index));
  }

  #chance(share: number): boolean {
    return this.#random.uniform() < share;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.integer(0, items.length - 1)]!;
  }
}
