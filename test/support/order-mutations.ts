import type { Clock } from '../../src/domain/clock.ts';
import type { JournalEntry, OrderJournal } from '../../src/domain/order-journal.ts';
import type { BrokerOrderRow, CallOutcome, OrderBroker } from '../../src/domain/order-broker.ts';
import type { Mutation } from '../faults/orders/order-world.ts';

/** A broker of which some methods are others. */
function altered(broker: OrderBroker, methods: Partial<OrderBroker>): OrderBroker {
  return new Proxy(broker, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function alteredJournal(journal: OrderJournal, methods: Partial<OrderJournal>): OrderJournal {
  return {
    get isWritable() {
      return journal.isWritable;
    },
    load: (sinceUs, nowUs) => journal.load(sinceUs, nowUs),
    append: (entry) => journal.append(entry),
    findOrder: (id) => journal.findOrder(id),
    orderParts: (id) => journal.orderParts(id),
    orderEvents: (id) => journal.orderEvents(id),
    ...methods,
  };
}

function refusedInstead<Result>(outcome: CallOutcome<Result>): CallOutcome<Result> {
  if (outcome.kind !== 'unknown') return outcome;
  const { message, evidence } = outcome;
  const told = {
    code: 'BROKER_REJECTED',
    message,
    isThrottled: false,
    retryAfterMs: null,
  } as const;
  return { kind: 'rejected', ...told, evidence };
}

/** Rows with another status or fewer fills than the broker told. */
function misread(row: BrokerOrderRow): BrokerOrderRow {
  if (row.filledQuantity === 0) return row;
  return { ...row, filledQuantity: row.filledQuantity - 1 };
}

class FastClock implements Clock {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowUs(): number {
    return this.#clock.nowUs() * 1.5;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs() * 1.5;
  }

  setTimeout(callback: () => void, delayMs: number) {
    return this.#clock.setTimeout(callback, delayMs / 1.5);
  }

  setInterval(callback: () => void, periodMs: number) {
    return this.#clock.setInterval(callback, periodMs / 1.5);
  }
}

/** Mistakes that an order side could make, by what they are. */
export const ORDER_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a placement is sent again when its outcome is unknown': {
    broker: (broker) =>
      altered(broker, {
        async place(terms, tag, purpose) {
          const outcome = await broker.place(terms, tag, purpose);
          return outcome.kind === 'unknown' ? broker.place(terms, tag, purpose) : outcome;
        },
      }),
  },
  'an unknown placement counts as refused, and nobody looks': {
    broker: (broker) =>
      altered(broker, {
        place: async (terms, tag, purpose) =>
          refusedInstead(await broker.place(terms, tag, purpose)),
        orders: async () => [],
      }),
  },
  'an unknown cancellation counts as done': {
    broker: (broker) =>
      altered(broker, {
        async cancel(variety, id, parent) {
          const outcome = await broker.cancel(variety, id, parent);
          if (outcome.kind !== 'unknown') return outcome;
          return { kind: 'accepted', result: id, evidence: outcome.evidence };
        },
      }),
  },
  'orders are sent before they are journaled': {
    journal: (journal) =>
      alteredJournal(journal, {
        append: async (entry: JournalEntry) => void journal.append(entry).catch(() => undefined),
      }),
  },
  'what was journaled is forgotten at a start: uses of keys': {
    journal: (journal) =>
      alteredJournal(journal, {
        async load(sinceUs, nowUs) {
          const state = await journal.load(sinceUs, nowUs);
          const orders = state.orders.map((order) => ({ ...order, clientOrderId: null }));
          return { ...state, orders, idempotency: [] };
        },
      }),
  },
  'what was journaled is forgotten at a start: trading states': {
    journal: (journal) =>
      alteredJournal(journal, {
        load: async (sinceUs, nowUs) => ({
          ...(await journal.load(sinceUs, nowUs)),
          tradingStates: [],
        }),
      }),
  },
  'what was journaled is forgotten at a start: orders in doubt': {
    journal: (journal) =>
      alteredJournal(journal, {
        async load(sinceUs, nowUs) {
          const state = await journal.load(sinceUs, nowUs);
          const orders = state.orders.filter(({ intentState }) => intentState !== 'SENT');
          return { ...state, orders };
        },
      }),
  },
  'fills are misread': {
    broker: (broker) =>
      altered(broker, { orders: async () => (await broker.orders()).map(misread) }),
  },
  'orders go to the next account': {
    broker: (broker, all) => {
      const others = [...all.values()].filter(({ account }) => account !== broker.account);
      const other = others[0] ?? broker;
      return altered(broker, { place: (terms, tag, purpose) => other.place(terms, tag, purpose) });
    },
  },
  'budgets are kept by a clock that is too fast': { brokerClock: (clock) => new FastClock(clock) },
};
