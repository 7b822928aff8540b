/** What the meters thread writes. */
export const COUNTER = 0;
export const GAUGE = 1;
export const HISTOGRAM = 15;
/** Two doubles that differ in both halves: half of one and half of the other is neither. */
export const GAUGE_VALUES = [1 / 3, -1e300] as const;
