import type { WriteStream } from 'node:tty';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** The terminal's alternate screen: what was there before comes back at `leave`. */
export class WatchScreen {
  readonly #out: WriteStream;
  #entered = false;
  readonly #leaveAtExit = (): void => this.leave();

  constructor(out: WriteStream) {
    this.#out = out;
  }

  enter(): void {
    this.#entered = true;
    this.#out.write(ENTER);
    // A second signal ends the process without a clean way out.
    process.once('exit', this.#leaveAtExit);
  }

  /** Replaces the picture. Left out while the terminal has not taken the last one. */
  draw(lines: readonly string[]): void {
    if (this.#out.writableNeedDrain) return;
    const text = lines.map((line) => line + CLEAR_LINE).join('\r\n');
    this.#out.write(HOME + text + CLEAR_BELOW);
  }

  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    process.off('exit', this.#leaveAtExit);
    this.#out.write(LEAVE);
  }
}
