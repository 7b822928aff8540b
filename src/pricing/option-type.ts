/** Call or put, as the sign that the formulas use. */
export type OptionType = 1 | -1;

export const CALL: OptionType = 1;
export const PUT: OptionType = -1;
