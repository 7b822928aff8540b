/**
 * One step of the schema. Once released it never changes; what is wrong is put right by another.
 */
export interface Migration {
  /** 1, 2, 3, ... */
  version: number;
  name: string;
  /** Statements that are run in one transaction. */
  sql: string;
}
