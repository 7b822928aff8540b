import { LatencyHistogram } from '../harness/latency-histogram.ts';
import type { ManagedProcess, ProcessGroup } from '../harness/managed-process.ts';
import { AskedProcess } from './asked-process.ts';
import type { Pace } from './drain-socket.ts';
import type {
  ClientCount,
  ClientPlan,
  FromReceiver,
  ReceiverProgress,
  SampleReport,
  ToReceiver,
} from './receiver-messages.ts';

const ANSWER_MS = 20_000;

/** What all clients got since `begin`. */
export interface ReceiversReport {
  /** In the order in which they were connected. */
  clients: ClientCount[];
  /** `client` counts over all processes. */
  samples: SampleReport[];
  fromReceive: LatencyHistogram;
  cpuUs: number;
}

/** The receiver processes, as one: clients are dealt out in turn. */
export class Receivers {
  readonly #all: AskedProcess<ToReceiver, FromReceiver>[];
  /** Process of each client, in the order in which they were connected. */
  #owners: number[] = [];
  /** Number of each client within its process. */
  #numbers: number[] = [];
  readonly #connected: number[];

  constructor(processes: ProcessGroup, count: number) {
    this.#all = Array.from(
      { length: count },
      (_unused, index) => new AskedProcess(processes, 'receiver-process', `receiver ${index + 1}`),
    );
    this.#connected = this.#all.map(() => 0);
  }

  get processes(): ManagedProcess[] {
    return this.#all.map(({ process }) => process);
  }

  get clients(): number {
    return this.#owners.length;
  }

  /** Resolves when all are subscribed; rejects if one was refused. Returns their numbers. */
  async connect(plans: readonly ClientPlan[], optionTokens: readonly number[]): Promise<number[]> {
    const first = this.clients;
    const dealt = this.#all.map((): ClientPlan[] => []);
    for (const plan of plans) {
      const owner = this.#owners.length % this.#all.length;
      dealt[owner]?.push(plan);
      this.#owners.push(owner);
      this.#numbers.push(this.#connected[owner]!++);
    }
    await Promise.all(
      this.#all.map(async (asked, owner) => {
        const { failures } = await asked.ask(
          { type: 'connect', plans: dealt[owner] ?? [], optionTokens: [...optionTokens] },
          'connected',
          ANSWER_MS,
        );
        const [failure] = failures;
        if (failure === undefined) return;
        throw asked.process.error(`could not connect ${failures.length} clients: ${failure}`);
      }),
    );
    return plans.map((_plan, index) => first + index);
  }

  async begin(): Promise<void> {
    await Promise.all(this.#all.map((asked) => asked.ask({ type: 'begin' }, 'done', ANSWER_MS)));
  }

  async pace(clients: readonly number[], pace: Pace): Promise<void> {
    await this.#each(clients, (asked, numbers) =>
      asked.ask({ type: 'pace', clients: numbers, pace }, 'done', ANSWER_MS),
    );
  }

  /** Ends the newest clients, `clients` of them. */
  async disconnectNewest(clients: number): Promise<void> {
    const first = this.clients - clients;
    const gone = Array.from({ length: clients }, (_unused, index) => first + index);
    await this.#each(gone, (asked, numbers) =>
      asked.ask({ type: 'disconnect', clients: numbers }, 'done', ANSWER_MS),
    );
    this.#owners.length = first;
    this.#numbers.length = first;
  }

  async progress(): Promise<ReceiverProgress> {
    const total = { ticks: 0, merged: 0, snapshots: 0, ended: 0 };
    const answers = await Promise.all(
      this.#all.map((asked) => asked.ask({ type: 'progress' }, 'progress', ANSWER_MS)),
    );
    for (const { ticks, merged, snapshots, ended } of answers) {
      total.ticks += ticks;
      total.merged += merged;
      total.snapshots += snapshots;
      total.ended += ended;
    }
    return total;
  }

  async report(): Promise<ReceiversReport> {
    const answers = await Promise.all(
      this.#all.map((asked) => asked.ask({ type: 'report' }, 'report', ANSWER_MS)),
    );
    const total: ReceiversReport = {
      clients: [],
      samples: [],
      fromReceive: new LatencyHistogram(),
      cpuUs: 0,
    };
    const places = this.#all.map((): number[] => []);
    this.#owners.forEach((owner, client) => places[owner]?.push(client));
    answers.forEach(({ report }, owner) => {
      const clients = places[owner] ?? [];
      report.clients.forEach((count, index) => {
        total.clients[clients[index] ?? 0] = count;
      });
      for (const sample of report.samples) {
        total.samples.push({ ...sample, client: clients[sample.client] ?? 0 });
      }
      total.fromReceive.add(new LatencyHistogram(report.fromReceive));
      total.cpuUs += report.cpuUs;
    });
    return total;
  }

  async #each(
    clients: readonly number[],
    ask: (asked: AskedProcess<ToReceiver, FromReceiver>, numbers: number[]) => Promise<unknown>,
  ): Promise<void> {
    await Promise.all(
      this.#all.map(async (asked, owner) => {
        const mine = clients.filter((client) => this.#owners[client] === owner);
        if (mine.length > 0)
          await ask(
            asked,
            mine.map((client) => this.#numbers[client]!),
          );
      }),
    );
  }
}
