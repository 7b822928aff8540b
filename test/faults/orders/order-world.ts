import type { JournalEntry, OrderJournal } from '../../../src/domain/order-journal.ts';
import type { Clock } from '../../../src/domain/clock.ts';
import type { OrderBroker } from '../../../src/domain/order-broker.ts';
import type { OrderService } from '../../../src/domain/order-service.ts';
import { Random } from '../../../src/feed/sim/random.ts';
import type { SimulatorFault } from '../../../src/feed/sim/fault-script.ts';
import { SimulatedBroker } from '../../../src/feed/sim/simulated-broker.ts';
import { type AppendFate, MemoryOrderJournal } from '../../support/memory-order-journal.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { contractOf, MarketSources } from './market-sources.ts';
import { MortalJournal } from './mortal-journal.ts';
import type { OrderPlan } from './order-plan.ts';
import { OrderProcess } from './order-process.ts';
import { MortalClock, ProcessLife } from './process-life.ts';
import type { ServiceDoor } from './service-door.ts';
import { sha256 } from './sha256.ts';
import { type SentRequest, VirtualOrderTransport } from './virtual-wire.ts';

const START = '2026-09-10T10:00:00+05:30';
const LISTED = 60;
const MARKET_STEP_MS = 1000;
const RICH_RUPEES = 50_000_000;
/** A commit takes between these, ms. */
const COMMIT_MS = [0.2, 4] as const;

/** A mistake put into the service on purpose, to see that it is found. */
export interface Mutation {
  broker?: (broker: OrderBroker, all: ReadonlyMap<string, OrderBroker>) => OrderBroker;
  journal?: (journal: OrderJournal) => OrderJournal;
  /** The clock by which budgets are kept. */
  brokerClock?: (clock: Clock) => Clock;
}

/** Something that broke a promise while the run went on. */
export interface Observation {
  atMs: number;
  what: string;
}

/** The broker, the journal and whatever process of the service lives, in virtual time. */
export class OrderWorld implements ServiceDoor {
  readonly clock = new VirtualClock(START);
  readonly plan: OrderPlan;
  readonly broker: SimulatedBroker;
  readonly sources: MarketSources;
  readonly sent: SentRequest[] = [];
  readonly observations: Observation[] = [];
  readonly logins: { account: string; atMs: number }[] = [];
  /** Of each process when it began and, ms of the run, ended. */
  readonly lives: { fromMs: number; toMs: number | null }[] = [];
  journal = new MemoryOrderJournal();
  process: OrderProcess | undefined;
  gone: Promise<void> = Promise.resolve();
  appendFate: { fate: AppendFate; share: number } | undefined;
  appendDelayMs: number | undefined;
  readonly #mutation: Mutation;
  readonly #random: Random;
  /** Accounts whose socket of order updates does not come back for now. */
  readonly #deaf = new Set<string>();
  readonly #sentTags = new Set<string>();
  /** Until a process that dies on purpose is started again. */
  downMs = 1000;

