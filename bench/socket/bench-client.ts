import { fileURLToPath } from 'node:url';
import type { ManagedProcess, ProcessGroup } from '../harness/managed-process.ts';
import type { ClientReport, FromClient, ToClient } from './client-messages.ts';

/** The extension is this file's, so that it works built and unbuilt. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const SCRIPT = fileURLToPath(new URL(`./client-process${extension}`, import.meta.url));
const ANSWER_MS = 20_000;

export interface Closed {
  code: number;
  reason: string;
}

/** A client process as the main process sees it. */
export class BenchClient {
  readonly process: ManagedProcess;
  readonly tokens: number[];
  /** How its connection ended, if it did. */
  closed: Closed | undefined;
  /** The process can do one thing at a time, so its next answer is to the last question. */
  #resolve: (message: FromClient) => void = () => undefined;

  constructor(processes: ProcessGroup, name: string, tokens: number[]) {
    this.tokens = tokens;
    this.process = processes.fork(SCRIPT, { name, args: [] });
    this.process.child.on('message', (message: FromClient) => {
      if (message.type === 'closed') this.closed = message;
      else this.#resolve(message);
    });
  }

  /** Resolves when the service has answered; rejects if it refused an instrument. */
  async subscribe(url: string, key: string, optionTokens: ReadonlySet<number>): Promise<void> {
    const options = this.tokens.filter((token) => optionTokens.has(token));
    const message = { url, key, tokens: this.tokens, optionTokens: options };
    const { failed } = await this.#ask({ type: 'subscribe', ...message }, 'subscribed');
    if (failed > 0) throw this.process.error(`was refused ${failed} instruments`);
  }

  async begin(): Promise<void> {
    await this.#ask({ type: 'begin' }, 'begun');
  }

  progress(): Promise<{ ticks: number; tokensSeen: number }> {
    return this.#ask({ type: 'progress' }, 'progress');
  }

  async report(): Promise<ClientReport> {
    return (await this.#ask({ type: 'report' }, 'report')).report;
  }

  async #ask<Type extends FromClient['type']>(
    question: ToClient,
    type: Type,
  ): Promise<Extract<FromClient, { type: Type }>> {
    const answer = new Promise<FromClient>((resolve) => {
      this.#resolve = resolve;
    });
    this.process.child.send(question);
    const message = await this.process.before(answer, ANSWER_MS, `did not answer ${question.type}`);
    if (message.type !== type) throw this.process.error(`answered ${message.type} to ${type}`);
    return message as Extract<FromClient, { type: Type }>;
  }
}
