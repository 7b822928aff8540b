const INDEX_SEGMENT = 9;
const INDEX_BYTES = 32;
const FULL_BYTES = 184;
const BID_AT = 64;
const ASK_AT = 124;

/** A broker frame of full packets: token, last price, bid and ask of each, rupees. */
export function packetFrame(
  quotes: readonly (readonly [token: number, last: number, bid: number, ask: number])[],
): Uint8Array {
  const lengths = quotes.map(([token]) =>
    (token & 0xff) === INDEX_SEGMENT ? INDEX_BYTES : FULL_BYTES,
  );
  const frame = new Uint8Array(2 + lengths.reduce((sum, length) => sum + 2 + length, 0));
  const view = new DataView(frame.buffer);
  view.setUint16(0, quotes.length);
  let at = 2;
  quotes.forEach(([token, last, bid, ask], i) => {
    const length = lengths[i]!;
    view.setUint16(at, length);
    const packet = at + 2;
    view.setUint32(packet, token);
    view.setUint32(packet + 4, paise(last));
    if (length === FULL_BYTES) {
      putLevel(view, packet + BID_AT, bid);
      putLevel(view, packet + ASK_AT, ask);
    }
    at = packet + length;
  });
  return frame;
}

/** Quantity, price, orders. */
function putLevel(view: DataView, at: number, price: number): void {
  view.setUint32(at, price > 0 ? 65 : 0);
  view.setUint32(at + 4, paise(price));
}

function paise(rupees: number): number {
  return Math.max(0, Math.round(rupees * 100));
}
