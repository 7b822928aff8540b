import type { Simulator, SimulatorFault } from '../../../../src/feed/sim/simulator.ts';
import type { OrderForm } from './order-rig.ts';
import { authorization } from './running-simulator.ts';

export interface CallAnswer {
  status: number;
  type: string;
  text: string;
  headers: Headers;
  /** `data` of the envelope, or null. */
  data: unknown;
  /** `error_type: message` of the envelope, or null. */
  error: string | null;
}

/** Calls the broker's order routes as one account, and sees what comes back as it is. */
export class OrderCaller {
  readonly #simulator: Simulator;
  readonly #account: number;

  constructor(simulator: Simulator, account = 1) {
    this.#simulator = simulator;
    this.#account = account;
  }

  async call(
    method: string,
    path: string,
    form?: OrderForm,
    signal?: AbortSignal,
  ): Promise<CallAnswer> {
    const body =
      form === undefined
        ? null
        : new URLSearchParams(Object.entries(form).map(([name, value]) => [name, String(value)]));
    const answer = await fetch(this.#simulator.restUrl + path, {
      method,
      headers: authorization(this.#account),
      body,
      ...(signal !== undefined && { signal }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    const envelope = readEnvelope(text);
    return {
      status: answer.status,
      type,
      text,
      headers: answer.headers,
      data: envelope.data ?? null,
      error:
        envelope.error_type === undefined
          ? null
          : `${envelope.error_type}: ${envelope.message ?? ''}`,
    };
  }

  place(form: OrderForm, variety = 'regular', signal?: AbortSignal): Promise<CallAnswer> {
    return this.call('POST', `/orders/${variety}`, form, signal);
  }

  async placed(form: OrderForm, variety = 'regular'): Promise<string> {
    const { data, text } = await this.place(form, variety);
    const orderId = (data as { order_id?: unknown } | null)?.order_id;
    if (typeof orderId !== 'string') throw new Error(`not placed: ${text}`);
    return orderId;
  }

  /** Tag and status of every order in the book. */
  async book(): Promise<[tag: unknown, status: unknown][]> {
    const { data } = await this.call('GET', '/orders');
    return (data as Record<string, unknown>[]).map((row) => [row['tag'], row['status']]);
  }

  fault(
    name: SimulatorFault['fault'],
    args: SimulatorFault['args'],
    rest: Partial<SimulatorFault> = {},
  ): void {
    const account = `SIM00${this.#account}`;
    this.#simulator.schedule([{ at_ms: 0, account, fault: name, args, ...rest }]);
  }

  /** Tags of the orders that truly are there. */
  truth(): (string | null)[] {
    const { accounts } = this.#simulator.ordersLedger();
    const mine = accounts.find(({ account }) => account === `SIM00${this.#account}`);
    return (mine?.orders ?? []).map(({ tag }) => tag);
  }
}

interface Envelope {
  data?: unknown;
  error_type?: string;
  message?: string;
}

/** What is not JSON has nothing in it. */
function readEnvelope(text: string): Envelope {
  try {
    return JSON.parse(text) as Envelope;
  } catch {
    return {};
  }
}
