/** Strikes with a call or a put whose |delta| is between two bounds, 0 <= least < greatest <= 1. */
export interface DeltaBand {
  delta: readonly [least: number, greatest: number];
}

/** Which strikes of a chain are wanted: so many on each side of the money, all, or by delta. */
export type StrikeChoice = number | 'all' | DeltaBand;

export function isDeltaBand(choice: StrikeChoice): choice is DeltaBand {
  return typeof choice === 'object';
}

/** Equal choices have equal names. */
export function strikeChoiceName(choice: StrikeChoice): string {
  return isDeltaBand(choice) ? `delta ${choice.delta.join(' to ')}` : String(choice);
}
