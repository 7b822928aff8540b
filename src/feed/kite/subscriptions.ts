import type { UpstreamMode } from '../../domain/ports.ts';
import { INSTRUMENTS_PER_SOCKET, SOCKETS_PER_ACCOUNT } from './protocol.ts';

export interface SubscriptionLimits {
  accounts: number;
  /** Default 3, the broker's limit. */
  socketsPerAccount?: number;
  /** Default 3000, the broker's limit. */
  instrumentsPerSocket?: number;
}

/** What a socket has to tell the broker: `mode` for `token` from now on, 0 = unsubscribe. */
export interface SubscriptionChange {
  /** Socket number: the sockets of the first account, then those of the second, and so on. */
  socket: number;
  token: number;
  mode: UpstreamMode;
}

const NO_TOKENS: ReadonlyMap<number, UpstreamMode> = new Map();
const LARGEST_TOKEN = 0xffff_ffff;

/**
 * Which socket carries which instrument, as a pure plan. Sockets are filled in order; an instrument
 * stays where it is for as long as it is wanted, so that a change elsewhere never interrupts it.
 */
export class SubscriptionPlan {
  readonly sockets: number;
  readonly socketsPerAccount: number;
  readonly #instrumentsPerSocket: number;
  readonly #tokens: Map<number, UpstreamMode>[] = [];
  readonly #socketOf = new Map<number, number>();

  constructor(limits: SubscriptionLimits) {
    this.socketsPerAccount = limits.socketsPerAccount ?? SOCKETS_PER_ACCOUNT;
    this.#instrumentsPerSocket = limits.instrumentsPerSocket ?? INSTRUMENTS_PER_SOCKET;
    this.sockets = limits.accounts * this.socketsPerAccount;
    for (let i = 0; i < this.sockets; i++) this.#tokens.push(new Map());
  }

  /** Instruments that all sockets together can carry. */
  get capacity(): number {
    return this.sockets * this.#instrumentsPerSocket;
  }

  /** Instruments carried now. */
  get size(): number {
    return this.#socketOf.size;
  }

  /** The instruments of a socket with their modes; a view that follows the plan. */
  tokensOf(socket: number): ReadonlyMap<number, UpstreamMode> {
    return this.#tokens[socket] ?? NO_TOKENS;
  }

  /**
   * Carries `token` in `mode`, or no longer (0). Returns the change to make on a socket, UNCHANGED
   * if there is none, or FULL if no socket has room: the plan is then as it was. RangeError for
   * what is not a token.
   */
  set(token: number, mode: UpstreamMode): SubscriptionChange | 'UNCHANGED' | 'FULL' {
    if (!Number.isInteger(token) || token < 1 || token > LARGEST_TOKEN) {
      throw new RangeError(`not an instrument token: ${token}`);
    }
    const current = this.#socketOf.get(token);
    if (current === undefined) {
      if (mode === 0) return 'UNCHANGED';
      const socket = this.#tokens.findIndex(({ size }) => size < this.#instrumentsPerSocket);
      if (socket < 0) return 'FULL';
      this.#socketOf.set(token, socket);
      this.#tokens[socket]?.set(token, mode);
      return { socket, token, mode };
    }
    const tokens = this.#tokens[current];
    if (tokens?.get(token) === mode) return 'UNCHANGED';
    if (mode === 0) {
      this.#socketOf.delete(token);
      tokens?.delete(token);
    } else {
      tokens?.set(token, mode);
    }
    return { socket: current, token, mode };
  }
}
