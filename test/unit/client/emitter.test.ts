import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../../../src/client/emitter.ts';

interface Events {
  number: number;
}

test('listeners hear in order until they are removed', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  const remove = emitter.on('number', (value) => heard.push(`a${value}`));
  emitter.on('number', (value) => heard.push(`b${value}`));
  emitter.emit('number', 1);
  remove();
  remove();
  emitter.emit('number', 2);
  assert.deepEqual(heard, ['a1', 'b1', 'b2']);
});

test('a listener may remove itself and another while it hears', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  const removeFirst = emitter.on('number', () => {
    heard.push('first');
    removeFirst();
    removeSecond();
  });
  const removeSecond = emitter.on('number', () => heard.push('second'));
  emitter.emit('number', 1);
  assert.deepEqual(heard, ['first', 'second']);
  assert.equal(emitter.has('number'), false);
});

test('an error of a listener surfaces as an uncaught one and stops nobody else', async () => {
  const emitter = new Emitter<Events>();
  const heard: number[] = [];
  emitter.on('number', () => {
    throw new Error('of the listener');
  });
  emitter.on('number', (value) => heard.push(value));
  const surfaced = new Promise<Error>((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve);
  });
  try {
    emitter.emit('number', 1);
    assert.deepEqual(heard, [1]);
    assert.equal((await surfaced).message, 'of the listener');
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
});
