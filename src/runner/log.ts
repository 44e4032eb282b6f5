/** Where a mode says what it does; every line is made safe against forged workflow commands. */
export interface Log {
  info(message: string): void
  /** Shown as an annotation of the run. */
  notice(message: string): void
  /** Shown as an annotation of the run. */
  warning(message: string): void
  /** Shown only where the workflow runs with debug logging. */
  debug(message: string): void
  /** Runs `body` with its lines folded under `title`. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>
}
