/** Clients that want the same instruments. */
export interface ClientGroup<Client, Item> {
  name: string;
  clients: Set<Client>;
  /** Ticks since the last flush. */
  items: Item[];
}

/** Who gets what, by instrument: as good a book of subscriptions as one would write by hand. */
export class ClientGroups<Client, Item> {
  readonly #byName = new Map<string, ClientGroup<Client, Item>>();
  readonly #byToken = new Map<number, ClientGroup<Client, Item>[]>();
  readonly #touched = new Set<ClientGroup<Client, Item>>();

  /** Returns the name of the client's group. */
  add(client: Client, tokens: readonly number[]): string {
    const name = tokens.join();
    const known = this.#byName.get(name);
    const group = known ?? { name, clients: new Set(), items: [] };
    group.clients.add(client);
    if (known !== undefined) return name;
    this.#byName.set(name, group);
    for (const token of tokens) {
      const groups = this.#byToken.get(token);
      if (groups === undefined) this.#byToken.set(token, [group]);
      else groups.push(group);
    }
    return name;
  }

  remove(client: Client): void {
    for (const group of this.#byName.values()) group.clients.delete(client);
  }

  /** `make` is called once, if anybody wants the instrument. */
  put(token: number, make: () => Item): void {
    const groups = this.#byToken.get(token);
    if (groups === undefined) return;
    const item = make();
    for (const group of groups) {
      group.items.push(item);
      this.#touched.add(group);
    }
  }

  /** Gives each group's ticks to `send` and forgets them. */
  flush(send: (group: ClientGroup<Client, Item>) => void): void {
    for (const group of this.#touched) {
      send(group);
      group.items.length = 0;
    }
    this.#touched.clear();
  }
}
