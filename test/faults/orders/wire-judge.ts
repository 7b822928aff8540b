import type { OrderRun } from './order-run.ts';
import type { SentRequest } from './virtual-wire.ts';

const SECOND_MS = 1000;
/** Of sums of times: a call may leave at the very end of the window. */
const ROUNDING_MS = 1e-6;
/** The broker's limits of a rolling second and a rolling minute. */
const ORDERS_A_SECOND = 10;
const ORDERS_A_MINUTE = 400;
const READS_A_SECOND = 10;
/** Requests, repeats of them, and what the kill switch adds. */
const CANCELS_OF_ONE_ORDER = 60;

/** What requests broke: the broker's limits, a halt, a dead session. */
export function judgeWire(run: OrderRun): string[] {
  const { world, plan } = run;
  return plan.accounts.flatMap((account) => {
    const sent = world.sent.filter((request) => request.account === account);
    const orders = sent.filter(({ method }) => method !== 'GET').filter(isOrderRequest);
    const reads = sent.filter((request) => !isOrderRequest(request));
    return [
      ...tooMany(account, 'order requests a second', orders, SECOND_MS, ORDERS_A_SECOND),
      ...tooMany(account, 'order requests a minute', orders, 60 * SECOND_MS, ORDERS_A_MINUTE),
      ...tooMany(account, 'reads a second', reads, SECOND_MS, READS_A_SECOND),
      ...afterHalt(run, account, orders),
      ...withoutSession(run, account, sent),
      ...cancelledTooOften(account, orders),
    ];
  });
}

function isOrderRequest({ method, path }: SentRequest): boolean {
  return method !== 'GET' && path.startsWith('/orders/');
}

/** A process does not know what the one before it sent: the limits are those of one. */
function tooMany(
  account: string,
  what: string,
  sent: readonly SentRequest[],
  windowMs: number,
  limit: number,
): string[] {
  for (let last = limit; last < sent.length; last++) {
    const newest = sent[last]!;
    const oldest = sent[last - limit]!;
    const isSameProcess = newest.process === oldest.process;
    if (isSameProcess && newest.atMs - oldest.atMs < windowMs - ROUNDING_MS) {
      return [`${account}: more than ${limit} ${what}`];
    }
  }
  return [];
}

function afterHalt(
  { faults }: OrderRun,
  account: string,
  orders: readonly SentRequest[],
): string[] {
  return faults.halted.flatMap((span) => {
    if (span.account !== '*' && span.account !== account) return [];
    return orders
      .filter(({ method, atMs }) => method !== 'DELETE' && atMs > span.fromMs && atMs < span.toMs)
      .map(
        ({ path, parameters }) =>
          `${account}: ${parameters.get('tag') ?? path} was sent during a halt`,
      );
  });
}

/** Once the broker has said that the session is dead, nothing is sent until somebody logs in. */
function withoutSession(
  { world }: OrderRun,
  account: string,
  sent: readonly SentRequest[],
): string[] {
  const logins = world.logins.filter((login) => login.account === account);
  for (const { heard, process, atMs: sentMs } of sent) {
    if (heard?.status !== 403 || !heard.body.includes('TokenException')) continue;
    // It is about a session that somebody has replaced in the meantime.
    if (logins.some(({ atMs }) => atMs >= sentMs && atMs <= heard.atMs)) continue;
    const login = logins.find(({ atMs }) => atMs > heard.atMs)?.atMs ?? Infinity;
    const next = sent.find(
      (later) => later.process === process && later.atMs > heard.atMs && later.atMs < login,
    );
    if (next !== undefined) {
      return [`${account}: ${next.method} ${next.path} was sent although the session was dead`];
    }
  }
  return [];
}

function cancelledTooOften(account: string, orders: readonly SentRequest[]): string[] {
  const counts = new Map<string, number>();
  for (const { method, path } of orders) {
    if (method === 'DELETE') counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  const worst = [...counts].filter(([, count]) => count > CANCELS_OF_ONE_ORDER);
  return worst.map(([path, count]) => `${account}: DELETE ${path} was sent ${count} times`);
}
