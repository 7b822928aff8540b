import { DEFAULT_KEY_LIMITS, type Principal } from '../../../src/domain/access.ts';
import { type Clock, pause } from '../../../src/domain/clock.ts';
import type { ErrorCode } from '../../../src/domain/error-codes.ts';
import type { OrderChange } from '../../../src/domain/order-terms.ts';
import type {
  OrderAnswer,
  OrderService,
  PlaceRequest,
  Replayable,
  WriteCall,
} from '../../../src/domain/order-service.ts';
import type { Random } from '../../../src/feed/sim/random.ts';
import type { PlannedClient } from './order-plan.ts';
import type { OrderRequests } from './order-requests.ts';
import { sha256 } from './sha256.ts';
import { ask, type Heard, type ServiceDoor } from './service-door.ts';

export type AskKind = 'place' | 'modify' | 'cancel' | 'exit';

/** What came back of one try. */
export type Reply =
  | { kind: 'answer'; answer: OrderAnswer; replayed: boolean }
  | { kind: 'error'; code: ErrorCode }
  | { kind: 'lost' };

/** One thing that a client wants once, with all that it heard of it. */
export interface Asked {
  kind: AskKind;
  client: string;
  key: string;
  /** Epoch µs of the first try. */
  askedUs: number;
  account: string;
  /** Of a placement. */
  request: PlaceRequest | null;
  /** Of the others: the order. */
  orderId: string | null;
  change: OrderChange | null;
  replies: { atUs: number; reply: Reply }[];
}

/** Answers after which the same request may be made again under its key. */
const WORTH_RETRYING: ReadonlySet<string> = new Set<ErrorCode>([
  'IDEMPOTENCY_RUNNING',
  'ORDERS_NOT_READY',
  'JOURNAL_UNAVAILABLE',
  'BROKER_BUDGET',
  'BROKER_BREAKER_OPEN',
  'SHUTTING_DOWN',
  'TIMEOUT',
]);
const MAX_TRIES = 8;
/** As the routes of the orders port have it. */
const WRITE_DEADLINE_MS = 9_000;

export interface OrderClientOptions {
  plan: PlannedClient;
  clock: Clock;
  random: Random;
  door: ServiceDoor;
  requests: OrderRequests;
}

/** A client that wants things once, and asks again under the same key until it knows. */
export class OrderClient {
  readonly asked: Asked[] = [];
  readonly principal: Principal;
  readonly #options: OrderClientOptions;
  readonly #underWay: Promise<void>[] = [];
  #count = 0;

  constructor(options: OrderClientOptions) {
    this.#options = options;
    const { name, accounts } = options.plan;
    this.principal = {
      keyId: `key-${name}`,
      scopes: new Set(['orders:read', 'orders:write', 'trading-state:write']),
      accounts: new Set(accounts),
      limits: DEFAULT_KEY_LIMITS,
    };
  }

  /** Goes through its actions; ends when the last of them is answered or given up. */
  async run(): Promise<void> {
    const { plan, clock, random } = this.#options;
    for (let action = 0; action < plan.actions; action++) {
      await pause(clock, random.integer(1, plan.pauseMs));
      // It does not wait for an answer before it asks for the next thing.
      this.#underWay.push(this.#act());
    }
    await Promise.all(this.#underWay);
  }

  async #act(): Promise<void> {
    const { random } = this.#options;
    const choice = random.uniform();
    const known = this.#knownOrders();
    const order = known[random.integer(0, Math.max(0, known.length - 1))];
    if (order === undefined || choice < 0.55) await this.#place();
    else if (choice < 0.72) await this.#change('cancel', order, null);
    else if (choice < 0.92) await this.#change('modify', order, this.#newPrice(order));
    else await this.#change('exit', order, null);
  }

