import type { Policy, Wanted } from './held-subscriptions.ts';
import { demand } from './violation.ts';

/** Something subscribed: by a `subscribe`, or as an item of a `resume`. */
export interface Item {
  wanted: Wanted;
  /** Rises with every one on its connection. */
  order: number;
  /** Instruments that it names; undefined: a chain. */
  instruments: number | undefined;
}

/** A request that has an answer to come. */
export interface Asked extends Item {
  type: string;
  /** Of a resume. */
  items: Item[];
  sequence: number;
}

type Fields = Record<string, unknown>;

/** What a client has asked on one connection: every message with an id has exactly one answer. */
export class OpenRequests {
  readonly #open = new Map<number, Asked>();
  #order = 0;

  /** A message that the client has sent, garbage included. */
  sent(text: string): void {
    const message = readObject(text);
    if (message === undefined) return;
    const { id, type, sequence, subscriptions } = message;
    if (typeof id !== 'number' || id < 0 || typeof type !== 'string' || type === 'ack') return;
    const items = Array.isArray(subscriptions) ? (subscriptions as Fields[]) : [];
    this.#open.set(id, {
      type,
      ...this.#item(message),
      items: items.map((item) => this.#item(item)),
      sequence: Number(sequence ?? 0),
    });
  }

  /** The request with this id, which has its one answer now. */
  answered(id: number, type: string): Asked {
    const asked = this.#open.get(id);
    demand(asked?.type === type, `${type} ${id} is answered, which was not asked`);
    this.#open.delete(id);
    return asked;
  }

  /** The type of a request that has been answered by an error. */
  refused(id: number): string {
    const asked = this.#open.get(id);
    demand(asked !== undefined, `an error for message ${id}, which was not asked`);
    this.#open.delete(id);
    return asked.type;
  }

  /** Type and id of what has had no answer. */
  unanswered(): string[] {
    return [...this.#open].map(([id, { type }]) => `${type} ${id}`);
  }

  #item(fields: Fields): Item {
    const { instruments } = fields;
    return {
      wanted: {
        mode: (fields['mode'] ?? 'quote') as Wanted['mode'],
        greeks: fields['greeks'] === true,
        policy: (fields['policy'] ?? 'conflate') as Policy,
      },
      order: ++this.#order,
      instruments: Array.isArray(instruments) ? instruments.length : undefined,
    };
  }
}

function readObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    // Garbage that the client sends on purpose.
    return undefined;
  }
}
