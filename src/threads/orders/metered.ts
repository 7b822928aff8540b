import type { Clock } from '../../domain/clock.ts';
import type { CallOutcome, OrderBroker } from '../../domain/order-broker.ts';
import type { JournalEntry, OrderJournal } from '../../domain/order-journal.ts';

type Timed = (durationUs: number) => void;

async function timed<Result>(
  clock: Clock,
  record: Timed,
  act: () => Promise<Result>,
): Promise<Result> {
  const startMs = clock.monotonicMs();
  try {
    return await act();
  } finally {
    record((clock.monotonicMs() - startMs) * 1000);
  }
}

/** `journal`, with the time of every append told to `record`, and its failures counted. */
export function meteredJournal(
  journal: OrderJournal,
  clock: Clock,
  record: Timed,
  onFailure: () => void,
): OrderJournal {
  return {
    get isWritable() {
      return journal.isWritable;
    },
    load: (sinceUs, nowUs) => journal.load(sinceUs, nowUs),
    async append(entry: JournalEntry): Promise<void> {
      try {
        await timed(clock, record, () => journal.append(entry));
      } catch (error) {
        onFailure();
        throw error;
      }
    },
    findOrder: (id) => journal.findOrder(id),
    orderParts: (orderId) => journal.orderParts(orderId),
    orderEvents: (orderId) => journal.orderEvents(orderId),
  };
}

/** `broker`, with the time of every call that changes something told to `record`. */
export function meteredBroker(broker: OrderBroker, clock: Clock, record: Timed): OrderBroker {
  const call = <Result>(act: () => Promise<CallOutcome<Result>>) => timed(clock, record, act);
  return {
    account: broker.account,
    state: () => broker.state(),
    countToday: (requests) => broker.countToday?.(requests),
    admission: (purpose) => broker.admission(purpose),
    place: (...args) => call(() => broker.place(...args)),
    modify: (...args) => call(() => broker.modify(...args)),
    cancel: (...args) => call(() => broker.cancel(...args)),
    orders: () => broker.orders(),
    history: (brokerOrderId) => broker.history(brokerOrderId),
    trades: () => broker.trades(),
    positions: () => broker.positions(),
    orderMargins: (...args) => broker.orderMargins(...args),
    basketMargins: (...args) => broker.basketMargins(...args),
    setAccessToken: (accessToken) => broker.setAccessToken(accessToken),
    close: () => broker.close(),
  };
}
