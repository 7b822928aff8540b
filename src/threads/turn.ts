/**
 * Resolves in the next turn of the event loop, after its sockets have been served. A loop that has
 * work for ever awaits it between two rounds, so that it never starves its thread's sockets.
 */
export function nextTurn(): Promise<void> {
  // eslint-disable-next-line no-restricted-globals -- not a timer: no time passes, no clock is read
  return new Promise((resolve) => setImmediate(resolve));
}
