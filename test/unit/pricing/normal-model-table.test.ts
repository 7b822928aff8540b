import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  evaluateNormalModel,
  STRADDLE_SHARE_MIN,
} from '../../../src/pricing/normal-model-table.ts';
import { normalCdf, normalPdf } from '../../../src/pricing/normal.ts';

test('the table gives the deviation of a straddle in the normal model to 1e-7, at all distances', () => {
  const registers = new Float64Array(2);
  let tried = 0;
  for (let h = 0; h < 6.3; h += 0.003) {
    const option = normalPdf(h) - h * normalCdf(-h);
    const straddle = 2 * option + h;
    registers[0] = (2 * option) / straddle;
    if (registers[0] <= STRADDLE_SHARE_MIN) break;
    evaluateNormalModel(registers, 0, 1);
    // Far out the option itself is a small difference here.
    const tolerance = h < 5 ? 1e-7 : 1e-6;
    const error = Math.abs(registers[1]! * straddle - 1);
    assert.ok(error < tolerance, `h = ${h}: ${error}`);
    tried++;
  }
  assert.ok(tried > 1900, `${tried} distances`);
});
