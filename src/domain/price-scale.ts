/** The low byte of an instrument token names its segment (observed on all broker samples). */
export const SEGMENT = {
  NSE: 1,
  NFO: 2,
  CDS: 3,
  BSE: 4,
  BFO: 5,
  BCD: 6,
  MCX: 7,
  MCXSX: 8,
  INDICES: 9,
} as const;

export function segmentOf(token: number): number {
  return token & 0xff;
}

/**
 * Integer price / divisor = rupees. CDS 10^7, BCD 10^4 (as every official client does), else 100.
 */
export function priceDivisor(segment: number): number {
  if (segment === SEGMENT.CDS) return 10_000_000;
  if (segment === SEGMENT.BCD) return 10_000;
  return 100;
}
