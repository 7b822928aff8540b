import type { ClientMessage, SubscriptionItem } from '../../../src/wire/messages.ts';
import type { RawTick } from '../wire/sample-tick.ts';
import { chainContracts, contractTick } from './fake-chain.ts';
import { FakeService, type FakeClient, type FakeContract } from './fake-service.ts';

const CHAIN = { underlying: 'NIFTY', strikes: 0 };
const [CALL, PUT] = chainContracts(0, CHAIN);
if (CALL === undefined || PUT === undefined) throw new Error('a chain has a call and a put');

export const CONTRACTS: readonly FakeContract[] = [
  { ...CALL, request: CALL.token },
  { ...PUT, request: PUT.token },
];

/** A fake service with two contracts that keeps all of its ticks, and resumes at any of them. */
export class ResumingService {
  readonly fake: FakeService;
  readonly #ticks: RawTick[] = [];
  readonly #counts = new Map<number, number>();
  /** Connections that are sent what comes. */
  readonly #live = new Set<FakeClient>();

  constructor(page = '') {
    this.fake = new FakeService({
      onMessage: (client, message) => this.#handle(client, message),
      onRequest: () => ({ status: 200, type: 'text/html', body: page }),
    });
  }

  /** The tick's position is its place in the stream. */
  tick(contract: FakeContract): void {
    const count = (this.#counts.get(contract.token) ?? 0) + 1;
    this.#counts.set(contract.token, count);
    const sequenceLow = this.#ticks.length + 1;
    const tick = contractTick(contract, count, { sequenceLow });
    this.#ticks.push(tick);
    for (const client of this.#live) client.sendTicks('tick', [tick], sequenceLow);
  }

  /** Breaks the connections as a network does. */
  cut(): void {
    this.#live.clear();
    for (const { socket } of this.fake.clients) socket.terminate();
  }

  #handle(client: FakeClient, message: ClientMessage): void {
    if (message.type === 'subscribe') {
      client.say({ id: message.id, type: 'subscribed', results: linesOf([message]) });
      const newest = new Map(this.#ticks.map((tick) => [tick.instrumentToken, tick]));
      const snapshots = [...newest.values()].map((tick) => ({ ...tick, flags: 9 }));
      client.sendTicks('tick', snapshots, this.#ticks.length);
      this.#live.add(client);
    } else if (message.type === 'resume') {
      const { id, sequence, subscriptions } = message;
      client.say({ id, type: 'resumed', recovered: true, results: linesOf(subscriptions) });
      for (const tick of this.#ticks.slice(sequence)) {
        client.sendTicks('tick', [tick], tick.sequenceLow);
      }
      client.say({ type: 'replay_completed', through: this.#ticks.length });
      this.#live.add(client);
    }
  }
}

function linesOf(items: readonly SubscriptionItem[]): FakeContract[] {
  const tokens = new Set(items.flatMap(({ instruments = [] }) => instruments));
  return CONTRACTS.filter(({ token }) => tokens.has(token));
}
