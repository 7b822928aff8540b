import type { TestContext } from 'node:test';
import { startSimulator } from '../../../../src/feed/sim/simulator.ts';
import type { Simulator, SimulatorOptions } from '../../../../src/feed/sim/simulator.ts';
import { BrokerClient } from './broker-client.ts';
import { ManualClock } from './manual-clock.ts';

export interface RunningSimulator {
  simulator: Simulator;
  clock: ManualClock;
  /** Connects a client that is ended with the test. */
  connect: (account?: number, token?: string) => Promise<BrokerClient>;
}

/** A simulator on loopback whose time stands still until advanced; it ends with the test. */
export async function runSimulator(
  t: TestContext,
  options: Partial<SimulatorOptions> = {},
): Promise<RunningSimulator> {
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  const simulator = await startSimulator({
    clock,
    host: '127.0.0.1',
    port: 0,
    seed: 1,
    instruments: 200,
    ticksPerSecond: 1000,
    accounts: 2,
    // Time stands still: a test would soon have asked too much for one second.
    rateLimits: false,
    ...options,
  });
  const clients: BrokerClient[] = [];
  t.after(async () => {
    for (const client of clients) client.end();
    await simulator.close();
  });
  return {
    simulator,
    clock,
    connect: async (account, token) => {
      const client = await BrokerClient.connect(simulator.wsUrl, account, token);
      clients.push(client);
      return client;
    },
  };
}

/** Authorization header of the `number`th account's first session. */
export function authorization(number = 1): { Authorization: string } {
  return { Authorization: `token sim-key-${number}:sim-token-${number}` };
}
