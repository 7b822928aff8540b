import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as readAll } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./uncaught-process.js', import.meta.url));
const SECRET = 'cnry-5f81d2ab';

for (const kind of ['exception', 'rejection', 'text']) {
  test(`an uncaught ${kind} ends the process with 1, told without secrets`, async () => {
    const child = spawn(process.execPath, [SCRIPT, kind, SECRET], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = once(child, 'close') as Promise<[number | null]>;
    const [out, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
    const [code] = await closed;
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.match(errors, /^ticker: .*\[redacted\]/);
    assert.ok(!errors.includes(SECRET), errors);
  });
}
