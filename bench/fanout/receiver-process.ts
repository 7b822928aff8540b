/**
 * Hundreds of clients in one process: connects them, subscribes, counts what comes. Started by the
 * bench with messages, not by people.
 */
import { createSystemClock } from '../../src/domain/clock.ts';
import { LatencyHistogram } from '../harness/latency-histogram.ts';
import type { ClientPorts, DrainClient } from './drain-client.ts';
import type {
  ClientPlan,
  Dialect,
  FromReceiver,
  ReceiverProgress,
  ReceiverReport,
  SampleReport,
  ToReceiver,
} from './receiver-messages.ts';
import { SocketIoClient, WsClient } from './rival-client.ts';
import { TickerClient } from './ticker-client.ts';

/** Handshakes under way at a time: a server's backlog is finite. */
const CONNECTING_MAX = 50;
const SECOND_MS = 1000;

const CLIENTS: Record<Dialect, new (plan: ClientPlan, ports: ClientPorts) => DrainClient> = {
  ticker: TickerClient,
  ws: WsClient,
  'socket.io': SocketIoClient,
};

const fromReceive = new LatencyHistogram();
/** By their number in the order of `connect`. */
const clients = new Map<number, DrainClient>();
let nextNumber = 0;
let cpuAtBegin = process.cpuUsage();

function tell(message: FromReceiver): void {
  process.send?.(message);
}

async function connectAll({ plans, optionTokens }: Extract<ToReceiver, { type: 'connect' }>) {
  const ports: ClientPorts = {
    clock: createSystemClock(),
    fromReceive,
    optionTokens: new Set(optionTokens),
  };
  const failures: string[] = [];
  for (let first = 0; first < plans.length; first += CONNECTING_MAX) {
    const some = plans.slice(first, first + CONNECTING_MAX).map((plan) => {
      const client = new CLIENTS[plan.dialect](plan, ports);
      clients.set(nextNumber++, client);
      return client.subscribed;
    });
    for (const outcome of await Promise.allSettled(some)) {
      if (outcome.status === 'rejected') failures.push(String(outcome.reason));
    }
  }
  tell({ type: 'connected', failures });
}

function begin(): void {
  for (const client of clients.values()) client.begin();
  fromReceive.clear();
  cpuAtBegin = process.cpuUsage();
}

function progress(): ReceiverProgress {
  const total = { ticks: 0, merged: 0, snapshots: 0, ended: 0 };
  for (const client of clients.values()) {
    const { count } = client;
    total.ticks += count.ticks;
    total.merged += count.merged;
    total.snapshots += count.snapshots;
    if (!client.socket.isOpen) total.ended++;
  }
  return total;
}

function report(): ReceiverReport {
  const { user, system } = process.cpuUsage(cpuAtBegin);
  const samples: SampleReport[] = [];
  let index = 0;
  for (const client of clients.values()) {
    const sample = client.sample();
    if (sample !== undefined) samples.push({ client: index, ...sample });
    index++;
  }
  return {
    clients: [...clients.values()].map((client) => client.report()),
    samples,
    fromReceive: fromReceive.recorded(),
    cpuUs: user + system,
  };
}

function disconnect(numbers: readonly number[] = [...clients.keys()]): void {
  for (const number of numbers) {
    clients.get(number)?.socket.destroy();
    clients.delete(number);
  }
}

process.on('message', (message: ToReceiver) => {
  switch (message.type) {
    case 'connect':
      void connectAll(message);
      return;
    case 'progress':
      tell({ type: 'progress', ...progress() });
      return;
    case 'report':
      tell({ type: 'report', report: report() });
      return;
    case 'begin':
      begin();
      break;
    case 'pace':
      for (const number of message.clients) {
        const client = clients.get(number);
        if (client !== undefined) client.socket.pace = message.pace;
      }
      break;
    case 'disconnect':
      disconnect(message.clients);
  }
  tell({ type: 'done' });
});
setInterval(() => {
  for (const client of clients.values()) client.second();
}, SECOND_MS).unref();
// Without its parent a receiver has no purpose.
process.on('disconnect', () => process.exit(0));
