/** A text frame of the broker: `order`, `error`, `message`, or a type that came later. */
export interface KiteTextMessage {
  readonly type: string;
  readonly data?: unknown;
  readonly [field: string]: unknown;
}

/** The message in a text frame, or undefined if it is not a JSON object with a `type`. */
export function parseTextFrame(text: string): KiteTextMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The caller counts it: there is nothing else to do with a broken message.
    return undefined;
  }
  return isTextMessage(value) ? value : undefined;
}

function isTextMessage(value: unknown): value is KiteTextMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof (value as { type?: unknown }).type === 'string'
  );
}
