import { Agent, request } from 'node:http';
import type { OrdersRig } from './orders-rig.ts';

/** One order as its caller saw it. */
export interface PlacedOrder {
  id: string;
  status: number;
  /** From the first byte written to the last one read, ms. */
  totalMs: number;
}

/** Places orders over keep-alive connections, with as little of its own time as Node allows. */
export class OrderCaller {
  readonly #rig: OrdersRig;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #count = 0;

  constructor(rig: OrdersRig) {
    this.#rig = rig;
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
    headers: Record<string, string>,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.#rig.ordersUrl}${path}`,
        {
          method,
          agent: this.#agent,
          headers: {
            Authorization: `Bearer ${key}`,
            ...(body !== null && {
              'Content-Type': 'application/json',
              'Content-Length': Buffer.byteLength(body),
            }),
            ...headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status: answer.statusCode ?? 0, text });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body ?? undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
