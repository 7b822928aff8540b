import type { Clock } from '../../../domain/clock.ts';
import { TickerError } from '../../../domain/error-codes.ts';
import { numberOr, textOrNull } from '../fault-rule.ts';
import type { FaultArgs } from '../fault-rule.ts';
import type { Market } from '../market.ts';
import { checkTerms } from './order-checks.ts';
import type { OrderDesk } from './order-desk.ts';
import type { OrderFaults } from './order-faults.ts';
import type { OrderFaultName } from './order-fault-table.ts';
import { readOrderTerms } from './order-form.ts';
import type { OrderLimits } from './order-limits.ts';
import { AUTOMATIC_PROTECTION } from './order-terms.ts';
import type { OrderTerms } from './order-terms.ts';
import type { Position } from './position.ts';
import type { Postbacks } from './postbacks.ts';
import { OrderRefusal } from './refusal.ts';

const EXCHANGE_CANCEL = 'Cancelled by the exchange.';

/** A fault of the order side as a script has it. */
export interface OrderFault {
  account?: string;
  route?: string;
  args: FaultArgs;
}

export interface OrderFaultParts {
  clock: Clock;
  market: Market;
  desk: OrderDesk;
  faults: OrderFaults;
  limits: OrderLimits;
  postbacks: Postbacks;
  accountIds: readonly string[];
}

/** Lets the faults of the order side happen: at once, or in wait for what comes. */
export class OrderFaultActions {
  readonly #parts: OrderFaultParts;

  constructor(parts: OrderFaultParts) {
    this.#parts = parts;
  }

  /** Throws CONFIG_INVALID for an order or an address that cannot be, before anything runs. */
  check(name: OrderFaultName, { args }: OrderFault, where: string): void {
    const url = textOrNull(args, 'url') ?? '';
    if (name === 'set_postback' && url !== '' && !URL.canParse(url)) {
      throw new TickerError('CONFIG_INVALID', `${where}: ${url} is not an address`);
    }
    if (name !== 'external_order') return;
    try {
      checkTerms(this.#externalTerms(args));
    } catch (error) {
      if (!(error instanceof OrderRefusal)) throw error;
      throw new TickerError('CONFIG_INVALID', `${where}: ${error.message}`, { cause: error });
    }
  }

  apply(name: OrderFaultName, fault: OrderFault): void {
    const { desk, limits, postbacks } = this.#parts;
    const { args } = fault;
    switch (name) {
      case 'exchange_cancel':
        this.#exchangeCancel(fault);
        return;
      case 'external_order':
        for (const account of this.#accounts(fault)) {
          desk.enter(account, this.#externalTerms(args), { isExternal: true });
        }
        return;
      case 'square_off':
        for (const account of this.#accounts(fault)) this.#squareOff(account);
        return;
      case 'set_funds':
        for (const account of this.#accounts(fault)) {
          desk.setCash(account, Math.round(numberOr(args, 'rupees', 0) * 100));
        }
        return;
      case 'set_postback':
        for (const account of this.#accounts(fault)) {
          postbacks.setUrl(account, textOrNull(args, 'url') ?? '');
        }
        return;
      case 'market_session':
        desk.setSession(args['is_open'] === true, args['cancel_open'] === true);
        return;
      default:
        if (typeof args['rate_limits'] === 'boolean') limits.isOn = args['rate_limits'];
        this.#lieInWait(name, fault);
    }
  }

  #lieInWait(name: OrderFaultName, fault: OrderFault): void {
    const { clock, faults } = this.#parts;
    const untilMs = clock.monotonicMs() + numberOr(fault.args, 'for_ms', Infinity);
    faults.add(name, fault, untilMs, numberOr(fault.args, 'times', Infinity));
  }

  #accounts({ account }: OrderFault): readonly string[] {
    return account === undefined ? this.#parts.accountIds : [account];
  }

  #exchangeCancel(fault: OrderFault): void {
    const { desk } = this.#parts;
    const tag = textOrNull(fault.args, 'tag');
    const orderId = textOrNull(fault.args, 'order_id');
    const message = textOrNull(fault.args, 'message') ?? EXCHANGE_CANCEL;
    for (const account of this.#accounts(fault)) {
      for (const order of desk.account(account).open()) {
        const isMeant =
          order.exchangeOrderId !== null &&
          (tag === null || order.terms.tag === tag) &&
          (orderId === null || order.id === orderId);
        if (isMeant) desk.stages.cancelNow(order, message);
      }
    }
  }

  #externalTerms(args: FaultArgs): OrderTerms {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(args)) form.set(name, String(value));
    return readOrderTerms(form, 'regular', this.#parts.market);
  }

  /** What the broker does with intraday positions before the close: it trades them away. */
  #squareOff(accountId: string): void {
    const { desk } = this.#parts;
    const account = desk.account(accountId);
    const isIntraday = (product: string): boolean => product === 'MIS' || product === 'CO';
    for (const order of account.open()) {
      const isAtExchange = order.exchangeOrderId !== null;
      if (isAtExchange && isIntraday(order.terms.product)) {
        desk.stages.cancelNow(order, EXCHANGE_CANCEL);
      }
    }
    for (const position of account.portfolio.positions()) {
      if (!isIntraday(position.product) || position.quantity === 0) continue;
      desk.enter(accountId, closingTerms(position), { isExternal: true });
    }
  }
}

function closingTerms({ instrument, product, quantity }: Position): OrderTerms {
  return {
    variety: 'regular',
    instrument,
    side: quantity > 0 ? 'SELL' : 'BUY',
    orderType: 'MARKET',
    product,
    quantity: Math.abs(quantity),
    pricePaise: 0,
    triggerPaise: 0,
    validity: 'DAY',
    ttlMinutes: 0,
    disclosedQuantity: 0,
    marketProtection: AUTOMATIC_PROTECTION,
    icebergLegs: 0,
    icebergQuantity: 0,
    auctionNumber: null,
    tag: null,
    autoslice: false,
  };
}
