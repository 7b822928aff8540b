import assert from 'node:assert/strict';

type Shape = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The names that objects have at a place, each with one value that is not null if there is one. */
function merged(samples: readonly unknown[]): Shape {
  const all: Record<string, unknown> = {};
  for (const sample of samples.filter(isObject)) {
    for (const [name, value] of Object.entries(sample)) all[name] ??= value;
  }
  return all;
}

/**
 * Fails unless `actual` is made like `sample`: the same names in objects, the same types, `null`
 * where the other may have a value, every element of a list like the sample's elements together.
 * `optional`: names that only some samples have.
 */
export function assertSameShape(
  actual: unknown,
  sample: unknown,
  optional: readonly string[] = [],
  at = 'result',
): void {
  if (actual === null || sample === null) return;
  if (Array.isArray(sample)) {
    assert.ok(Array.isArray(actual), `${at} is a list`);
    const [first] = sample as unknown[];
    const element = isObject(first) ? merged(sample) : first;
    for (const [index, each] of actual.entries()) {
      assertSameShape(each, element, optional, `${at}[${index}]`);
    }
    return;
  }
  if (sample instanceof Date) {
    assert.ok(actual instanceof Date && !Number.isNaN(actual.getTime()), `${at} is a time`);
    return;
  }
  if (!isObject(sample)) {
    assert.equal(typeof actual, typeof sample, `type of ${at}`);
    return;
  }
  assert.ok(isObject(actual), `${at} is an object`);
  const needed = Object.keys(sample).filter((name) => !optional.includes(name));
  const missing = needed.filter((name) => !Object.hasOwn(actual, name));
  assert.deepEqual(missing, [], `missing in ${at}`);
  const more = Object.keys(actual).filter((name) => !Object.hasOwn(sample, name));
  assert.deepEqual(more, [], `beyond the sample in ${at}`);
  for (const [name, value] of Object.entries(actual)) {
    assertSameShape(value, sample[name], optional, `${at}.${name}`);
  }
}
