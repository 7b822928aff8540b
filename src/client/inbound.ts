import type { ServerMessage } from '../wire/messages.ts';

/** What comes of a connection, in its order. */
export type Inbound =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'message'; readonly message: ServerMessage; readonly lengthChars: number }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

/** Roughly what it occupies, bytes. */
export function sizeBytesOf(inbound: Inbound): number {
  if (inbound.kind === 'frame') return inbound.bytes.length;
  return inbound.kind === 'message' ? inbound.lengthChars : 0;
}
