import type * as flatbuffers from 'flatbuffers';
import type { TickViews } from '../../src/shm/block.ts';
import {
  DEPTH_LEVELS,
  TICK_CHANGE_I32,
  TICK_DEPTH_U32,
  TICK_FORWARD_F64,
  TICK_FORWARD_SOURCE_U8,
  TICK_GREEKS_SEQUENCE_HIGH_U32,
  TICK_GREEKS_SEQUENCE_LOW_U32,
  TICK_GREEKS_STATE_I32,
  TICK_GREEKS_STATUS_U8,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_IV_ASK_F32,
  TICK_IV_BID_F32,
  TICK_IV_OWN_F32,
  TICK_MODE_U8,
  TICK_MODEL_U8,
  TICK_OI_U32,
  TICK_PACKET_LENGTH_U16,
  TICK_PRICE_DIVISOR_U32,
  TICK_QUALITY_U8,
  TICK_RECEIVE_TIME_F64,
  TICK_RHO_F64,
  TICK_SEGMENT_U8,
  TICK_TIME_TO_EXPIRY_F32,
} from '../../src/shm/layout/tick-slot.ts';
import { Tick, TickFrame } from '../../src/wire/generated/ticker.ts';

/** The generated function takes one number for each of the 87 fields. */
type CreateTick = (builder: flatbuffers.Builder, ...fields: number[]) => flatbuffers.Offset;
const createTick: CreateTick = Tick.createTick.bind(Tick);

/** The fields of the tick at `slotBytes` in the order in which the generated code takes them. */
export function builderFields(ticks: TickViews, slotBytes: number): number[] {
  const { u8, u16, u32, i32, f32, f64 } = ticks;
  const word = slotBytes >> 2;
  const words = (from: number, to: number): number[] =>
    Array.from(u32.subarray(word + from, word + to + 1));
  const bytes = (...indices: number[]): number[] => indices.map((index) => u8[slotBytes + index]!);
  const depth = Array.from({ length: 2 * DEPTH_LEVELS }, (_unused, place) => {
    const at = word + TICK_DEPTH_U32 + place * 3;
    return [u32[at]!, u32[at + 1]!, u16[(at + 2) * 2]!, u16[(at + 2) * 2 + 1]!];
  });
  const reserved = TICK_DEPTH_U32 + 2 * DEPTH_LEVELS * 3;
  return [
    ...words(0, 3),
    f64[(slotBytes >> 3) + TICK_RECEIVE_TIME_F64]!,
    ...words(TICK_INSTRUMENT_SEQUENCE_U32, TICK_CHANGE_I32 - 1),
    i32[word + TICK_CHANGE_I32]!,
    ...words(TICK_OI_U32, TICK_PRICE_DIVISOR_U32),
    ...bytes(TICK_SEGMENT_U8, TICK_MODE_U8),
    u16[(slotBytes >> 1) + TICK_PACKET_LENGTH_U16]!,
    ...words(TICK_GREEKS_SEQUENCE_LOW_U32, TICK_GREEKS_SEQUENCE_HIGH_U32),
    ...bytes(TICK_GREEKS_STATUS_U8, TICK_FORWARD_SOURCE_U8, TICK_MODEL_U8, TICK_QUALITY_U8),
    f32[word + TICK_TIME_TO_EXPIRY_F32]!,
    ...f64.subarray((slotBytes >> 3) + TICK_FORWARD_F64, (slotBytes >> 3) + TICK_RHO_F64 + 1),
    f32[word + TICK_IV_BID_F32]!,
    f32[word + TICK_IV_ASK_F32]!,
    f32[word + TICK_IV_OWN_F32]!,
    i32[word + TICK_GREEKS_STATE_I32]!,
    ...depth.flat(),
    ...words(reserved, reserved + 1),
  ];
}

/** A frame of these ticks as the FlatBuffers Builder makes it, the first tick first. */
export function buildFrame(builder: flatbuffers.Builder, ticks: readonly number[][]): Uint8Array {
  builder.clear();
  TickFrame.startTicksVector(builder, ticks.length);
  // The Builder writes from the end.
  for (let i = ticks.length - 1; i >= 0; i--) createTick(builder, ...ticks[i]!);
  const vector = builder.endVector();
  TickFrame.startTickFrame(builder);
  TickFrame.addTicks(builder, vector);
  TickFrame.finishTickFrameBuffer(builder, TickFrame.endTickFrame(builder));
  return builder.asUint8Array();
}
