import { createHash } from 'node:crypto';
import type { OrderRecord } from '../../src/domain/order-record.ts';
import type { OrderAnswer, OrderService, WriteCall } from '../../src/domain/order-service.ts';
import type { OrderTerms } from '../../src/domain/order-terms.ts';
import type { RiskLimits } from '../../src/domain/trading-state.ts';
import type { SimulatorFault } from '../../src/feed/sim/fault-script.ts';
import { PLAIN_TERMS, priceNear } from '../faults/orders/order-requests.ts';
import { OrderWorld } from '../faults/orders/order-world.ts';
import { OPERATOR } from '../faults/orders/service-faults.ts';
import type { SentRequest } from '../faults/orders/virtual-wire.ts';

const NO_LIMITS: RiskLimits = {
  orderValueRupees: null,
  openValueRupees: null,
  positionValueRupees: null,
  orderQuantity: null,
  dailyLossRupees: null,
  ordersPerSecond: null,
  ordersPerMinute: null,
  priceBandPercent: null,
  duplicateWindowMs: null,
};

/** The order side with the real broker client on the simulator, in virtual time, without faults. */
export class SimulatedOrders {
  readonly world: OrderWorld;
  #keys = 0;

  private constructor(accounts: readonly string[]) {
    this.world = new OrderWorld({
      seed: 1,
      accounts: [...accounts],
      clients: [],
      service: [],
      wire: [],
      broker: [],
      hasPostbacks: false,
    });
  }

  /** Resolves when orders are taken. */
  static async open(accounts: readonly string[] = ['SIM001']): Promise<SimulatedOrders> {
    const rig = new SimulatedOrders(accounts);
    rig.world.start();
    await rig.run(5_000);
    return rig;
  }

  get service(): OrderService {
    const { service } = this.world;
    if (service === undefined) throw new Error('there is no process');
    return service;
  }

  /** Lets time pass. */
  async run(durationMs: number): Promise<void> {
    const { clock } = this.world;
    await clock.run(clock.monotonicMs() + durationMs);
  }

  /** Lets time pass until `answer` is there. */
  async answered<Value>(answer: Promise<Value>, stepMs = 50): Promise<Value> {
    const progress = { isOver: false };
    const noted = answer.finally(() => (progress.isOver = true));
    noted.catch(() => undefined);
    for (let step = 0; step < 2000; step++) {
      await this.run(stepMs);
      if (progress.isOver) return noted;
    }
    throw new Error('no answer came');
  }

  /** Leaves no limit but the broker's own. */
  async liftLimits(): Promise<void> {
    const call = { principal: OPERATOR, requestId: 'limits', origin: '127.0.0.1' };
    await this.answered(this.service.setLimits(call, 'all', '', NO_LIMITS));
  }

  /** Limit price of INFY: at which it trades at once, or rests. */
  price(kind: 'trades' | 'rests', away = 0): number {
    const [infy] = this.world.contracts();
    if (infy === undefined) throw new Error('INFY is not listed');
    const last = this.world.sources.last(infy.token)?.lastRupees ?? 0;
    return priceNear(infy, last, kind === 'trades' ? 2 : -3 - away);
  }

  terms(terms: Partial<OrderTerms> = {}): OrderTerms {
    return { ...PLAIN_TERMS, priceRupees: this.price('rests'), ...terms };
  }

  /** A call of its own, unless it has the key of another one. */
  call(key = `key-${++this.#keys}`): WriteCall {
    return {
      principal: OPERATOR,
      idempotencyKey: key,
      fingerprint: createHash('sha256').update(key).digest('hex'),
      requestId: key,
      origin: '127.0.0.1',
    };
  }

  /** Under way: let time pass to have it answered. */
  async begin(terms: Partial<OrderTerms> = {}, account = 'SIM001', call = this.call()) {
    const request = { account, clientOrderId: null, clientTag: null, terms: this.terms(terms) };
    return (await this.service.place(call, request)).answer;
  }

  place(terms: Partial<OrderTerms> = {}, account = 'SIM001'): Promise<OrderAnswer> {
    return this.answered(this.begin(terms, account));
  }

  /** Places an order that must be taken. */
  async placed(terms: Partial<OrderTerms> = {}): Promise<OrderRecord> {
    const answer = await this.place(terms);
    if (answer.kind === 'refused') throw new Error(`refused: ${answer.code} ${answer.detail}`);
    return answer.order;
  }

  get(id: string): Promise<OrderRecord> {
    return this.service.get(OPERATOR, id);
  }

  fault(fault: Omit<SimulatorFault, 'at_ms'>): void {
    this.world.broker.schedule([{ at_ms: 0, account: 'SIM001', ...fault }]);
  }

  /** Requests of a method that have left for the order routes. */
  sent(method: string): SentRequest[] {
    return this.world.sent.filter(
      (request) => request.method === method && request.path.startsWith('/orders/'),
    );
  }
}
