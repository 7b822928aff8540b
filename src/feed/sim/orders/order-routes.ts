import { textOrNull } from '../fault-rule.ts';
import { failure, success } from '../rest-route.ts';
import type { RestAnswer, RestRequest, RestRoute } from '../rest-route.ts';
import { placeSliced } from './autoslice.ts';
import { freezeUnits } from './freeze-quantity.ts';
import { readOrderChange, readOrderTerms } from './order-form.ts';
import { outcomeOf } from './order-faults.ts';
import type { OrderOutcome } from './order-faults.ts';
import { outcomeAnswer } from './order-outcome.ts';
import { bookRoutes } from './book-routes.ts';
import type { OrderRouteParts } from './order-route-parts.ts';
import { VARIETIES } from './order-terms.ts';
import type { OrderTerms } from './order-terms.ts';
import { OrderRefusal, inputRefusal } from './refusal.ts';
import type { LoggedRequest } from './request-log.ts';

type Call = 'place' | 'modify' | 'cancel';

/** What a call did: the answer that says so, and the orders it concerns. */
interface Done {
  answer: RestAnswer;
  orderIds: string[];
}

const VARIETY_PATH = /^\/orders\/([a-z]+)$/;
const ORDER_PATH = /^\/orders\/([a-z]+)\/(\d+)$/;

/** The broker's routes that place, change and cancel orders, and those that show them. */
export function orderRoutes(parts: OrderRouteParts): RestRoute[] {
  const calls = new OrderCalls(parts);
  return [
    { method: 'POST', path: VARIETY_PATH, isPublic: false, handle: calls.place },
    { method: 'PUT', path: ORDER_PATH, isPublic: false, handle: calls.modify },
    { method: 'DELETE', path: ORDER_PATH, isPublic: false, handle: calls.cancel },
    ...bookRoutes(parts),
  ];
}

class OrderCalls {
  readonly #parts: OrderRouteParts;

  constructor(parts: OrderRouteParts) {
    this.#parts = parts;
  }

  readonly place = (request: RestRequest, match: RegExpExecArray): RestAnswer =>
    this.#call('place', request, (account, hiddenMs) => {
      const variety = VARIETIES.find((candidate) => candidate === match[1]);
      if (variety === undefined) throw inputRefusal('Invalid `variety`.');
      const form = new URLSearchParams(request.body);
      const terms = readOrderTerms(form, variety, this.#parts.market);
      return this.#place(account, terms, hiddenMs);
    });

  readonly modify = (request: RestRequest, match: RegExpExecArray): RestAnswer =>
    this.#call('modify', request, (account) => {
      const [, variety = '', orderId = ''] = match;
      const change = readOrderChange(new URLSearchParams(request.body));
      return done(this.#parts.desk.modify(account, variety, orderId, change).id);
    });

  readonly cancel = (request: RestRequest, match: RegExpExecArray): RestAnswer =>
    this.#call('cancel', request, (account) => {
      const [, variety = '', orderId = ''] = match;
      return done(this.#parts.desk.cancel(account, variety, orderId).id);
    });

  #place(account: string, terms: OrderTerms, hiddenMs: number | null): Done {
    const { desk, limits, faults, clock } = this.#parts;
    const isSliced = terms.autoslice && terms.quantity > freezeUnits(terms.instrument.spec);
    if (!isSliced) {
      const whole = { ...terms, autoslice: false };
      const order = desk.place(account, whole, hiddenMs === null ? {} : { hiddenMs });
      if (order.iceberg !== null) limits.countLegs(account, order.iceberg.legs - 1);
      return done(order.id);
    }
    const habit = (key: string): unknown =>
      faults.setting('broker_habits', key, account, clock.monotonicMs());
    const keepTag = habit('slices_keep_tag') !== false;
    const slices = placeSliced(desk, account, terms, { keepTag, hiddenMs });
    limits.countLegs(account, slices.results.length - 1);
    const data =
      habit('autoslice_answer') === 'flat'
        ? slices.results
        : { order_id: slices.parentId, children: slices.results };
    return { answer: success(data), orderIds: slices.orders.map(({ id }) => id) };
  }

  /** Does a call as the fault that strikes it, if any, has it. */
  #call(
    call: Call,
    request: RestRequest,
    act: (account: string, hiddenMs: number | null) => Done,
  ): RestAnswer {
    const account = request.account?.id ?? '';
    const denied = this.#denial(account, request.address);
    if (denied !== null) return denied;
    const record = request.record;
    const fault = this.#outcome(call, account, record);
    if (fault === null) return attempt(record, () => act(account, null));
    if (record !== null) record.fault = `order_outcome ${fault.symptom}`;
    let real: RestAnswer | null = null;
    const hiddenMs = fault.visibleAfterMs > 0 ? fault.visibleAfterMs : null;
    const doIt = (): RestAnswer => attempt(record, () => act(account, hiddenMs));
    if (fault.isAccepted && fault.acceptAfterMs > 0) {
      this.#parts.desk.stages.later(fault.acceptAfterMs, doIt);
    } else if (fault.isAccepted) real = doIt();
    return outcomeAnswer(fault, real);
  }

  #outcome(call: Call, account: string, record: LoggedRequest | null): OrderOutcome | null {
    const { faults, clock } = this.#parts;
    const args = faults.take('order_outcome', account, clock.monotonicMs(), (candidate) => {
      const tag = textOrNull(candidate, 'tag');
      return (
        (textOrNull(candidate, 'call') ?? 'place') === call && (tag ?? record?.tag) === record?.tag
      );
    });
    return args === null ? null : outcomeOf(args);
  }

  #denial(account: string, address: string): RestAnswer | null {
    const { faults, clock } = this.#parts;
    const access = (key: string): unknown =>
      faults.setting('order_access', key, account, clock.monotonicMs());
    if (access('is_permitted') === false) {
      return failure(403, 'PermissionException', 'Insufficient permission for that call.');
    }
    const addresses = access('addresses');
    if (typeof addresses !== 'string' || addresses.split(',').includes(address)) return null;
    return failure(
      403,
      'PermissionException',
      `Orders are not allowed from ${address}. Register the address with your developer profile.`,
    );
  }
}

function done(orderId: string): Done {
  return { answer: success({ order_id: orderId }), orderIds: [orderId] };
}

/** Acts and notes what was done; a refusal becomes the broker's error answer. */
function attempt(record: LoggedRequest | null, act: () => Done): RestAnswer {
  try {
    const { answer, orderIds } = act();
    if (record !== null) {
      record.accepted = orderIds.length > 0;
      record.order_ids = orderIds;
    }
    return answer;
  } catch (error) {
    if (error instanceof OrderRefusal) {
      return failure(error.status, error.errorType, error.message);
    }
    throw error;
  }
}
