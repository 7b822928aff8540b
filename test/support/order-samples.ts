import type { IdempotencyRecord, TimedAuditEvent } from '../../src/domain/order-journal.ts';
import type {
  BrokerOrder,
  OperationRecord,
  OrderRecord,
  TradeRecord,
} from '../../src/domain/order-record.ts';

export const START_US = 1_790_000_000_123_456;

/** An order that is sent, and changes to it. */
export function sampleOrder(id: string, changes: Partial<OrderRecord> = {}): OrderRecord {
  return {
    id,
    account: 'AB1234',
    keyId: 'key_a',
    clientOrderId: `client-${id}`,
    clientTag: null,
    tag: `AB${id.slice(4)}00`,
    terms: {
      variety: 'regular',
      exchange: 'NSE',
      tradingsymbol: 'INFY',
      transactionType: 'BUY',
      orderType: 'LIMIT',
      product: 'MIS',
      quantity: 5,
      priceRupees: 1501.05,
      triggerPriceRupees: null,
      validity: 'DAY',
      validityTtl: null,
      disclosedQuantity: null,
      marketProtection: null,
      autoslice: false,
      icebergLegs: null,
      icebergQuantity: null,
      auctionNumber: null,
      algoId: null,
    },
    instrumentToken: 408065,
    intentState: 'SENT',
    code: null,
    message: null,
    risk: {
      allowed: true,
      code: null,
      detail: null,
      isExit: false,
      numbers: { valueRupees: 7505.25 },
    },
    brokerOrders: [],
    sliceParentId: null,
    sliceRefusals: [],
    duplicateOrderIds: [],
    createdUs: START_US,
    sentUs: START_US,
    answeredUs: null,
    resolvedUs: null,
    updatedUs: START_US,
    version: 1,
    ...changes,
  };
}

export function sampleBrokerOrder(changes: Partial<BrokerOrder> = {}): BrokerOrder {
  return {
    brokerOrderId: '261124000000001',
    exchangeOrderId: null,
    parentOrderId: null,
    status: 'OPEN',
    statusMessage: null,
    quantity: 5,
    filledQuantity: 0,
    pendingQuantity: 5,
    cancelledQuantity: 0,
    averagePriceRupees: 0,
    priceRupees: 1501.05,
    triggerPriceRupees: 0,
    orderType: 'LIMIT',
    validity: 'DAY',
    orderTimeS: null,
    exchangeUpdateTimeS: null,
    meta: {},
    ...changes,
  };
}

export function sampleOperation(
  orderId: string,
  changes: Partial<OperationRecord> = {},
): OperationRecord {
  return {
    id: `op_${orderId.slice(4)}`,
    orderId,
    account: 'AB1234',
    keyId: 'key_a',
    kind: 'cancel',
    brokerOrderId: '261124000000001',
    change: null,
    intentState: 'SENT',
    code: null,
    message: null,
    createdUs: START_US,
    sentUs: START_US,
    resolvedUs: null,
    version: 1,
    ...changes,
  };
}

export function sampleTrade(
  orderId: string | null,
  changes: Partial<TradeRecord> = {},
): TradeRecord {
  return {
    tradeId: '10000001',
    account: 'AB1234',
    brokerOrderId: '261124000000001',
    orderId,
    exchange: 'NSE',
    tradingsymbol: 'INFY',
    transactionType: 'BUY',
    product: 'MIS',
    quantity: 5,
    priceRupees: 1501,
    fillTimeS: START_US / 1e6,
    ...changes,
  };
}

export function sampleUse(
  key: string,
  changes: Partial<IdempotencyRecord> = {},
): IdempotencyRecord {
  return {
    keyId: 'key_a',
    key,
    fingerprint: 'f'.repeat(64),
    subject: null,
    answer: null,
    createdUs: START_US,
    expiresUs: START_US + 3600e6,
    ...changes,
  };
}

export function sampleEvent(subject: string, action = 'order.sent'): TimedAuditEvent {
  const detail = { text: 'a\0b', count: 3, price: 1.5 };
  return { timeUs: START_US, actor: 'key_a', action, subject, origin: '127.0.0.1', detail };
}
