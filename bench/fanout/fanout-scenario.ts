import type { ModeName } from '../../src/wire/messages.ts';
import { CLIENT_INSTRUMENTS, FANOUT_INSTRUMENTS } from './fanout-market.ts';
import type { Dialect } from './receiver-messages.ts';

/** Who is measured. */
export const CONTENDERS = ['service', 'ws', 'socket.io'] as const;
export type Contender = (typeof CONTENDERS)[number];

export function dialectOf(contender: Contender): Dialect {
  return contender === 'service' ? 'ticker' : contender;
}

/** Who gets what, and how ticks come. */
export interface Scenario {
  name: string;
  clients: number;
  /** Number of the set of client `client`; see `placesOfSet`. */
  setOf: (client: number) => number;
  mode: ModeName;
  /** Window that the service's clients ask for; undefined: its own choice. */
  serviceWindowMs: number | undefined;
  /** Window of the rivals. 0: a message a tick. */
  rivalWindowMs: number;
  /** Between two portions of ticks. */
  feedPeriodMs: number;
  /** Of so many clients the first two are checked tick by tick. */
  clientsPerSample: number;
  /** Tick deliveries/s to try, rising. */
  serviceLadder: readonly number[];
  rivalLadder: readonly number[];
}

/** Ticks/s in that make `deliveries` tick deliveries/s out. */
export function ticksPerSecond(scenario: Scenario, deliveries: number): number {
  return deliveries / (scenario.clients * (CLIENT_INSTRUMENTS / FANOUT_INSTRUMENTS));
}

/** The inverse of `ticksPerSecond`. */
export function deliveriesPerSecond(scenario: Scenario, rate: number): number {
  return rate * scenario.clients * (CLIENT_INSTRUMENTS / FANOUT_INSTRUMENTS);
}

const MILLION = 1_000_000;
const RIVAL_LADDER = [100_000, 200_000, 500_000, MILLION, 2 * MILLION, 4 * MILLION];
const FAN_OUT = {
  clients: 500,
  mode: 'full',
  serviceWindowMs: undefined,
  rivalWindowMs: 10,
  feedPeriodMs: 1,
  clientsPerSample: 100,
  rivalLadder: RIVAL_LADDER,
} as const;

/** Half of the clients share one set, each of the others has its own. */
export const MIXED: Scenario = {
  ...FAN_OUT,
  name: 'half shared, half own sets',
  setOf: (client) => (client % 2 === 0 ? 0 : client),
  serviceLadder: [MILLION, 2 * MILLION, 4 * MILLION, 6 * MILLION, 8 * MILLION],
};

/** All clients share one set. */
export const SHARED: Scenario = {
  ...FAN_OUT,
  name: 'one shared set',
  setOf: () => 0,
  serviceLadder: [2 * MILLION, 5 * MILLION, 10 * MILLION, 15 * MILLION],
};

/**
 * Every tick at once. With the rivals each is a message of its own; the service puts ticks that are
 * there together into one frame, so that its frames are fewer than its deliveries.
 */
export const UNBATCHED: Scenario = {
  ...FAN_OUT,
  name: 'unbatched',
  clients: 100,
  setOf: () => 0,
  serviceWindowMs: 0,
  rivalWindowMs: 0,
  feedPeriodMs: 0.1,
  clientsPerSample: 100,
  serviceLadder: [200_000, MILLION, 2 * MILLION, 4 * MILLION, 8 * MILLION],
  rivalLadder: [10_000, 20_000, 50_000, 100_000, 200_000, 400_000],
};

/** The same in small, for a smoke run. */
export function smokeSize(scenario: Scenario): Scenario {
  return {
    ...scenario,
    clients: 20,
    clientsPerSample: 5,
    serviceLadder: [20_000],
    rivalLadder: [5_000],
  };
}