  async #place(): Promise<void> {
    const { plan, requests, random } = this.#options;
    const account = plan.accounts[random.integer(0, plan.accounts.length - 1)]!;
    const key = this.#nextKey();
    const request: PlaceRequest = {
      account,
      clientOrderId: random.uniform() < 0.7 ? `coid-${key}` : null,
      clientTag: key,
      terms: requests.terms(),
    };
    const asked = this.#begin({ kind: 'place', key, account, request, orderId: null });
    await this.#pursue(asked, (service, call) => service.place(call, request));
  }

  async #change(
    kind: 'modify' | 'cancel' | 'exit',
    order: KnownOrder,
    change: OrderChange | null,
  ): Promise<void> {
    const { id: orderId, account } = order;
    const asked = this.#begin({ kind, key: this.#nextKey(), account, orderId, change });
    await this.#pursue(asked, (service, call) => {
      if (kind === 'cancel') return service.cancel(call, orderId);
      if (kind === 'exit') return service.exit(call, orderId);
      return service.modify(call, orderId, change ?? {});
    });
  }

  /** Asks until the answer is known, sometimes twice at a time, and sometimes once more. */
  async #pursue(
    asked: Asked,
    request: (service: OrderService, call: WriteCall) => Promise<Replayable>,
  ): Promise<void> {
    const { clock, door, random } = this.#options;
    const call = this.#call(asked);
    const once = async (): Promise<Reply> => {
      const heard = await ask(clock, door, (service) => request(service, call), {
        ms: WRITE_DEADLINE_MS,
        end: (service) => givenUp(service, call),
      });
      const reply = replyOf(heard);
      asked.replies.push({ atUs: clock.nowUs(), reply });
      return reply;
    };
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const twin = random.uniform() < 0.1 ? once() : undefined;
      const reply = await once();
      await twin;
      if (reply.kind === 'answer') break;
      if (reply.kind === 'error' && !WORTH_RETRYING.has(reply.code)) break;
      await pause(clock, random.integer(100, 8000));
    }
    if (random.uniform() > 0.3) return;
    await pause(clock, random.integer(100, 20_000));
    await once();
  }

  #begin(what: Pick<Asked, 'kind' | 'key' | 'account' | 'orderId'> & Partial<Asked>): Asked {
    const asked: Asked = {
      client: this.#options.plan.name,
      askedUs: this.#options.clock.nowUs(),
      request: null,
      change: null,
      replies: [],
      ...what,
    };
    this.asked.push(asked);
    return asked;
  }

  #call({ kind, key, orderId, request, change }: Asked): WriteCall {
    const text = JSON.stringify([kind, orderId, request, change]);
    return {
      principal: this.principal,
      idempotencyKey: key,
      fingerprint: sha256(text),
      requestId: `request-${key}`,
      origin: '127.0.0.1',
    };
  }

  #nextKey(): string {
    return `${this.#options.plan.name}-${++this.#count}`;
  }

  #knownOrders(): KnownOrder[] {
    const { service } = this.#options.door;
    if (service === undefined) return [];
    return service
      .list(this.principal, { open: true })
      .filter(({ keyId }) => keyId === this.principal.keyId)
      .map(({ id, account, terms }) => ({ id, account, priceRupees: terms.priceRupees }));
  }

  /** Some per cent further off, on the coarsest grid of all contracts. */
  #newPrice({ priceRupees }: KnownOrder): OrderChange {
    const { random } = this.#options;
    const base = priceRupees ?? 100;
    const moved = base * (1 + random.integer(-20, 20) / 1000);
    return { priceRupees: Math.max(1, Math.round(moved)) };
  }
}

interface KnownOrder {
  id: string;
  account: string;
  priceRupees: number | null;
}

/** What the orders port answers when a write takes too long. */
function givenUp(service: OrderService, call: WriteCall): Heard<Replayable> {
  const answer = service.giveUp(call);
  if (answer === undefined) return { kind: 'error', code: 'TIMEOUT' };
  return { kind: 'answer', value: { answer, replayed: false } };
}

function replyOf(heard: Heard<Replayable>): Reply {
  if (heard.kind !== 'answer') return heard;
  const { answer, replayed } = heard.value;
  return { kind: 'answer', answer, replayed };
}
