import type { IntentState } from '../../../src/domain/intent-state.ts';
import type { Product, TransactionType, Variety } from '../../../src/domain/order-terms.ts';
import type { Belief, KnownBrokerOrder, KnownOrder } from '../orders/ledger-judge.ts';
import type { KillRig } from './kill-rig.ts';

type Json = Readonly<Record<string, unknown>>;

/** An order as the orders port shows it. */
export interface ShownOrder extends KnownOrder {
  clientTag: string | null;
}

/** What the service believes, as anybody can read it. */
export async function readBelief(rig: KillRig): Promise<Belief & { orders: ShownOrder[] }> {
  const orders = (await read(rig, '/v1/orders'))['orders'] as Json[];
  const trades = (await read(rig, '/v1/trades'))['trades'] as Json[];
  return {
    orders: orders.map(orderOf),
    trades: trades.map((trade) => ({
      account: String(trade['account']),
      tradeId: String(trade['trade_id']),
    })),
  };
}

async function read(rig: KillRig, path: string): Promise<Json> {
  const { status, body } = await rig.call('GET', path);
  if (status !== 200) throw new Error(`GET ${path} was answered with ${status}`);
  return body as Json;
}

function orderOf(row: Json): ShownOrder {
  return {
    id: String(row['id']),
    account: String(row['account']),
    tag: String(row['tag']),
    clientTag: row['client_tag'] as string | null,
    intentState: row['intent_state'] as IntentState | null,
    terms: {
      tradingsymbol: String(row['tradingsymbol']),
      variety: row['variety'] as Variety,
      product: row['product'] as Product,
      transactionType: row['transaction_type'] as TransactionType,
    },
    brokerOrders: (row['broker_orders'] as Json[]).map(brokerOrderOf),
  };
}

function brokerOrderOf(row: Json): KnownBrokerOrder {
  return {
    brokerOrderId: String(row['broker_order_id']),
    parentOrderId: row['parent_order_id'] as string | null,
    status: row['status'] as string | null,
    quantity: Number(row['quantity']),
    filledQuantity: Number(row['filled_quantity']),
    cancelledQuantity: Number(row['cancelled_quantity']),
    averagePriceRupees: Number(row['average_price']),
    priceRupees: Number(row['price']),
    triggerPriceRupees: Number(row['trigger_price']),
  };
}
