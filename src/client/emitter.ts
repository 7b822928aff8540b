type Listener<Value> = (value: Value) => void;

/** Typed events. `Events` maps an event's name to what its listeners get. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, readonly Listener<never>[]>();

  /** Returns the function that removes the listener. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return () => this.#remove(name, listener);
  }

  has(name: keyof Events): boolean {
    return this.#listeners.has(name);
  }

  /**
   * Calls the listeners in the order in which they came. One that throws stops neither the others
   * nor the stream; its error surfaces as an uncaught one.
   */
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners as readonly Listener<Events[Name]>[]) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #remove(name: keyof Events, listener: Listener<never>): void {
    const rest = [...(this.#listeners.get(name) ?? [])];
    const index = rest.indexOf(listener);
    if (index < 0) return;
    rest.splice(index, 1);
    if (rest.length === 0) this.#listeners.delete(name);
    else this.#listeners.set(name, rest);
  }
}
