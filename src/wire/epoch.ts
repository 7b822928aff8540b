/** An epoch as in JSON: 16 hex digits of its 64 bits, high word first. */
export function epochHex(low: number, high: number): string {
  return hexWord(high) + hexWord(low);
}

function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
