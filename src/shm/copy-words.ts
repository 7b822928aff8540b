/**
 * Copies `words` words from one array into another. Eight at a time take half as long as one by
 * one; `set` with a view of the source is as fast and leaves a view behind for each call.
 */
export function copyWords(
  from: Uint32Array,
  fromWord: number,
  to: Uint32Array,
  toWord: number,
  words: number,
): void {
  const whole = words & ~7;
  for (let i = 0; i < whole; i += 8) {
    const a = fromWord + i;
    const b = toWord + i;
    to[b] = from[a]!;
    to[b + 1] = from[a + 1]!;
    to[b + 2] = from[a + 2]!;
    to[b + 3] = from[a + 3]!;
    to[b + 4] = from[a + 4]!;
    to[b + 5] = from[a + 5]!;
    to[b + 6] = from[a + 6]!;
    to[b + 7] = from[a + 7]!;
  }
  for (let i = whole; i < words; i++) to[toWord + i] = from[fromWord + i]!;
}
