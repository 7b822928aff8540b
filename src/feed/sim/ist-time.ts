import { IST_OFFSET_MS } from '../../domain/calendar.ts';

/** `yyyy-mm-dd hh:mm:ss` in IST, the broker's time without a zone, of an instant in epoch ms. */
export function istTime(epochMs: number): string {
  const text = new Date(epochMs + IST_OFFSET_MS).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}
