/** One command of `ticker`. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** What `--help` prints. */
  help: string;
  /** Resolves with the exit code; rejects with TickerError (USAGE: exit code 2, others 1). */
  run(args: string[]): Promise<number>;
}
