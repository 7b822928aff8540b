import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { TickerError, errorText } from '../../../domain/error-codes.ts';
import { parseBookLine } from './book-lines.ts';
import type { BookLine } from './book-lines.ts';

const OWNER_ONLY = 0o600;

/**
 * A file of JSON lines. A line is with the system when `append` returns: the end of the process,
 * whatever its kind, loses nothing, a power failure may.
 */
export class BookFile {
  readonly path: string;
  #file: number | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The lines of the file; none if there is no file. Half a line at the end is left out. Throws
   * SyntaxError for a file that is broken, CONFIG_FILE for one that cannot be read.
   */
  read(): BookLine[] {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw this.#unusable(error);
    }
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const lines = whole.split('\n').slice(0, -1).map(parseBookLine);
    if (lines.length > 0 && lines[0]?.kind !== 'day') throw new SyntaxError('it has no beginning');
    return lines;
  }

  /** Puts the file where it does no harm; returns its new path. */
  moveAside(): string {
    const aside = `${this.path}.broken`;
    renameSync(this.path, aside);
    return aside;
  }

  /** From now on the file is these lines, all of them or as it was before. */
  replace(lines: readonly BookLine[]): void {
    const draft = `${this.path}.new`;
    try {
      writeFileSync(draft, lines.map(textOf).join(''), { mode: OWNER_ONLY });
      renameSync(draft, this.path);
      this.close();
      this.#file = openSync(this.path, 'a', OWNER_ONLY);
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  append(line: BookLine): void {
    if (this.#file === null) return;
    try {
      appendFileSync(this.#file, textOf(line));
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #unusable(error: unknown): TickerError {
    const reason = (error as NodeJS.ErrnoException).code ?? errorText(error);
    return new TickerError('CONFIG_FILE', `${this.path} cannot be used (${reason})`, {
      cause: error,
    });
  }
}

function textOf(line: BookLine): string {
  return `${JSON.stringify(line)}\n`;
}
