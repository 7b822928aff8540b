import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

/** An order as the orders port tells it, as far as tests look. */
export interface OrderView {
  id: string;
  account: string;
  intent_state: string | null;
  status: string | null;
  broker_order_id: string | null;
  tag: string;
  quantity: number;
  filled_quantity: number;
  code: string | null;
}

export interface OrderReply {
  status: number;
  headers: Headers;
  body: OrderView & { detail?: string };
}

/** A market order for ten shares. */
export const MARKET_BUY = {
  account: 'SIM001',
  variety: 'regular',
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  transaction_type: 'BUY',
  order_type: 'MARKET',
  product: 'MIS',
  quantity: 10,
  validity: 'DAY',
  market_protection: -1,
};

/** How much below the market an order rests that is not to fill. */
const RESTING = 0.95;
/** A key may ask fifty times a second. */
const LOOK_MS = 40;

/** Calls the orders port over HTTP, as a user does. */
export class OrderPortCaller {
  readonly url: string;
  readonly key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.key = key;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    idempotencyKey: string = randomUUID(),
  ): Promise<OrderReply> {
    const answer = await fetch(new URL(path, this.url), {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        'idempotency-key': idempotencyKey,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status, headers } = answer;
    return { status, headers, body: (await answer.json()) as OrderReply['body'] };
  }

  /** Places an order that must be taken. */
  async place(changes: Record<string, unknown> = {}): Promise<OrderView> {
    const { status, body } = await this.send('POST', '/v1/orders', { ...MARKET_BUY, ...changes });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  }

  /** Places a limit order that does not fill; `last`: the last price, rupees. */
  async rest(last: number, changes: Record<string, unknown> = {}): Promise<OrderView> {
    const price = Math.floor(last * RESTING);
    return this.place({ order_type: 'LIMIT', price, market_protection: undefined, ...changes });
  }

  async get(id: string): Promise<OrderView> {
    const { status, body } = await this.send('GET', `/v1/orders/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async list(query = ''): Promise<OrderView[]> {
    const { body } = await this.send('GET', `/v1/orders${query}`);
    return (body as unknown as { orders: OrderView[] }).orders;
  }

  /** Asks for the order until `holds` says so. */
  async until(id: string, holds: (order: OrderView) => boolean): Promise<OrderView> {
    for (;;) {
      const order = await this.get(id);
      if (holds(order)) return order;
      await lookLater();
    }
  }

  /** Asks until the orders port is ready, or is not any more. */
  async untilReady(isReady = true): Promise<string> {
    for (;;) {
      const answer = await fetch(new URL('/readyz', this.url)).catch(() => undefined);
      const text = (await answer?.text()) ?? '';
      if (answer !== undefined && answer.ok === isReady) return text;
      await lookLater();
    }
  }
}

function lookLater(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

/** Last price of an instrument of the simulator, rupees. It has one quote a second to give. */
export async function lastPrice(simulatorUrl: string, symbol = 'NSE:INFY'): Promise<number> {
  const url = `${simulatorUrl}/quote/ltp?i=${encodeURIComponent(symbol)}`;
  for (;;) {
    const answer = await fetch(url, { headers: { authorization: 'token sim-key-1:sim-token-1' } });
    const text = await answer.text();
    if (answer.status === 429) continue;
    const { data } = JSON.parse(text) as { data: Record<string, { last_price: number }> };
    return data[symbol]?.last_price ?? assert.fail(`${symbol} has no price`);
  }
}
