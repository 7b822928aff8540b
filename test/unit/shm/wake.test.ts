import assert from 'node:assert/strict';
import test from 'node:test';
import { WakeWord } from '../../../src/shm/wake.ts';

const WAKE = 1;
const SLEEP = 2;

function newWord(): { words: Int32Array; word: WakeWord } {
  const words = new Int32Array(new SharedArrayBuffer(16));
  return { words, word: new WakeWord(words, WAKE, SLEEP) };
}

test('a wake without a sleeper touches nothing', () => {
  const { words, word } = newWord();
  word.wake();
  assert.deepEqual([...words], [0, 0, 0, 0]);
});

test('an announced sleeper is woken once, and the words beside are left alone', () => {
  const { words, word } = newWord();
  assert.equal(word.announce(), 0);
  assert.equal(words[SLEEP], 1);
  word.wake();
  word.wake();
  assert.deepEqual([...words], [0, 1, 0, 0]);
});

test('a wake between announcement and wait makes the wait return at once', () => {
  const { word } = newWord();
  const seen = word.announce();
  word.wake();
  assert.equal(word.waitAsync(seen, 1e9), undefined);
  // Without a time limit: it would hang if it slept.
  word.waitBlocking(seen, Infinity);
});

test('a waiter on the event loop is woken', async () => {
  const { word } = newWord();
  const waiting = word.waitAsync(word.announce(), 60_000);
  assert.ok(waiting);
  word.wake();
  assert.equal(await waiting, 'ok');
});

test('a waiter on the event loop goes on without being woken when its time is over', async () => {
  const { word } = newWord();
  const keepAlive = setInterval(() => undefined, 1000);
  try {
    assert.equal(await word.waitAsync(word.announce(), 1), 'timed-out');
    word.waitBlocking(word.announce(), 1);
  } finally {
    clearInterval(keepAlive);
  }
});

test('one wake wakes every sleeper on the word', async () => {
  const { word } = newWord();
  const waiting = [1, 2, 3].map(async () => word.waitAsync(word.announce(), 60_000));
  word.wake();
  assert.deepEqual(await Promise.all(waiting), ['ok', 'ok', 'ok']);
});

test('the wake word wraps', async () => {
  const { words, word } = newWord();
  words[WAKE] = 0x7fff_ffff;
  const waiting = word.waitAsync(word.announce(), 60_000);
  word.wake();
  assert.equal(await waiting, 'ok');
  assert.equal(words[WAKE], -(2 ** 31));
});
