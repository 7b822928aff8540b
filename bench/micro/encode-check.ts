import * as flatbuffers from 'flatbuffers';
import { FrameAssembler } from '../../src/fanout/assembler.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { decodeFrame } from '../../src/wire/decode.ts';
import { COMPACT_LAYOUT } from '../../src/wire/tick-layout.ts';
import type { Verifier } from '../harness/verifier.ts';
import type { ComputedTicks } from '../market/computed-ticks.ts';
import { buildFrame, builderFields } from './builder-frame.ts';
import { assemble, FRAME_TICKS, slotsOf, TICKS } from './client-frame.ts';

/** Every way must bring the same ticks. */
export function verifyFrames(computed: ComputedTicks, verifier: Verifier): void {
  const { copies } = computed;
  const slots = slotsOf(3);
  const structs = slots.map((slot) =>
    Array.from(copies.u8.subarray(slot * TICK_SLOT_BYTES, (slot + 1) * TICK_SLOT_BYTES)),
  );
  const structsIn = (frame: Uint8Array): number[][] => {
    const first = frame.length - FRAME_TICKS * TICK_SLOT_BYTES;
    return slots.map((_slot, place) => {
      const at = first + place * TICK_SLOT_BYTES;
      return Array.from(frame.subarray(at, at + TICK_SLOT_BYTES));
    });
  };
  const assembler = new FrameAssembler(1, 2);
  const full = Uint8Array.from(assemble(assembler, computed, 'tick', slots, true));
  verifier.equal('structs of the assembled frame', structsIn(full), structs);
  const fields = slots.map((slot) => builderFields(copies, slot * TICK_SLOT_BYTES));
  const built = buildFrame(new flatbuffers.Builder(1024), fields);
  verifier.equal('structs of the built frame', structsIn(built), structs);
  const decoded = decodeFrame(full);
  verifier.equal('count, through', [decoded.count, decoded.through], [FRAME_TICKS, TICKS]);
  verifier.equal('ticks read from the built frame', objectsIn(built), objectsIn(full));
  verifier.equal(
    'ticks read from JSON',
    JSON.parse(JSON.stringify(objectsIn(full))) as unknown,
    objectsIn(full),
  );
  verifyCompact(computed, slots, verifier);
}

function objectsIn(frame: Uint8Array): unknown[] {
  const view = decodeFrame(frame);
  return Array.from({ length: view.count }, (_unused, index) => view.object(index));
}

function verifyCompact(computed: ComputedTicks, slots: number[], verifier: Verifier): void {
  const assembler = new FrameAssembler(1, 2);
  const full = decodeFrame(Uint8Array.from(assemble(assembler, computed, 'tick', slots, true)));
  const compact = decodeFrame(assemble(assembler, computed, 'compact', slots, true));
  verifier.equal('compact ticks', [compact.kind, compact.count], ['compact', FRAME_TICKS]);
  verifier.equal('bytes of a compact tick', COMPACT_LAYOUT.structBytes, 128);
  const values = ({ tick }: { tick: (index: number) => ReturnType<typeof full.tick> }) =>
    slots.map((_slot, place) => {
      const view = tick(place);
      return [
        view.instrumentToken,
        view.sequence,
        view.lastPriceRaw,
        view.bidPrice(0),
        view.askQuantity(0),
        view.volume,
        view.oi,
        view.greeksStatus,
        view.iv === undefined ? undefined : Math.fround(view.iv),
        view.delta === undefined ? undefined : Math.fround(view.delta),
      ];
    });
  verifier.equal(
    'values of the compact ticks',
    values({ tick: (index) => compact.tick(index) }),
    values({ tick: (index) => full.tick(index) }),
  );
}
