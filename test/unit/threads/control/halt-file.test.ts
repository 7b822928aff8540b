import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { HaltFile } from '../../../../src/threads/control/halt-file.ts';
import { temporaryFolder } from '../../../support/ticker-process.ts';

test('a file HALT halts for the reason that it has, also if it cannot be read', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'HALT');
  const clock = createSystemClock();
  const file = new HaltFile(folder, createLogger({ level: 'silent', thread: 'test', clock }));
  assert.equal(await file.reason(), undefined);
  writeFileSync(path, '  strange fills\n');
  assert.equal(await file.reason(), 'strange fills');
  writeFileSync(path, '');
  assert.match((await file.reason()) ?? '', /there is a file HALT/);
  writeFileSync(path, 'x'.repeat(1_000));
  assert.equal((await file.reason())?.length, 200);
  // One that is there stays as it is.
  await file.put('SIGUSR2');
  assert.equal((await file.reason())?.length, 200);
  rmSync(path);
  await file.put('SIGUSR2');
  assert.equal(await file.reason(), 'SIGUSR2');
  rmSync(path);
  mkdirSync(path);
  assert.match((await file.reason()) ?? '', /cannot be read \(EISDIR\)/);
});
