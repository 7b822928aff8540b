import type { TimerHandle } from '../../domain/clock.ts';
import type { ErrorCode } from '../../domain/error-codes.ts';
import type { UpstreamMode } from '../../domain/ports.ts';
import { createConnectionCounts, type ConnectionCounts } from './connection-counts.ts';
import type { KiteSocketSettings, KiteSocketState } from './socket-options.ts';
import { KiteSocket } from './socket.ts';
import { SubscriptionPlan } from './subscriptions.ts';
import type { KiteTextMessage } from './text-frame.ts';

export interface KiteAccount {
  id: string;
  apiKey: string;
  accessToken: string;
  wsUrl: string;
  /** Order updates of the account are wanted: one of its sockets stays open in any case. */
  orderUpdates?: boolean;
}

export interface KiteSocketStatus {
  account: string;
  /** Number of the socket within its account, from 0. */
  index: number;
  state: KiteSocketState;
  simulated: boolean;
  /** Instruments it carries. */
  tokens: number;
  /** Null unless OPEN. */
  lastFrameAgeMs: number | null;
  reconnects: number;
  /** Why the last connection failed; null while OPEN and before anything failed. */
  failure: { code: ErrorCode; detail: string } | null;
}

export interface KiteFeedListener {
  /** A binary frame, epoch us. Its memory belongs to the socket: use it before returning. */
  onFrame(frame: Uint8Array, receiveTimeUs: number, simulated: boolean): void;
  /** Every socket of an account gets the same order updates. */
  onText(account: string, message: KiteTextMessage): void;
  onState(status: KiteSocketStatus): void;
}

export interface KiteFeedOptions extends KiteSocketSettings {
  accounts: readonly KiteAccount[];
  /** Accounts of which nothing but order updates is wanted. */
  orderAccounts?: readonly KiteAccount[];
  listener: KiteFeedListener;
  /** Default 3, the broker's limit. */
  socketsPerAccount?: number;
  /** Default 3000, the broker's limit. */
  instrumentsPerSocket?: number;
}

/** How long a socket without instruments stays: demand that comes and goes must not reconnect. */
const EMPTY_SOCKET_MS = 5_000;

/**
 * One planned socket: the plan says what it carries; the connection exists while that is something.
 */
interface Slot {
  readonly account: KiteAccount;
  /** Within the account. */
  readonly index: number;
  readonly tokens: ReadonlyMap<number, UpstreamMode>;
  /** Open without instruments too. */
  readonly isKept: boolean;
  socket: KiteSocket | undefined;
  emptyTimer: TimerHandle | undefined;
}

/** The market data of several accounts: instruments in, frames out. */
export class KiteFeed {
  /** Of all sockets. */
  readonly counts: ConnectionCounts = createConnectionCounts();
  readonly #options: KiteFeedOptions;
  readonly #plan: SubscriptionPlan;
  readonly #slots: Slot[] = [];
  readonly #orderSlots: readonly Slot[];
  #running = false;

  constructor(options: KiteFeedOptions) {
    this.#options = options;
    this.#plan = new SubscriptionPlan({ ...options, accounts: options.accounts.length });
    for (const given of options.accounts) {
      const account = { ...given };
      for (let index = 0; index < this.#plan.socketsPerAccount; index++) {
        const tokens = this.#plan.tokensOf(this.#slots.length);
        const isKept = account.orderUpdates === true && index === 0;
        this.#slots.push(slotOf(account, index, tokens, isKept));
      }
    }
    const orderAccounts = options.orderAccounts ?? [];
    this.#orderSlots = orderAccounts.map((given) => slotOf({ ...given }, 0, new Map(), true));
  }

  /** Instruments that all sockets together can carry. */
  get capacity(): number {
    return this.#plan.capacity;
  }

  /** Instruments carried now. */
  get size(): number {
    return this.#plan.size;
  }