  constructor(plan: OrderPlan, mutation: Mutation = {}) {
    this.plan = plan;
    this.#mutation = mutation;
    this.#random = new Random(plan.seed, 'order-world');
    const { clock } = this;
    this.broker = new SimulatedBroker({
      clock,
      seed: plan.seed,
      instruments: LISTED,
      ticksPerSecond: 1,
      accounts: plan.accounts.length,
      rateLimits: true,
      sendPostback: (url, body, onEnd) => {
        clock.setTimeout(() => this.#postback(url, body, onEnd), this.#random.integer(1, 400));
        return () => undefined;
      },
      log: (line) => {
        if (line.includes(' failed: ') && !line.startsWith('postback')) this.observe(line);
      },
    });
    this.sources = new MarketSources(this.broker.market, clock);
    const script: SimulatorFault[] = plan.accounts.flatMap((account) => [
      { at_ms: 0, account, fault: 'set_funds', args: { rupees: RICH_RUPEES } },
      ...(plan.hasPostbacks ? [postbacksOf(account)] : []),
    ]);
    this.broker.schedule([...script, ...plan.broker]);
    this.#setFate(this.journal);
  }

  get service(): OrderService | undefined {
    return this.process?.side;
  }

  /** What clients trade in. */
  contracts() {
    const names = ['NSE:INFY', 'NSE:RELIANCE', 'NFO:NIFTY26SEPFUT'];
    const options = [...this.broker.market.listed()].filter(
      ({ spec }) => spec.segment === 'NFO-OPT' && spec.underlying?.name === 'NIFTY',
    );
    const listed = names.flatMap((name) => this.broker.market.findByKey(name) ?? []);
    return [...listed, ...options.slice(0, 2)].map(contractOf);
  }

  observe(what: string): void {
    this.observations.push({ atMs: this.clock.monotonicMs(), what });
  }

  /** Moves the market every second up to `untilMs`. */
  runMarket(untilMs: number): void {
    const timer = this.clock.setInterval(() => {
      if (this.clock.monotonicMs() > untilMs) timer.cancel();
      else this.broker.market.advance(this.clock.nowUs() / 1000);
    }, MARKET_STEP_MS);
  }

  /** Starts a process on what is durable. */
  start(): void {
    const number = this.lives.length + 1;
    let isGone: () => void = () => undefined;
    this.gone = new Promise((resolve) => (isGone = resolve));
    const life = new ProcessLife(() => {
      this.#onDeath();
      isGone();
    });
    this.lives.push({ fromMs: this.clock.monotonicMs(), toMs: null });
    const clock = new MortalClock(this.clock, life);
    const { journal: mutateJournal, brokerClock } = this.#mutation;
    const journal = new MortalJournal(this.journal, life);
    const random = new Random(this.plan.seed, `process ${number}`);
    this.process = new OrderProcess({
      life,
      clock,
      brokerClock: brokerClock?.(clock) ?? clock,
      random,
      journal: mutateJournal?.(journal) ?? journal,
      sources: this.sources,
      credentials: this.plan.accounts.map((account) => this.broker.accounts.get(account)),
      transport: (account) =>
        new VirtualOrderTransport({
          clock: this.clock,
          broker: this.broker,
          random,
          life,
          process: number,
          account,
          troubles: this.plan.wire,
          log: this.sent,
          onPlacing: (request) => this.#checkJournaled(request),
        }),
      mutateBroker: this.#mutation.broker ?? ((broker) => broker),
      onUnexpected: (what) => this.observe(what),
    });
    for (const account of this.plan.accounts) {
      if (!this.#deaf.has(account)) this.process.listen(account, this.broker.gateway);
    }
    void this.process.start();
  }

  /** The account's order updates are not heard for a while. */
  deafen(account: string, forMs: number): void {
    this.#deaf.add(account);
    this.process?.unlisten(account);
    this.clock.setTimeout(() => {
      this.#deaf.delete(account);
      this.process?.listen(account, this.broker.gateway);
    }, forMs);
  }

  endSession(account: string): void {
    this.broker.schedule([{ at_ms: 0, account, fault: 'expire_token', args: {} }]);
  }

  /** A person logs in. */
  beginSession(account: string): void {
    const { accounts } = this.broker;
    const known = accounts.get(account);
    if (known.accessToken !== null) return;
    const { apiKey, apiSecret } = known;
    const requestToken = accounts.login(known);
    accounts.startSession(apiKey, requestToken, sha256(apiKey + requestToken + apiSecret));
    const { accessToken } = accounts.get(account);
    this.logins.push({ account, atMs: this.clock.monotonicMs() });
    this.process?.setAccessToken(account, accessToken ?? '');
  }

  #onDeath(): void {
    this.process?.unlistenAll();
    this.process = undefined;
    this.lives.at(-1)!.toMs = this.clock.monotonicMs();
    const { isWritable } = this.journal;
    this.journal = this.journal.crash();
    this.journal.isWritable = isWritable;
    this.#setFate(this.journal);
    this.clock.setTimeout(() => this.start(), this.downMs);
  }

  #setFate(journal: MemoryOrderJournal): void {
    journal.fate = async (_entry: JournalEntry): Promise<AppendFate> => {
      const [least, most] = COMMIT_MS;
      const usualMs = least + (most - least) * this.#random.uniform();
      const delayMs = this.appendDelayMs ?? usualMs;
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, delayMs));
      const { appendFate } = this;
      if (appendFate === undefined || this.#random.uniform() >= appendFate.share) return 'keep';
      return appendFate.fate;
    };
  }

  #postback(url: string, body: string, onEnd: (problem: string | null) => void): void {
    const account = url.split('/').at(-1) ?? '';
    if (this.process === undefined) onEnd('connection refused');
    else
      this.process.postback(account, body).then(
        () => onEnd(null),
        () => onEnd('status 403'),
      );
  }

  /** Nothing may be sent that is not durable as SENT, and nothing twice. */
  #checkJournaled(request: SentRequest): void {
    const tag = request.parameters.get('tag') ?? '';
    if (this.#sentTags.has(tag)) this.observe(`a placement with tag ${tag} was sent again`);
    this.#sentTags.add(tag);
    const order = this.journal.findByTag(tag);
    if (order === undefined) this.observe(`order with tag ${tag} was sent before it was journaled`);
    else if (order.account !== request.account) {
      this.observe(`order ${order.id} of ${order.account} was sent to ${request.account}`);
    }
  }
}

function postbacksOf(account: string): SimulatorFault {
  const args = { url: `http://ticker.test/v1/postbacks/${account}` };
  return { at_ms: 0, account, fault: 'set_postback', args };
}
