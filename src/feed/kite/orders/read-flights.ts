interface Flight {
  underWay: Promise<unknown>;
  /** For all who have asked since it left. */
  following: Promise<unknown> | null;
}

/**
 * Of equal reads one is under way at a time. Who asks while it is gets the one that begins when it
 * has ended, together with all others who asked: an answer that was made before the question proves
 * nothing about an order that is in doubt.
 */
export class ReadFlights {
  readonly #flights = new Map<string, Flight>();

  /** Reads of the same key have the same result. */
  share<Result>(key: string, read: () => Promise<Result>): Promise<Result> {
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#depart(key, read);
    if (flight.following === null) {
      const depart = (): Promise<Result> => this.#depart(key, read);
      flight.following = flight.underWay.then(depart, depart);
    }
    return flight.following as Promise<Result>;
  }

  #depart<Result>(key: string, read: () => Promise<Result>): Promise<Result> {
    const underWay = read();
    const flight: Flight = { underWay, following: null };
    this.#flights.set(key, flight);
    const land = (): void => {
      if (flight.following === null) this.#flights.delete(key);
    };
    underWay.then(land, land);
    return underWay;
  }
}