  /** Opens the sockets that the demand needs, and from now on whenever it needs another one. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    for (const slot of this.#all()) {
      if (slot.isKept || slot.tokens.size > 0) this.#open(slot);
    }
  }

  /** Ends all sockets at once. The demand is kept; `start` opens new ones. */
  stop(): void {
    this.#running = false;
    for (const slot of this.#all()) this.#close(slot);
  }

  /**
   * Carries `token` in `mode` from now on, or no longer (0). False if no socket has room for it;
   * nothing has changed then.
   */
  setDemand(token: number, mode: UpstreamMode): boolean {
    const change = this.#plan.set(token, mode);
    if (change === 'FULL') return false;
    if (change === 'UNCHANGED') return true;
    const slot = this.#slots[change.socket];
    if (slot === undefined || !this.#running) return true;
    if (slot.socket === undefined) this.#open(slot);
    else slot.socket.mark(token);
    this.#closeWhenEmpty(slot);
    return true;
  }

  /** A new session of `account` (its id). RangeError if there is no such account. */
  setAccessToken(account: string, accessToken: string): void {
    const slots = this.#all().filter((slot) => slot.account.id === account);
    if (slots.length === 0) throw new RangeError(`no account ${account}`);
    for (const slot of slots) {
      slot.account.accessToken = accessToken;
      slot.socket?.setAccessToken(accessToken);
      this.#closeWhenEmpty(slot);
    }
  }

  /** Of every socket that exists, those for order updates alone not among them. */
  status(): KiteSocketStatus[] {
    return this.#slots.flatMap((slot) => {
      return slot.socket === undefined ? [] : [statusOf(slot, slot.socket)];
    });
  }

  #all(): Slot[] {
    return [...this.#slots, ...this.#orderSlots];
  }

  #open(slot: Slot): void {
    const { account, tokens } = slot;
    const { listener } = this.#options;
    const socket = new KiteSocket({
      ...this.#options,
      url: account.wsUrl,
      apiKey: account.apiKey,
      accessToken: account.accessToken,
      tokens,
      counts: this.counts,
      listener: {
        onFrame: (frame, receiveTimeUs) => {
          listener.onFrame(frame, receiveTimeUs, socket.simulated);
        },
        onText: (message) => listener.onText(account.id, message),
        onState: () => listener.onState(statusOf(slot, socket)),
      },
    });
    slot.socket = socket;
    socket.start();
  }

  #close(slot: Slot): void {
    slot.emptyTimer?.cancel();
    slot.emptyTimer = undefined;
    const { socket } = slot;
    slot.socket = undefined;
    socket?.stop();
  }

  #closeWhenEmpty(slot: Slot): void {
    slot.emptyTimer?.cancel();
    slot.emptyTimer = undefined;
    if (slot.isKept || slot.tokens.size > 0 || slot.socket === undefined) return;
    slot.emptyTimer = this.#options.clock.setTimeout(() => {
      // A refused socket has no connection, but the knowledge that another attempt is useless.
      const state = slot.socket?.state;
      if (state !== 'AUTH_REQUIRED' && state !== 'CLOSED') this.#close(slot);
    }, EMPTY_SOCKET_MS);
  }
}

function slotOf(
  account: KiteAccount,
  index: number,
  tokens: ReadonlyMap<number, UpstreamMode>,
  isKept: boolean,
): Slot {
  return { account, index, tokens, isKept, socket: undefined, emptyTimer: undefined };
}

function statusOf(slot: Slot, socket: KiteSocket): KiteSocketStatus {
  const { failure } = socket;
  return {
    account: slot.account.id,
    index: slot.index,
    state: socket.state,
    simulated: socket.simulated,
    tokens: slot.tokens.size,
    lastFrameAgeMs: socket.lastFrameAgeMs,
    reconnects: socket.reconnects,
    failure: failure === undefined ? null : { code: failure.code, detail: failure.detail },
  };
}
