import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { loadNativePackage } from '../../../src/http/native.ts';

/** A `require` that answers with `exported` and leaves `files` in the module cache. */
function fakeRequire(files: string[], exported: () => unknown): NodeJS.Require {
  const cache = Object.fromEntries(files.map((file) => [file, {}]));
  return Object.assign(() => exported(), { cache }) as unknown as NodeJS.Require;
}

function errorOf(require: NodeJS.Require): TickerError {
  try {
    loadNativePackage('some-package', require);
  } catch (error) {
    assert.ok(error instanceof TickerError);
    return error;
  }
  return assert.fail('it was loaded');
}

test('a native build that cannot be loaded is an error that names the platform', () => {
  const { code, detail } = errorOf(
    fakeRequire([], () => {
      throw new Error("This version supports only ...\n\nError: version `GLIBC_2.38' not found");
    }),
  );
  assert.equal(code, 'NATIVE_BUILD');
  assert.ok(detail.includes(`${process.platform} ${process.arch}`));
  assert.ok(detail.includes(`ABI ${process.versions.modules}`));
  assert.match(detail, /glibc (\d+\.\d+|none): /);
  assert.match(detail, /GLIBC_2\.38' not found$/);
});

test('a package that fell back to JavaScript is not accepted', () => {
  const javascript = ['/x/node_modules/some-package/index.js', '/x/node_modules/other/other.node'];
  const { code, detail } = errorOf(fakeRequire(javascript, () => ({ App: () => undefined })));
  assert.equal(code, 'NATIVE_BUILD');
  assert.match(detail, /fell back to JavaScript/);
});

test('a package with its native code is handed out', () => {
  const exported = { App: (): undefined => undefined };
  const require = fakeRequire(['/x/node_modules/some-package/build.node'], () => exported);
  assert.equal(loadNativePackage('some-package', require), exported);
});
