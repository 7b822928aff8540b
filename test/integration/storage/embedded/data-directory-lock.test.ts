import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import {
  isDataDirectoryTaken,
  takeDataDirectory,
} from '../../../../src/storage/embedded/data-directory-lock.ts';
import {
  killHolder,
  openEmbedded,
  openFolder,
  startHolder,
} from '../../../support/embedded-rig.ts';

function isTaken(error: unknown): true {
  assert.ok(error instanceof TickerError);
  assert.equal(error.code, 'DATA_DIR_IN_USE');
  assert.match(error.message, /another instance runs in .*: stop it, or set TICKER_DATA_DIR/);
  return true;
}

test('a data directory has one instance, by whatever name it is called', async (t) => {
  const directory = join(openFolder(t), 'made');
  const lock = await takeDataDirectory(directory);
  assert.equal(await isDataDirectoryTaken(directory), true);
  await assert.rejects(takeDataDirectory(directory), isTaken);
  await assert.rejects(takeDataDirectory(join(directory, '..', 'made', '.')), isTaken);
  const other = await takeDataDirectory(openFolder(t));
  lock.release();
  assert.equal(await isDataDirectoryTaken(directory), false);
  const again = await takeDataDirectory(directory);
  again.release();
  other.release();
});

test('of those that start at once one wins', async (t) => {
  const directory = openFolder(t);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => takeDataDirectory(directory)),
  );
  const winners = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  );
  assert.equal(winners.length, 1);
  for (const outcome of outcomes) if (outcome.status === 'rejected') isTaken(outcome.reason);
  winners[0]?.release();
});

test('an instance that is killed leaves nothing in the way', async (t) => {
  const directory = openFolder(t);
  const first = await startHolder(t, directory, 'instance');
  assert.ok(first.url, first.message);
  const second = await startHolder(t, directory, 'instance');
  assert.equal(second.code, 'DATA_DIR_IN_USE');
  await killHolder(first);
  const third = await startHolder(t, directory, 'instance');
  assert.equal(third.url, first.url);
  await killHolder(third);
  // What they started is ended by the last one.
  await (await openEmbedded(t, directory)).embedded.stop();
});
