import { createReadStream } from 'node:fs';
import { TickerError } from '../domain/error-codes.ts';

/** How messages name the input. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** Pieces of the file at `path`, or of standard input for `-`. Throws TickerError INPUT_FILE. */
export async function* readInput(path: string): AsyncGenerator<Buffer> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Not of the stream: whoever takes the pieces has failed.
    if (code === undefined || error instanceof TickerError) throw error;
    throw new TickerError('INPUT_FILE', `${inputName(path)} cannot be read (${code})`, {
      cause: error,
    });
  }
}
