/** Runs functions with the same key one after the other. */
export class Locks {
  private readonly last = new Map<string, Promise<void>>()

  /** Runs `body` after all earlier calls with the same key have finished or failed. */
  run<T>(key: string, body: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve()
    const run = before.then(body)
    const settled = run.then(
      () => undefined,
      () => undefined
    )
    this.last.set(key, settled)
    void settled.then(() => {
      if (this.last.get(key) === settled) this.last.delete(key)
    })
    return run
  }
}
