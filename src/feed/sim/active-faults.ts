import { coversRoute, routePattern } from './route-pattern.ts';
import type { RoutePattern } from './route-pattern.ts';

/** An answer that replaces the one of the REST interface. */
export interface RestFault {
  status: number;
  errorType: string | null;
  message: string | null;
  /** Sent instead of the error envelope when not null. */
  body: string | null;
  contentType: string;
}

interface RestRule extends RestFault {
  account: string | null;
  pattern: RoutePattern;
  untilMs: number;
  timesLeft: number;
}

interface Refusal {
  account: string | null;
  status: number;
  untilMs: number;
}

export interface ConnectionLimit {
  limit: number;
  policy: 'refuse' | 'drop_oldest' | 'allow';
}

/** The faults that lie in wait for requests to come. Times on the monotonic clock. */
export class ActiveFaults {
  #refusals: Refusal[] = [];
  #restRules: RestRule[] = [];
  connectionLimit: ConnectionLimit = { limit: 3, policy: 'refuse' };

  addRefusal(refusal: Refusal): void {
    this.#refusals.push(refusal);
  }

  /** Status that refuses an upgrade now, or null; the newest fault wins. */
  refusalFor(account: string | null, nowMs: number): number | null {
    this.#refusals = this.#refusals.filter((refusal) => refusal.untilMs > nowMs);
    const match = this.#refusals.findLast(
      (refusal) => refusal.account === null || refusal.account === account,
    );
    return match?.status ?? null;
  }

  /** `route`: `/quote`, `GET /quote` or null for all. */
  addRestFault(
    fault: RestFault,
    account: string | null,
    route: string | null,
    untilMs: number,
    times: number,
  ): void {
    const pattern = routePattern(route);
    this.#restRules.push({ ...fault, account, pattern, untilMs, timesLeft: times });
  }

  /** The fault that answers a request now, or null; the newest wins. */
  takeRestFault(
    account: string | null,
    method: string,
    path: string,
    nowMs: number,
  ): RestFault | null {
    this.#restRules = this.#restRules.filter((rule) => rule.untilMs > nowMs && rule.timesLeft > 0);
    const match = this.#restRules.findLast(
      (rule) =>
        (rule.account === null || rule.account === account) &&
        coversRoute(rule.pattern, method, path),
    );
    if (match === undefined) return null;
    match.timesLeft--;
    return match;
  }
}
