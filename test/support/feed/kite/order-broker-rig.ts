import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { CallOutcome } from '../../../../src/domain/order-broker.ts';
import { KiteOrderBroker } from '../../../../src/feed/kite/orders/kite-order-broker.ts';
import {
  UndiciOrderTransport,
  type UndiciOrderTransportOptions,
} from '../../../../src/feed/kite/orders/undici-order-transport.ts';
import type {
  Simulator,
  SimulatorFault,
  SimulatorOptions,
} from '../../../../src/feed/sim/simulator.ts';
import type { ManualClock } from '../sim/manual-clock.ts';
import { runSimulator } from '../sim/running-simulator.ts';

type LoggedRequest = ReturnType<Simulator['ordersLedger']>['requests'][number];
type LedgerOrder = ReturnType<Simulator['ordersLedger']>['accounts'][number]['orders'][number];

/** Longer than an order of the simulator takes to the exchange. */
export const AT_EXCHANGE_MS = 60;

export interface OrderBrokerRig {
  simulator: Simulator;
  clock: ManualClock;
  /** Client of the `number`th account; it ends with the test. */
  broker: (number?: number, options?: Partial<UndiciOrderTransportOptions>) => KiteOrderBroker;
  fault: (
    name: SimulatorFault['fault'],
    args: SimulatorFault['args'],
    rest?: Partial<SimulatorFault>,
  ) => void;
  /** Order requests that the simulator has seen, all accounts. */
  requests: (method?: string) => LoggedRequest[];
  /** Orders that truly are there. */
  orders: (account?: string) => LedgerOrder[];
  /** Waits until the simulator has done so many requests of a method. */
  seen: (method: string, count: number) => Promise<void>;
}

/** Order clients before a simulator on one clock that stands still until advanced. */
export async function orderBrokerRig(
  t: TestContext,
  options: Partial<SimulatorOptions> = {},
): Promise<OrderBrokerRig> {
  const { simulator, clock } = await runSimulator(t, options);
  const requests = (method?: string): LoggedRequest[] =>
    simulator
      .ordersLedger()
      .requests.filter((request) => (method ?? request.method) === request.method);
  return {
    simulator,
    clock,
    broker: (number = 1, wireOptions = {}) => {
      const credentials = { apiKey: `sim-key-${number}`, accessToken: `sim-token-${number}` };
      const wire = { restUrl: simulator.restUrl, clock, ...credentials, ...wireOptions };
      const transport = new UndiciOrderTransport(wire);
      const account = `SIM00${number}`;
      const broker = new KiteOrderBroker({ account, transport, clock, ...credentials });
      t.after(() => broker.close());
      return broker;
    },
    fault: (name, args, rest = {}) => {
      simulator.schedule([{ at_ms: 0, account: 'SIM001', fault: name, args, ...rest }]);
    },
    requests,
    orders: (account = 'SIM001') => {
      const { accounts } = simulator.ordersLedger();
      return accounts.find((entry) => entry.account === account)?.orders ?? [];
    },
    seen: async (method, count) => {
      const isSeen = ({ delivery }: LoggedRequest): boolean => delivery !== 'pending';
      const soFar = (): number => requests(method).filter(isSeen).length;
      while (soFar() < count) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export function acceptedResult<Result>(outcome: CallOutcome<Result>): Result {
  if (outcome.kind !== 'accepted') assert.fail(JSON.stringify(outcome));
  return outcome.result;
}
