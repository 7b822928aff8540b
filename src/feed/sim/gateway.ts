import { IST_OFFSET_MS } from '../../domain/calendar.ts';
import type { Clock } from '../../domain/clock.ts';
import type { SimAccount, SimAccounts } from './accounts.ts';
import type { ActiveFaults } from './active-faults.ts';
import { Connection } from './connection.ts';
import type { PeerSocket } from './connection.ts';
import { FramePool } from './frame-writer.ts';
import type { Market } from './market.ts';
import type { SocketHandler, UpgradeDecision } from './socket.ts';
import type { TickFeed } from './tick-feed.ts';

/** Connections and refusals kept for the ledger. */
const MAX_LOG = 1000;

/** Life of a connection, for the ledger; times are epoch microseconds. */
export interface ConnectionRecord {
  connection: Connection;
  closedUs: number | null;
  closeCode: number | null;
}

export interface RefusedUpgrade {
  timeUs: number;
  account: string | null;
  status: number;
}

/** Admits WebSocket connections and keeps account of them. */
export class Gateway {
  readonly #clock: Clock;
  readonly #market: Market;
  readonly #feed: TickFeed;
  readonly #accounts: SimAccounts;
  readonly #faults: ActiveFaults;
  readonly #pool = new FramePool();
  readonly #open = new Set<Connection>();
  readonly records: ConnectionRecord[] = [];
  readonly refused: RefusedUpgrade[] = [];
  #lastId = 0;
  #onIdle: (() => void) | null = null;

  constructor(
    clock: Clock,
    market: Market,
    feed: TickFeed,
    accounts: SimAccounts,
    faults: ActiveFaults,
  ) {
    this.#clock = clock;
    this.#market = market;
    this.#feed = feed;
    this.#accounts = accounts;
    this.#faults = faults;
  }

  /** Open connections of an account (null: all), oldest first; `socket` picks one, from 1. */
  open(account: string | null = null, socket: number | null = null): Connection[] {
    const matching = [...this.#open].filter(
      (connection) => account === null || connection.identity.account === account,
    );
    return socket === null ? matching : matching.slice(socket - 1, socket);
  }

  /** Resolves when no connection is open any more. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#open.size === 0) resolve();
    });
  }

  /** Decides on an upgrade by path and query of its request. */
  decide(target: string): UpgradeDecision {
    const [path, query = ''] = target.split('?', 2);
    if (path !== '/') return this.#refuse(null, 404);
    const parameters = new URLSearchParams(query);
    const apiKey = parameters.get('api_key');
    const accessToken = parameters.get('access_token');
    if (apiKey === null || accessToken === null) return this.#refuse(null, 400);

    const account = this.#accounts.byApiKey(apiKey);
    const id = account?.id ?? null;
    const refusal = this.#faults.refusalFor(id, this.#clock.monotonicMs());
    if (refusal !== null) return this.#refuse(id, refusal);
    const session = this.#accounts.authenticate(apiKey, accessToken);
    if (session === null) return this.#refuse(id, 403);
    if (!this.#makeRoom(session)) return this.#refuse(id, 429);
    return { accept: (socket) => this.#accept(session, socket) };
  }

  #refuse(account: string | null, status: number): { status: number } {
    this.refused.push({ timeUs: this.#clock.nowUs(), account, status });
    if (this.refused.length > MAX_LOG) this.refused.shift();
    return { status };
  }

  #makeRoom(account: SimAccount): boolean {
    const { limit, policy } = this.#faults.connectionLimit;
    const open = this.open(account.id);
    if (policy === 'allow' || open.length < limit) return true;
    if (policy === 'refuse') return false;
    open[0]?.close(1008);
    return true;
  }

  #accept(account: SimAccount, socket: PeerSocket): SocketHandler {
    const identity = {
      id: ++this.#lastId,
      account: account.id,
      openedUs: this.#clock.nowUs(),
    };
    const nowMs = this.#clock.monotonicMs();
    const connection = new Connection(
      identity,
      socket,
      this.#market,
      this.#feed,
      this.#pool,
      nowMs,
    );
    const record: ConnectionRecord = { connection, closedUs: null, closeCode: null };
    this.records.push(record);
    if (this.records.length > MAX_LOG) this.records.shift();
    this.#open.add(connection);
    this.#feed.add(connection);
    this.#greet(connection);
    return {
      onText: (text) => {
        connection.receive(text);
      },
      onClosed: (code) => {
        record.closedUs = this.#clock.nowUs();
        record.closeCode = code;
        this.#feed.remove(connection);
        connection.closed();
        this.#open.delete(connection);
        if (this.#open.size === 0) this.#onIdle?.();
      },
    };
  }

  /** The two text frames that the broker sends before any tick. */
  #greet(connection: Connection): void {
    const { listedCount, listingVersion } = this.#market;
    const meta = { count: listedCount, etag: `W/"${listedCount}-${listingVersion}"` };
    connection.sendText(JSON.stringify({ type: 'instruments_meta', data: meta }));
    const ist = new Date(this.#clock.nowUs() / 1000 + IST_OFFSET_MS).toISOString();
    const timestamp = `${ist.slice(0, 19)}+05:30`;
    connection.sendText(JSON.stringify({ type: 'app_code', timestamp }));
  }
}
