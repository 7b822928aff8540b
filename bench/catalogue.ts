import type { BenchDefinition } from './harness/bench.ts';

/** Every bench, in the order in which they run. What each is for stands at the top of its file. */
export const BENCHES: readonly BenchDefinition[] = [
  {
    kind: 'isolated',
    name: 'parse',
    title: 'Broker frames into ring slots',
    load: async () => (await import('./micro/parse.ts')).runParse,
  },
  {
    kind: 'isolated',
    name: 'price',
    title: 'Implied volatility and five Greeks of one option',
    load: async () => (await import('./micro/price.ts')).runPrice,
  },
  {
    kind: 'isolated',
    name: 'encode',
    title: 'Slots into frames for clients',
    load: async () => (await import('./micro/encode.ts')).runEncode,
  },
  {
    kind: 'isolated',
    name: 'ring',
    title: 'The ring alone, one thread',
    load: async () => (await import('./micro/ring.ts')).runRing,
  },
  {
    kind: 'isolated',
    name: 'greeks',
    title: "The Greeks worker's loop on a filled ring",
    load: async () => (await import('./micro/greeks-loop.ts')).runGreeksLoop,
  },
  {
    kind: 'isolated',
    name: 'pipeline',
    title: 'Broker frame to client frame, one thread, no sockets',
    load: async () => (await import('./pipeline/tick-to-frame.ts')).runTickToFrame,
  },
  {
    kind: 'isolated',
    name: 'secrets',
    title: 'Stored secrets, encrypted and decrypted',
    load: async () => (await import('./micro/secrets.ts')).runSecrets,
  },
  {
    kind: 'isolated',
    name: 'order-checks',
    title: 'All checks before an order, and its exposure',
    load: async () => (await import('./micro/order-checks.ts')).runOrderChecks,
  },
  {
    kind: 'isolated',
    name: 'order-journal',
    title: 'Intents made durable, alone and together',
    load: async () => (await import('./micro/order-journal.ts')).runOrderJournal,
  },
  {
    kind: 'isolated',
    name: 'audit-verify',
    title: 'The whole audit record, read from PostgreSQL and verified',
    load: async () => (await import('./micro/audit-verify.ts')).runAuditVerify,
  },
  {
    kind: 'hosted',
    name: 'socket',
    title: 'Simulator, service and clients in processes of their own, over sockets',
    load: async () => (await import('./socket/socket-run.ts')).runSockets,
  },
  {
    kind: 'hosted',
    name: 'fanout',
    title: 'Hundreds of clients, slow and frozen ones, beside ws and socket.io',
    load: async () => (await import('./fanout/fanout-run.ts')).runFanout,
  },
  {
    kind: 'hosted',
    name: 'orders',
    title: 'Orders over HTTP, beside bare commits, in a quiet and in a busy market',
    load: async () => (await import('./orders/orders-run.ts')).runOrders,
  },
];

export function findBench(name: string): BenchDefinition | undefined {
  return BENCHES.find((bench) => bench.name === name);
}
