const STORAGE_KEY = 'ticker-api-key';

/** What of the browser's window the key needs. */
export interface KeyPlaces {
  location: { hash: string; pathname: string; search: string };
  history: { replaceState(data: unknown, unused: string, url: string): void };
  sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/**
 * The key of this tab: from `#key=...` in the address (which browsers never send; it is taken out
 * of the address bar and kept), or the one kept before.
 */
export function findKey(places: KeyPlaces): string | undefined {
  const { location, history } = places;
  const given = new URLSearchParams(location.hash.slice(1)).get('key')?.trim();
  if (given !== undefined) {
    history.replaceState(null, '', location.pathname + location.search);
    if (given !== '') keepKey(places, given);
  }
  return places.sessionStorage.getItem(STORAGE_KEY) ?? undefined;
}

/** Keeps the key until the tab is closed. */
export function keepKey({ sessionStorage }: KeyPlaces, key: string): void {
  sessionStorage.setItem(STORAGE_KEY, key);
}

export function forgetKey({ sessionStorage }: KeyPlaces): void {
  sessionStorage.removeItem(STORAGE_KEY);
}
