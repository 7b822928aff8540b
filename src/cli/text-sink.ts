import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { TickerError } from '../domain/error-codes.ts';

/** Where a command writes: waits for a slow reader, and knows when there is none any more. */
export class TextSink {
  readonly #stream: Writable;
  readonly #name: string;
  readonly #isStandard: boolean;
  #error: NodeJS.ErrnoException | undefined;

  private constructor(stream: Writable, name: string, isStandard: boolean) {
    this.#stream = stream;
    this.#name = name;
    this.#isStandard = isStandard;
    stream.on('error', (error: NodeJS.ErrnoException) => (this.#error ??= error));
  }

  /** Standard output for `-`, else the file at `path`, emptied. */
  static open(path: string): TextSink {
    return path === '-'
      ? new TextSink(process.stdout, 'standard output', true)
      : new TextSink(createWriteStream(path), path, false);
  }

  /** The reader has gone (`| head`): nothing more is wanted, which is no error. */
  get isUnwanted(): boolean {
    return this.#error?.code === 'EPIPE';
  }

  /** Resolves when more may come. Throws TickerError OUTPUT_FILE. */
  async write(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<void> {
    this.#check();
    if (text === '' || this.isUnwanted) return;
    if (!this.#stream.write(text, encoding)) await this.#settled('drain');
    this.#check();
  }

  /** Resolves when everything is written. Throws TickerError OUTPUT_FILE. */
  async close(): Promise<void> {
    if (!this.#isStandard && this.#error === undefined) {
      this.#stream.end();
      await this.#settled('finish');
    } else if (this.#stream.writableLength > 0 && this.#error === undefined) {
      await this.#settled('drain');
    }
    this.#check();
  }

  /** Waits for the event; an error ends the wait too and is kept. */
  async #settled(event: 'drain' | 'finish'): Promise<void> {
    try {
      await once(this.#stream, event);
    } catch (error) {
      this.#error ??= error as NodeJS.ErrnoException;
    }
  }

  #check(): void {
    if (this.#error === undefined || this.isUnwanted) return;
    const reason = this.#error.code ?? this.#error.message;
    throw new TickerError('OUTPUT_FILE', `${this.#name} cannot be written (${reason})`);
  }
}
