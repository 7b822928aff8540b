import type {
  BrokerOrder,
  OperationRecord,
  OrderRecord,
} from '../../../src/domain/order-record.ts';
import type { OrderAnswer, Replayable } from '../../../src/domain/order-service.ts';
import type { OrderTerms } from '../../../src/domain/order-terms.ts';

/** 2026-09-10 10:00 IST. */
const TIME_US = 1_789_014_600_000_000;

export const SAMPLE_TERMS: OrderTerms = {
  variety: 'regular',
  exchange: 'NFO',
  tradingsymbol: 'NIFTY26SEP24000CE',
  transactionType: 'BUY',
  orderType: 'LIMIT',
  product: 'NRML',
  quantity: 130,
  priceRupees: 101.05,
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
};

export function sampleBrokerOrder(changes: Partial<BrokerOrder> = {}): BrokerOrder {
  return {
    brokerOrderId: '260910000000001',
    exchangeOrderId: '1000000001',
    parentOrderId: null,
    status: 'OPEN',
    statusMessage: null,
    quantity: 130,
    filledQuantity: 65,
    pendingQuantity: 65,
    cancelledQuantity: 0,
    averagePriceRupees: 101,
    priceRupees: 101.05,
    triggerPriceRupees: 0,
    orderType: 'LIMIT',
    validity: 'DAY',
    orderTimeS: TIME_US / 1_000_000,
    exchangeUpdateTimeS: null,
    meta: {},
    ...changes,
  };
}

export function sampleOrder(changes: Partial<OrderRecord> = {}): OrderRecord {
  return {
    id: 'ord_mfdk2x9a0001',
    account: 'SIM001',
    keyId: 'full',
    clientOrderId: 'mine-1',
    clientTag: 'strategy7',
    tag: '01mfdk2x9a000100',
    terms: SAMPLE_TERMS,
    instrumentToken: 12_345_602,
    intentState: 'ACCEPTED',
    code: null,
    message: null,
    risk: {
      allowed: true,
      code: null,
      detail: null,
      isExit: false,
      numbers: { order_value_rupees: 13_136.5 },
    },
    brokerOrders: [sampleBrokerOrder()],
    sliceParentId: null,
    sliceRefusals: [],
    duplicateOrderIds: [],
    createdUs: TIME_US,
    sentUs: TIME_US + 0.25,
    answeredUs: TIME_US + 2_000,
    resolvedUs: null,
    updatedUs: TIME_US + 2_000,
    version: 2,
    ...changes,
  };
}

export function sampleOperation(changes: Partial<OperationRecord> = {}): OperationRecord {
  return {
    id: 'op_mfdk2x9a0002',
    orderId: 'ord_mfdk2x9a0001',
    account: 'SIM001',
    keyId: 'full',
    kind: 'modify',
    brokerOrderId: '260910000000001',
    change: { priceRupees: 102 },
    intentState: 'ACCEPTED',
    code: null,
    message: null,
    createdUs: TIME_US,
    sentUs: TIME_US,
    resolvedUs: null,
    version: 2,
    ...changes,
  };
}

/** An answer that is given for the first time. */
export function first(answer: OrderAnswer): Replayable {
  return { answer, replayed: false };
}

/** Body of a placement that has nothing but what must be there. */
export const SAMPLE_BODY = {
  account: 'SIM001',
  exchange: 'NFO',
  tradingsymbol: 'NIFTY26SEP24000CE',
  transaction_type: 'BUY',
  order_type: 'LIMIT',
  product: 'NRML',
  quantity: 130,
  price: 101.05,
};
