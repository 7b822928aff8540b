import { textOrNull } from '../fault-rule.ts';
import type { FaultArgs } from '../fault-rule.ts';
import { coversRoute, routePattern } from '../route-pattern.ts';
import type { RoutePattern } from '../route-pattern.ts';
import type { OrderFaultName } from './order-fault-table.ts';

interface Rule {
  name: OrderFaultName;
  account: string | null;
  pattern: RoutePattern;
  args: FaultArgs;
  untilMs: number;
  timesLeft: number;
}

/** The faults of the order side that lie in wait. Times on the monotonic clock. */
export class OrderFaults {
  #rules: Rule[] = [];

  add(
    name: OrderFaultName,
    fault: { account?: string; route?: string; args: FaultArgs },
    untilMs: number,
    times: number,
  ): void {
    this.#rules.push({
      name,
      account: fault.account ?? null,
      pattern: routePattern(fault.route ?? null),
      args: fault.args,
      untilMs,
      timesLeft: times,
    });
  }

  /** The arguments of the newest fault that strikes now, or null; it has struck once more. */
  take(
    name: OrderFaultName,
    account: string,
    nowMs: number,
    fits: (args: FaultArgs) => boolean = () => true,
  ): FaultArgs | null {
    return this.#strike(nowMs, (rule) => rule.name === name && fits(rule.args), account);
  }

  /** The same for a fault that is aimed at routes. */
  takeOnRoute(
    name: OrderFaultName,
    account: string,
    nowMs: number,
    method: string,
    path: string,
  ): FaultArgs | null {
    return this.#strike(
      nowMs,
      (rule) => rule.name === name && coversRoute(rule.pattern, method, path),
      account,
    );
  }

  /** What the newest of the settings of that name says of one argument, or null. */
  setting(name: OrderFaultName, key: string, account: string, nowMs: number): unknown {
    const rule = this.#rules.findLast(
      (candidate) =>
        candidate.name === name &&
        candidate.untilMs > nowMs &&
        (candidate.account === null || candidate.account === account) &&
        Object.hasOwn(candidate.args, key),
    );
    return rule?.args[key] ?? null;
  }

  #strike(nowMs: number, fits: (rule: Rule) => boolean, account: string): FaultArgs | null {
    this.#rules = this.#rules.filter((rule) => rule.untilMs > nowMs && rule.timesLeft > 0);
    const rule = this.#rules.findLast(
      (candidate) =>
        (candidate.account === null || candidate.account === account) && fits(candidate),
    );
    if (rule === undefined) return null;
    rule.timesLeft--;
    return rule.args;
  }
}

/** What becomes of one call of the broker's that a fault struck. */
export interface OrderOutcome {
  symptom: string;
  isAccepted: boolean;
  status: number;
  acceptAfterMs: number;
  visibleAfterMs: number;
  /** Null: never. */
  answerAfterMs: number | null;
}

const GATEWAY_STATUS = 502;

/** Reads the arguments of an `order_outcome`. */
export function outcomeOf(args: FaultArgs): OrderOutcome {
  const ms = (key: string): number | null => {
    const value = args[key];
    return typeof value === 'number' ? value : null;
  };
  return {
    symptom: textOrNull(args, 'symptom') ?? '',
    isAccepted: args['accepted'] === true,
    status: ms('status') ?? GATEWAY_STATUS,
    acceptAfterMs: ms('accept_after_ms') ?? 0,
    visibleAfterMs: ms('visible_after_ms') ?? 0,
    answerAfterMs: ms('answer_after_ms'),
  };
}
