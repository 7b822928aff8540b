import type { UpstreamMode } from '../../domain/ports.ts';
import { MODE_NAME } from '../../domain/status.ts';
import { TOKENS_PER_MESSAGE } from './protocol.ts';

const MODES = [1, 2, 3] as const;

/**
 * Keeps one connection's subscriptions at the broker equal to the wanted ones. The broker forgets
 * them with the connection and confirms nothing, so what it was told is remembered here.
 */
export class SubscriptionSync {
  readonly #wanted: ReadonlyMap<number, UpstreamMode>;
  readonly #told = new Map<number, UpstreamMode>();
  readonly #changed = new Set<number>();

  /** `wanted` is a live view; call `mark` for every token that changes in it. */
  constructor(wanted: ReadonlyMap<number, UpstreamMode>) {
    this.#wanted = wanted;
  }

  /** A new connection: the broker knows nothing. */
  reset(): void {
    this.#told.clear();
    this.#changed.clear();
    for (const token of this.#wanted.keys()) this.#changed.add(token);
  }

  /** `token` may have changed since the last messages. */
  mark(token: number): void {
    this.#changed.add(token);
  }

  /**
   * JSON messages, to be sent in this order, after which the broker has what is wanted. Room is
   * made before it is used, and the mode is always said because the default is undocumented.
   */
  takeMessages(): string[] {
    const ended: number[] = [];
    const started: number[] = [];
    const byMode: Record<1 | 2 | 3, number[]> = { 1: [], 2: [], 3: [] };
    for (const token of this.#changed) {
      const told = this.#told.get(token) ?? 0;
      const mode = this.#wanted.get(token) ?? 0;
      if (mode === told) continue;
      if (mode === 0) {
        ended.push(token);
        this.#told.delete(token);
      } else {
        if (told === 0) started.push(token);
        byMode[mode].push(token);
        this.#told.set(token, mode);
      }
    }
    this.#changed.clear();
    const messages: string[] = [];
    for (const v of chunks(ended)) messages.push(JSON.stringify({ a: 'unsubscribe', v }));
    for (const v of chunks(started)) messages.push(JSON.stringify({ a: 'subscribe', v }));
    for (const mode of MODES) {
      for (const tokens of chunks(byMode[mode])) {
        messages.push(JSON.stringify({ a: 'mode', v: [MODE_NAME[mode], tokens] }));
      }
    }
    return messages;
  }
}

function* chunks(tokens: readonly number[]): Generator<number[]> {
  for (let at = 0; at < tokens.length; at += TOKENS_PER_MESSAGE) {
    yield tokens.slice(at, at + TOKENS_PER_MESSAGE);
  }
}
