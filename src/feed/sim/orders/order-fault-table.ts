import { DURATION, TIMES } from '../fault-rule.ts';
import type { ArgumentRule, FaultRule } from '../fault-rule.ts';

export type OrderFaultName = keyof typeof ORDER_FAULTS;

const LASTING = { for_ms: DURATION, times: TIMES } as const;
const NEEDED_MS: ArgumentRule = { type: 'number', min: 0, isRequired: true };
const TEXT: ArgumentRule = { type: 'string' };
const NEEDED_TEXT: ArgumentRule = { type: 'string', isRequired: true };
const FLAG: ArgumentRule = { type: 'boolean' };
const NEEDED_FLAG: ArgumentRule = { type: 'boolean', isRequired: true };

/** Every fault of the order side with what it may be aimed at and its arguments. */
export const ORDER_FAULTS = {
  order_outcome: {
    targets: ['account'],
    args: {
      symptom: {
        type: 'string',
        isRequired: true,
        pattern: /^(?:timeout|reset|reset_in_body|truncated|status|html|timed_out_text)$/,
      },
      accepted: NEEDED_FLAG,
      call: { type: 'string', pattern: /^(?:place|modify|cancel)$/ },
      tag: TEXT,
      status: { type: 'number', isInteger: true, min: 500, max: 599 },
      accept_after_ms: DURATION,
      visible_after_ms: DURATION,
      answer_after_ms: DURATION,
      ...LASTING,
    },
  },
  hide_orders: { targets: ['account'], args: { delay_ms: NEEDED_MS, ...LASTING } },
  stale_reads: { targets: ['account', 'route'], args: { by_ms: NEEDED_MS, ...LASTING } },
  odd_rows: {
    targets: ['account', 'route'],
    args: { status: TEXT, extra_fields: FLAG, ...LASTING },
  },
  slow_answers: { targets: ['account', 'route'], args: { delay_ms: NEEDED_MS, ...LASTING } },
  throttle: {
    targets: ['account', 'route'],
    args: { retry_after_s: { type: 'number', isInteger: true, min: 0 }, ...LASTING },
  },
  order_events: {
    targets: ['account'],
    args: {
      action: {
        type: 'string',
        isRequired: true,
        pattern: /^(?:lose|duplicate|delay|reorder|bad_checksum|empty_checksum)$/,
      },
      channel: { type: 'string', pattern: /^(?:socket|postback)$/ },
      status: TEXT,
      delay_ms: DURATION,
      ...LASTING,
    },
  },
  hold_orders: {
    targets: ['account'],
    args: {
      hold_ms: NEEDED_MS,
      stage: { type: 'string', pattern: /^(?:received|validation|open|modify|cancel)$/ },
      ...LASTING,
    },
  },
  reject_orders: { targets: ['account'], args: { message: NEEDED_TEXT, raw: TEXT, ...LASTING } },
  limit_fills: {
    targets: ['account'],
    args: {
      max_quantity: { type: 'number', isInteger: true, min: 0, isRequired: true },
      for_ms: DURATION,
    },
  },
  exchange_cancel: { targets: ['account'], args: { tag: TEXT, order_id: TEXT, message: TEXT } },
  external_order: {
    targets: ['account'],
    args: {
      exchange: NEEDED_TEXT,
      tradingsymbol: NEEDED_TEXT,
      transaction_type: NEEDED_TEXT,
      quantity: { type: 'number', isInteger: true, min: 1, isRequired: true },
      product: NEEDED_TEXT,
      order_type: NEEDED_TEXT,
      price: { type: 'number', min: 0 },
      trigger_price: { type: 'number', min: 0 },
      market_protection: { type: 'number', min: -1, max: 100 },
      tag: TEXT,
    },
  },
  square_off: { targets: ['account'], args: {} },
  set_funds: { targets: ['account'], args: { rupees: { type: 'number', isRequired: true } } },
  set_postback: {
    targets: ['account'],
    args: { url: { type: 'string', isRequired: true, pattern: /^(?:https?:\/\/\S+)?$/ } },
  },
  market_session: { targets: [], args: { is_open: NEEDED_FLAG, cancel_open: FLAG } },
  order_access: { targets: ['account'], args: { is_permitted: FLAG, addresses: TEXT } },
  broker_habits: {
    targets: [],
    args: {
      funds_check: { type: 'string', pattern: /^(?:before|after)$/ },
      autoslice_answer: { type: 'string', pattern: /^(?:flat|children)$/ },
      slices_keep_tag: FLAG,
      rate_limits: FLAG,
    },
  },
} as const satisfies Record<string, FaultRule>;

export function isOrderFault(name: string): name is OrderFaultName {
  return Object.hasOwn(ORDER_FAULTS, name);
}
