/**
 * Texts that are looked for in every line. One pass over the line finds all of them, however many
 * there are: a rolling hash of WINDOW characters says where one may begin.
 */

/** Fewest characters of a text in the set. */
export const WINDOW_CHARACTERS = 6;

const BASE = 0x01_00_01_93;
/** BASE to the power WINDOW_CHARACTERS: the weight of the character that leaves the window. */
const LEAVING = power(BASE, WINDOW_CHARACTERS);
const FLAG_BITS = 16;

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = Math.imul(result, base);
  return result;
}

function windowHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < WINDOW_CHARACTERS; i++) hash = Math.imul(hash, BASE) + text.charCodeAt(i);
  return hash | 0;
}

export class SecretSet {
  readonly #texts = new Set<string>();
  /** By the hash of their first characters. */
  readonly #byHash = new Map<number, string[]>();
  /** Whether any hash has these upper bits. */
  readonly #flags = new Uint8Array(2 ** FLAG_BITS);

  /** Throws RangeError for less than WINDOW_CHARACTERS. */
  add(text: string): void {
    if (text.length < WINDOW_CHARACTERS) {
      throw new RangeError(`a secret has at least ${WINDOW_CHARACTERS} characters`);
    }
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    const hash = windowHash(text);
    this.#flags[hash >>> (32 - FLAG_BITS)] = 1;
    const known = this.#byHash.get(hash);
    if (known === undefined) this.#byHash.set(hash, [text]);
    else known.push(text);
  }

  has(text: string): boolean {
    return this.#texts.has(text);
  }

  isIn(text: string): boolean {
    return this.#texts.size > 0 && !this.#visit(text, () => false);
  }

  /** `text` with `replacement` for each stretch that members of the set cover. */
  replaceIn(text: string, replacement: string): string {
    if (this.#texts.size === 0) return text;
    let clean = '';
    let coveredTo = -1;
    this.#visit(text, (start, end) => {
      if (start > coveredTo) clean += text.slice(Math.max(coveredTo, 0), start) + replacement;
      coveredTo = Math.max(coveredTo, end);
      return true;
    });
    return coveredTo < 0 ? text : clean + text.slice(coveredTo);
  }

  /** Tells of every occurrence, by its start, until told to stop; false: it was. */
  #visit(text: string, found: (start: number, end: number) => boolean): boolean {
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      hash = (Math.imul(hash, BASE) + text.charCodeAt(i)) | 0;
      const start = i + 1 - WINDOW_CHARACTERS;
      if (start > 0) hash = (hash - Math.imul(text.charCodeAt(start - 1), LEAVING)) | 0;
      if (start < 0 || this.#flags[hash >>> (32 - FLAG_BITS)] !== 1) continue;
      for (const secret of this.#byHash.get(hash) ?? []) {
        if (text.startsWith(secret, start) && !found(start, start + secret.length)) return false;
      }
    }
    return true;
  }
}
