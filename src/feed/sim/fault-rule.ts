/** The arguments of a fault as a script gives them. */
export type FaultArgs = Readonly<Record<string, string | number | boolean>>;

/** What a fault may be aimed at. */
export type FaultTarget = 'account' | 'socket' | 'route';

/** What one argument of a fault may be. */
export interface ArgumentRule {
  type: 'string' | 'number' | 'boolean';
  isRequired?: true;
  min?: number;
  max?: number;
  isInteger?: true;
  isCloseCode?: true;
  pattern?: RegExp;
}

export interface FaultRule {
  targets: readonly FaultTarget[];
  args: Readonly<Record<string, ArgumentRule>>;
}

/** Milliseconds. */
export const DURATION: ArgumentRule = { type: 'number', min: 0 };
/** How often a fault strikes. */
export const TIMES: ArgumentRule = { type: 'number', isInteger: true, min: 1 };

export function numberOr(args: FaultArgs, key: string, fallback: number): number {
  const value = args[key];
  return typeof value === 'number' ? value : fallback;
}

export function textOrNull(args: FaultArgs, key: string): string | null {
  const value = args[key];
  return typeof value === 'string' ? value : null;
}
