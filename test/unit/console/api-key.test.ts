import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKey, forgetKey, keepKey, type KeyPlaces } from '../../../src/console/api-key.ts';

function places(hash: string, stored?: string): KeyPlaces & { shown: string[] } {
  const items = new Map<string, string>();
  const shown: string[] = [];
  const window = {
    shown,
    location: { hash, pathname: '/', search: '?a=1' },
    history: { replaceState: (_data: unknown, _unused: string, url: string) => shown.push(url) },
    sessionStorage: {
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, value: string) => void items.set(name, value),
      removeItem: (name: string) => void items.delete(name),
    },
  };
  if (stored !== undefined) keepKey(window, stored);
  return window;
}

test('a key in the fragment is kept for the tab and taken out of the address bar', () => {
  const window = places('#key=abc_123', 'older');
  assert.equal(findKey(window), 'abc_123');
  assert.deepEqual(window.shown, ['/?a=1']);
  window.location.hash = '';
  assert.equal(findKey(window), 'abc_123');
});

test('without a fragment the kept key is used, if there is one', () => {
  assert.equal(findKey(places('', 'kept')), 'kept');
  assert.equal(findKey(places('#chain', 'kept')), 'kept');
  const window = places('');
  assert.equal(findKey(window), undefined);
  assert.deepEqual(window.shown, []);
});

test('an empty key in the fragment is removed and is no key', () => {
  const window = places('#key=%20');
  assert.equal(findKey(window), undefined);
  assert.deepEqual(window.shown, ['/?a=1']);
});

test('a forgotten key is gone', () => {
  const window = places('', 'kept');
  forgetKey(window);
  assert.equal(findKey(window), undefined);
});
