import type { BrokerOrderRow } from '../domain/order-broker.ts';
import type { OrderRecord } from '../domain/order-record.ts';
import type {
  OrderExchange,
  OrderType,
  Product,
  Validity,
  Variety,
} from '../domain/order-terms.ts';
import { brokerOrderOf, mergeBrokerOrder } from './merge-order.ts';

/** Zero stands for "not given" in the broker's rows. */
function given(value: number): number | null {
  return value === 0 ? null : value;
}

/** The record of an order that somebody placed outside of this service. */
export function externalOrder(id: string, row: BrokerOrderRow, nowUs: number): OrderRecord {
  return {
    id,
    account: row.account,
    keyId: null,
    clientOrderId: null,
    clientTag: null,
    tag: row.tag ?? '',
    terms: {
      variety: row.variety as Variety,
      exchange: row.exchange as OrderExchange,
      tradingsymbol: row.tradingsymbol,
      transactionType: row.transactionType,
      orderType: row.orderType as OrderType,
      product: row.product as Product,
      quantity: row.quantity,
      priceRupees: given(row.priceRupees),
      triggerPriceRupees: given(row.triggerPriceRupees),
      validity: row.validity as Validity,
      validityTtl: given(row.validityTtl),
      disclosedQuantity: given(row.disclosedQuantity),
      marketProtection: given(row.marketProtection),
      autoslice: false,
      icebergLegs: null,
      icebergQuantity: null,
      auctionNumber: null,
      algoId: null,
    },
    instrumentToken: row.instrumentToken,
    intentState: null,
    code: null,
    message: null,
    risk: null,
    brokerOrders: [mergeBrokerOrder(undefined, brokerOrderOf(row), true)],
    sliceParentId: null,
    sliceRefusals: [],
    duplicateOrderIds: [],
    createdUs: row.orderTimeS === null ? nowUs : row.orderTimeS * 1_000_000,
    sentUs: null,
    answeredUs: null,
    resolvedUs: null,
    updatedUs: nowUs,
    version: 1,
  };
}
