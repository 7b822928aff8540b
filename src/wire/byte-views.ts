/** Typed views of one stretch of memory, all starting at the same 8-byte aligned byte. */
export interface ByteViews {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/* Frames are little-endian and are written through typed arrays, which have the machine's order. */
if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) {
  throw new Error('ticker-service needs a little-endian machine');
}

/** Throws RangeError unless `byteOffset` is a multiple of 8. */
export function createByteViews(
  buffer: ArrayBufferLike,
  byteOffset: number,
  byteLength: number,
): ByteViews {
  return {
    u8: new Uint8Array(buffer, byteOffset, byteLength),
    u16: new Uint16Array(buffer, byteOffset, byteLength >> 1),
    u32: new Uint32Array(buffer, byteOffset, byteLength >> 2),
    i32: new Int32Array(buffer, byteOffset, byteLength >> 2),
    f32: new Float32Array(buffer, byteOffset, byteLength >> 2),
    f64: new Float64Array(buffer, byteOffset, byteLength >> 3),
  };
}
