import { fileURLToPath } from 'node:url';
import type { ManagedProcess, ProcessGroup } from '../harness/managed-process.ts';

/** The extension is this file's, so that it works built and unbuilt. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A process of this folder that answers each message with one, in order. */
export class AskedProcess<Question extends { type: string }, Answer extends { type: string }> {
  readonly process: ManagedProcess;
  /** It can do one thing at a time, so its next answer is to the last question. */
  #resolve: (message: Answer) => void = () => undefined;

  /** `script`: its file's name without the extension. */
  constructor(processes: ProcessGroup, script: string, name: string) {
    const path = fileURLToPath(new URL(`./${script}${extension}`, import.meta.url));
    this.process = processes.fork(path, { name, args: [] });
    this.process.child.on('message', (message: Answer) => this.#resolve(message));
  }

  /** Rejects if it ends, takes longer than `timeoutMs`, or answers something else. */
  async ask<Type extends Answer['type']>(
    question: Question,
    type: Type,
    timeoutMs: number,
  ): Promise<Extract<Answer, { type: Type }>> {
    const answer = new Promise<Answer>((resolve) => {
      this.#resolve = resolve;
    });
    this.process.child.send(question);
    const failure = `did not answer ${question.type}`;
    const message = await this.process.before(answer, timeoutMs, failure);
    if (message.type !== type) throw this.process.error(`answered ${message.type} to ${type}`);
    return message as Extract<Answer, { type: Type }>;
  }
}
