import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { toolOrSkip } from '../../support/required-tool.ts';
import { readingsWith } from '../../unit/telemetry/readings.ts';

test('promtool finds nothing to say about the metrics', async (t) => {
  const promtool = toolOrSkip(t, 'promtool');
  if (promtool === undefined) return;
  const metrics = createMetrics({ build: { version: '0.1.0', node: 'v20' }, startTimeSeconds: 1 });
  const input = await metrics.render(readingsWith());
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
    input,
    encoding: 'utf8',
  });
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
});
