import type { Clock } from '../../../domain/clock.ts';
import type { SimAccounts } from '../accounts.ts';
import { numberOr } from '../fault-rule.ts';
import type { Gateway } from '../gateway.ts';
import type { Market } from '../market.ts';
import { failure } from '../rest-route.ts';
import type { RestAnswer, RestRoute } from '../rest-route.ts';
import { BookKeeper } from './book-keeper.ts';
import { marginRoutes } from './margin-routes.ts';
import { OrderDesk } from './order-desk.ts';
import { OrderEvents } from './order-events.ts';
import { OrderFaultActions } from './order-fault-actions.ts';
import { OrderFaults } from './order-faults.ts';
import { OrderLimits, TOO_MANY } from './order-limits.ts';
import type { RequestClass } from './order-limits.ts';
import { orderRoutes } from './order-routes.ts';
import { buildOrdersLedger } from './orders-ledger.ts';
import type { OrdersLedger } from './orders-ledger.ts';
import { Postbacks } from './postbacks.ts';
import type { PostbackSend } from './postbacks.ts';
import { RequestLog } from './request-log.ts';

/** The number of an account's app: this and the number of the account. */
const APP_ID_BASE = 1000;

export interface OrderSideOptions {
  clock: Clock;
  market: Market;
  seed: number;
  accounts: SimAccounts;
  gateway: Gateway;
  rateLimits: boolean;
  /** How postbacks leave; over HTTP when left out. */
  sendPostback?: PostbackSend;
  log: (message: string) => void;
}

/** Everything of the simulator that concerns orders, put together. */
export class OrderSide {
  readonly #clock: Clock;
  readonly #market: Market;
  readonly #faults = new OrderFaults();
  readonly #limits: OrderLimits;
  readonly #postbacks: Postbacks;
  readonly #events: OrderEvents;
  readonly #desk: OrderDesk;
  #book: BookKeeper | null = null;
  readonly actions: OrderFaultActions;
  readonly requests: RequestLog;
  readonly traffic: {
    admit(account: string, method: string, path: string): RestAnswer | null;
    delayMs(account: string, method: string, path: string): number;
  };

  constructor(options: OrderSideOptions) {
    const { clock, market, seed, accounts, gateway, rateLimits, sendPostback, log } = options;
    const faults = this.#faults;
    this.#clock = clock;
    this.#market = market;
    const limits = new OrderLimits(clock, rateLimits);
    this.#limits = limits;
    const postbacks = new Postbacks(clock, log, sendPostback);
    this.#postbacks = postbacks;
    this.#events = new OrderEvents(clock, faults, {
      secretOf: (account) => accounts.get(account).apiSecret,
      appIdOf: (account) => APP_ID_BASE + Number(account.slice('SIM'.length)),
      sendToSockets: (account, text) => {
        const sockets = gateway.open(account);
        for (const socket of sockets) socket.sendText(text);
        return sockets.length;
      },
      postback: (account) => postbacks.of(account),
    });
    const desk = new OrderDesk({ clock, market, seed, faults, events: this.#events });
    this.#desk = desk;
    this.actions = new OrderFaultActions({
      clock,
      market,
      desk,
      faults,
      limits,
      postbacks,
      accountIds: accounts.ids(),
    });
    this.requests = new RequestLog(clock);
    this.traffic = {
      admit: (account, method, path) => this.#admit(account, method, path),
      delayMs: (account, method, path) => this.#delayMs(account, method, path),
    };
  }

  /**
   * Goes on with the book in a file and keeps it there; to be called before anything is asked.
   * `report`: told what of it is lost. Throws CONFIG_FILE.
   */
  openBook(path: string, report: (message: string) => void): void {
    this.#book = BookKeeper.open(path, this.#desk, this.#market, report);
  }

  routes(): RestRoute[] {
    const parts = {
      clock: this.#clock,
      market: this.#market,
      desk: this.#desk,
      faults: this.#faults,
      limits: this.#limits,
    };
    return [...orderRoutes(parts), ...marginRoutes(this.#market, this.#desk)];
  }

  ledger(): OrdersLedger {
    return buildOrdersLedger({
      timeUs: this.#clock.nowUs(),
      desk: this.#desk,
      requests: this.requests,
      events: this.#events,
      limits: this.#limits,
    });
  }

  stop(): void {
    this.#desk.stop();
    this.#events.stop();
    this.#postbacks.stop();
    this.#book?.close();
  }

  #admit(account: string, method: string, path: string): RestAnswer | null {
    const refusal = this.#limits.count(account, requestClass(method, path));
    if (refusal !== null) return failure(429, 'NetworkException', refusal);
    const nowMs = this.#clock.monotonicMs();
    const fault = this.#faults.takeOnRoute('throttle', account, nowMs, method, path);
    if (fault === null) return null;
    const answer = failure(429, 'NetworkException', TOO_MANY);
    const retryAfterS = fault['retry_after_s'];
    if (retryAfterS !== undefined) answer.headers['Retry-After'] = String(retryAfterS);
    return answer;
  }

  #delayMs(account: string, method: string, path: string): number {
    const nowMs = this.#clock.monotonicMs();
    const fault = this.#faults.takeOnRoute('slow_answers', account, nowMs, method, path);
    return fault === null ? 0 : numberOr(fault, 'delay_ms', 0);
  }
}

function requestClass(method: string, path: string): RequestClass {
  if (/^\/orders\/[a-z]/.test(path)) {
    if (method === 'POST') return 'place';
    if (method === 'PUT') return 'modify';
    if (method === 'DELETE') return 'cancel';
  }
  return path.startsWith('/quote') ? 'quote' : 'other';
}
