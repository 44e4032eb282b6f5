/** The log of the step. It escapes text that the runner would read as a workflow command. */
export interface Log {
  info(message: string): void
  /** Shown as an annotation of the run. */
  notice(message: string): void
  /** Shown as an annotation of the run. */
  warning(message: string): void
  /** Shown only if debug logging is enabled for the workflow. */
  debug(message: string): void
  /** Runs `body` and shows its lines as a collapsible group with this title. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>
}
