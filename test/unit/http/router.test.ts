import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Router } from '../../../src/http/router.ts';

function routerOf(...routes: ['GET' | 'POST', string][]): Router<string> {
  const router = new Router<string>();
  for (const [method, path] of routes) router.add({ method, path }, `${method} ${path}`);
  return router;
}

test('an exact path wins over a pattern, whatever came first', () => {
  const router = routerOf(['GET', '/v1/things/{id}'], ['GET', '/v1/things/all']);
  assert.equal(router.match('/v1/things/all')?.methods.get('GET'), 'GET /v1/things/all');
  const match = router.match('/v1/things/7');
  assert.equal(match?.methods.get('GET'), 'GET /v1/things/{id}');
  assert.deepEqual(match.params, { id: '7' });
});

test('a parameter takes one segment, decoded, and never an empty one', () => {
  const router = routerOf(['GET', '/a/{x}/b/{y}']);
  assert.deepEqual(router.match('/a/NSE%3AM%26M/b/%2F')?.params, { x: 'NSE:M&M', y: '/' });
  for (const path of ['/a//b/1', '/a/1/b', '/a/1/b/2/', '/a/1/c/2', 'a/1/b/2', '/a/1/2/b/3']) {
    assert.equal(router.match(path), undefined, path);
  }
  assert.throws(() => router.match('/a/%/b/1'), URIError);
});

test('the methods of a path are found together', () => {
  const router = routerOf(['GET', '/x/{id}'], ['POST', '/x/{id}'], ['POST', '/x']);
  assert.deepEqual([...(router.match('/x/1')?.methods.keys() ?? [])], ['GET', 'POST']);
  assert.deepEqual([...(router.match('/x')?.methods.keys() ?? [])], ['POST']);
});

test('two routes for one method and path are a fault of the table', () => {
  assert.throws(() => routerOf(['GET', '/x'], ['GET', '/x']), RangeError);
  assert.throws(() => routerOf(['GET', '/{x}'], ['GET', '/{x}']), RangeError);
});
