/** What the broker makes of the messages of one connection. */
export class BrokerSubscriptions {
  /** Mode name by token; `unset` after a bare subscribe. */
  readonly modes = new Map<number, string>();
  readonly messages: string[] = [];
  /** The most instruments there ever were at once. */
  peak = 0;

  take(text: string): void {
    this.messages.push(text);
    const message = JSON.parse(text) as { a: string; v: unknown };
    if (message.a === 'mode') {
      const [mode, tokens] = message.v as [string, unknown[]];
      for (const token of numbers(tokens)) {
        if (!this.modes.has(token)) throw new Error(`mode of ${token}, which is not subscribed`);
        this.modes.set(token, mode);
      }
      return;
    }
    for (const token of numbers(message.v as unknown[])) {
      if (message.a === 'subscribe') this.modes.set(token, 'unset');
      else if (message.a !== 'unsubscribe') throw new Error(`what is ${message.a}?`);
      else if (!this.modes.delete(token)) throw new Error(`${token} was not subscribed`);
    }
    this.peak = Math.max(this.peak, this.modes.size);
  }
}

/** The broker ignores tokens that are not JSON numbers, without saying so. */
function numbers(tokens: unknown[]): number[] {
  return tokens.filter((token) => typeof token === 'number');
}
