import type { OrdersRig } from './orders-rig.ts';
import { type RawAnswer, RawHttp } from './raw-http.ts';

/** One order as its caller saw it. */
export interface PlacedOrder {
  id: string;
  status: number;
  /** From the first byte written to the last one read, ms. */
  totalMs: number;
}

/** Places orders over keep-alive connections, with little time of its own. */
export class OrderCaller {
  readonly #rig: OrdersRig;
  readonly #http: RawHttp;
  #count = 0;

  constructor(rig: OrdersRig) {
    this.#rig = rig;
    this.#http = new RawHttp(rig.ordersUrl);
  }

  /** An order that is ended at once, so that the broker's book stays short. */
  async place(): Promise<PlacedOrder> {
    const number = ++this.#count;
    const { accounts, keys } = this.#rig;
    const body = JSON.stringify({
      account: accounts[number % accounts.length],
      exchange: 'NSE',
      tradingsymbol: 'INFY',
      transaction_type: 'BUY',
      order_type: 'LIMIT',
      price: 1450,
      validity: 'IOC',
      product: 'MIS',
      quantity: (number % 50) + 1,
    });
    const headers = { 'Idempotency-Key': `bench${process.pid}n${number}` };
    const key = keys[number % keys.length] ?? '';
    const startedMs = performance.now();
    const { status, text } = await this.send('POST', '/v1/orders', key, body, headers);
    const totalMs = performance.now() - startedMs;
    const { id = '' } = JSON.parse(text) as { id?: string };
    return { id, status, totalMs };
  }

  /** ms of a request that the service answers by itself. */
  async floorMs(): Promise<number> {
    const startedMs = performance.now();
    await this.send('GET', '/v1/trading-state', this.#rig.keys[0] ?? '', null, {});
    return performance.now() - startedMs;
  }

  send(
    method: string,
    path: string,
    key: string,
    body: string | null,
    headers: Readonly<Record<string, string>>,
  ): Promise<RawAnswer> {
    const lines = [`${method} ${path} HTTP/1.1`, `Authorization: Bearer ${key}`];
    if (body !== null) lines.push('Content-Type: application/json');
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    return this.#http.send(lines.join('\r\n'), body ?? '');
  }

  close(): void {
    this.#http.close();
  }
}
