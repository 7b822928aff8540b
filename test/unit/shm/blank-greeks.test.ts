import assert from 'node:assert/strict';
import test from 'node:test';
import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  PRICING_MODEL,
  UNDEFINED_F32,
  UNDEFINED_F64,
} from '../../../src/domain/status.ts';
import { blankGreeks, blankSection, writeBlankGreeks } from '../../../src/shm/blank-greeks.ts';
import { createPrivateTicks } from '../../../src/shm/block.ts';
import {
  GREEKS_BYTES,
  GREEKS_OFFSET_BYTES,
  TICK_FORWARD_F64,
  TICK_FORWARD_SOURCE_U8,
  TICK_GREEKS_STATE_I32,
  TICK_GREEKS_STATUS_U8,
  TICK_IV_BID_F32,
  TICK_IV_OWN_F32,
  TICK_MODEL_U8,
  TICK_QUALITY_U8,
  TICK_RHO_F64,
  TICK_SLOT_BYTES,
  TICK_TIME_TO_EXPIRY_F32,
} from '../../../src/shm/layout/tick-slot.ts';
import { fillTick, greeksPosition } from '../../support/shm-pattern.ts';

const POSITION = 2 ** 33 + 5;

/** Two patterned ticks, so that writes outside the second one's section show. */
function filled() {
  const ticks = createPrivateTicks(2, TICK_SLOT_BYTES);
  for (const slot of [0, 1]) fillTick(ticks, slot * TICK_SLOT_BYTES, POSITION + slot);
  ticks.i32[TICK_GREEKS_STATE_I32 + TICK_SLOT_BYTES / 4] = 1234;
  return ticks;
}

const WRITERS = {
  blankGreeks: (ticks: ReturnType<typeof filled>) => {
    blankGreeks(ticks, TICK_SLOT_BYTES, GREEKS_STATUS.NO_QUOTE);
  },
  writeBlankGreeks: (ticks: ReturnType<typeof filled>) => {
    writeBlankGreeks(ticks.u32, TICK_SLOT_BYTES >> 2, blankSection(GREEKS_STATUS.NO_QUOTE));
  },
};

for (const [name, write] of Object.entries(WRITERS)) {
  test(`${name}: no value but the reason, and the rest of the tick is untouched`, () => {
    const ticks = filled();
    const before = ticks.u8.slice();
    write(ticks);
    const at = TICK_SLOT_BYTES;
    assert.equal(ticks.u8[at + TICK_GREEKS_STATUS_U8], GREEKS_STATUS.NO_QUOTE);
    assert.equal(ticks.u8[at + TICK_FORWARD_SOURCE_U8], FORWARD_SOURCE.NONE);
    assert.equal(ticks.u8[at + TICK_MODEL_U8], PRICING_MODEL.NONE);
    assert.equal(ticks.u8[at + TICK_QUALITY_U8], 0);
    assert.equal(ticks.f32[(at >> 2) + TICK_TIME_TO_EXPIRY_F32], UNDEFINED_F32);
    const doubles = ticks.f64.subarray((at >> 3) + TICK_FORWARD_F64, (at >> 3) + TICK_RHO_F64 + 1);
    assert.deepEqual([...doubles], new Array(7).fill(UNDEFINED_F64));
    const floats = ticks.f32.subarray((at >> 2) + TICK_IV_BID_F32, (at >> 2) + TICK_IV_OWN_F32 + 1);
    assert.deepEqual([...floats], new Array(3).fill(UNDEFINED_F32));
    const first = at + GREEKS_OFFSET_BYTES;
    assert.deepEqual(ticks.u8.slice(0, first), before.slice(0, first));
    assert.deepEqual(ticks.u8.slice(first + GREEKS_BYTES), before.slice(first + GREEKS_BYTES));
    assert.equal(ticks.i32[(at >> 2) + TICK_GREEKS_STATE_I32], 1234, 'the state word is kept');
  });
}

test('a section written from a blank belongs to the position of its tick', () => {
  const ticks = filled();
  writeBlankGreeks(ticks.u32, 0, blankSection(GREEKS_STATUS.NOT_REQUESTED));
  assert.equal(greeksPosition(ticks, 0), POSITION);
});
