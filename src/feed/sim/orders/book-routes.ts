import { istDate } from '../../../domain/calendar.ts';
import { numberOr } from '../fault-rule.ts';
import type { FaultArgs } from '../fault-rule.ts';
import { failure, get, success } from '../rest-route.ts';
import type { RestRequest, RestRoute } from '../rest-route.ts';
import type { OrderRouteParts } from './order-route-parts.ts';
import type { OrderRow } from './sim-order.ts';
import { tradeRow } from './sim-trade.ts';
import type { SimTrade } from './sim-trade.ts';
import type { TradingAccount } from './trading-account.ts';

/** The account of a request, and the instant whose state it is shown (epoch µs). */
interface Look {
  account: TradingAccount;
  timeUs: number;
  isNow: boolean;
}

/** Order book, history, trades and positions, as they are or, by a fault, as they were. */
export function bookRoutes({ clock, desk, faults }: OrderRouteParts): RestRoute[] {
  const look = (request: RestRequest): Look => {
    const id = request.account?.id ?? '';
    const fault = faults.takeOnRoute('stale_reads', id, clock.monotonicMs(), 'GET', request.path);
    if (fault !== null && request.record !== null) request.record.fault = 'stale_reads';
    const byMs = fault === null ? 0 : numberOr(fault, 'by_ms', 0);
    return {
      account: desk.account(id),
      timeUs: clock.nowUs() - byMs * 1000,
      isNow: byMs === 0,
    };
  };
  const odd = (request: RestRequest, rows: readonly OrderRow[]): readonly OrderRow[] => {
    const id = request.account?.id ?? '';
    const fault = faults.takeOnRoute('odd_rows', id, clock.monotonicMs(), 'GET', request.path);
    return fault === null ? rows : rows.map((row) => oddRow(row, fault));
  };
  return [
    get(/^\/orders$/, (request) => success(odd(request, orderBook(look(request), desk.day)))),
    get(/^\/orders\/(\d+)$/, (request, match) => {
      const rows = history(look(request), match[1] ?? '');
      return rows.length === 0
        ? failure(404, 'GeneralException', "Couldn't find that `order_id`.")
        : success(odd(request, rows));
    }),
    get(/^\/orders\/(\d+)\/trades$/, (request, match) =>
      success(trades(look(request), desk.day, match[1] ?? null).map(tradeRow)),
    ),
    get(/^\/trades$/, (request) => success(trades(look(request), desk.day, null).map(tradeRow))),
    get(/^\/portfolio\/positions$/, (request) => success(positions(look(request), desk.day))),
  ];
}

function orderBook({ account, timeUs }: Look, day: string): OrderRow[] {
  return account.orders.flatMap((order) => {
    const version = order.origin.day === day ? order.versionAt(timeUs) : undefined;
    return version === undefined ? [] : [version.row];
  });
}

/** Every version of one order; none if it cannot be seen. */
function history({ account, timeUs }: Look, orderId: string): OrderRow[] {
  const order = account.find(orderId);
  if (order === undefined || timeUs < order.visibleFromUs) return [];
  return order.history.filter((version) => version.timeUs <= timeUs).map(({ row }) => row);
}

/** A row as no documentation has it: a status that does not end, fields that nobody knows. */
function oddRow(row: OrderRow, fault: FaultArgs): OrderRow {
  const isOver = /^(?:COMPLETE|CANCELLED|REJECTED)$/.test(String(row['status']));
  const status = isOver ? row['status'] : (fault['status'] ?? row['status']);
  const extra = fault['extra_fields'] === true ? { settlement_leg: { of: [null] } } : {};
  return { ...row, status, ...extra };
}

function trades({ account, timeUs }: Look, day: string, orderId: string | null): SimTrade[] {
  return account.trades.filter((trade) => {
    const order = account.find(trade.orderId);
    return (
      (orderId === null || trade.orderId === orderId) &&
      order?.origin.day === day &&
      trade.timeUs <= timeUs &&
      timeUs >= order.visibleFromUs
    );
  });
}

function positions({ account, timeUs, isNow }: Look, day: string): object {
  const { portfolio } = account;
  const shown = isNow
    ? portfolio.positions()
    : portfolio.positionsAfter(
        account.trades.filter(
          (trade) => trade.timeUs <= timeUs && istDate(trade.timeUs / 1000) === day,
        ),
      );
  const ofDay = shown.filter(({ dayBuyQuantity, daySellQuantity }) => {
    return dayBuyQuantity + daySellQuantity > 0;
  });
  return {
    net: shown.map((position) => position.row('net')),
    day: ofDay.map((position) => position.row('day')),
  };
}
