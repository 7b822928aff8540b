import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../telemetry/logger.ts';

/** In the data directory. */
const NAME = 'HALT';
const REASON_CHARACTERS_MAX = 200;

/** While the file is there, orders are halted. */
export class HaltFile {
  readonly #path: string;
  readonly #logger: Logger;
  #isLooking = false;
  #problem = '';

  constructor(dataDirectory: string, logger: Logger) {
    this.#path = join(dataDirectory, NAME);
    this.#logger = logger;
  }

  /** Puts the file there, unless it is: it outlives the process, whatever the database does. */
  async put(reason: string): Promise<void> {
    try {
      await writeFile(this.#path, `${reason}\n`, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      const { code = 'unwritable' } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST')
        this.#logger.error({ code, path: this.#path }, 'halt file not written');
    }
  }

  /** Why orders are to halt: what the file says; undefined: there is none. */
  async reason(): Promise<string | undefined> {
    if (this.#isLooking) return undefined;
    this.#isLooking = true;
    try {
      const text = (await readFile(this.#path, 'utf8')).trim();
      this.#problem = '';
      return text.slice(0, REASON_CHARACTERS_MAX) || `there is a file ${NAME}`;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      if (code === 'ENOENT') {
        this.#problem = '';
        return undefined;
      }
      // Somebody put it there: what cannot be read halts too.
      if (code !== this.#problem) this.#logger.error({ code, path: this.#path }, 'halt file');
      this.#problem = code;
      return `there is a file ${NAME} that cannot be read (${code})`;
    } finally {
      this.#isLooking = false;
    }
  }
}
