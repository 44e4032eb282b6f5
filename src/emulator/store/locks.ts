/** Lets things with the same key happen one after the other. */
export class Locks {
  private readonly last = new Map<string, Promise<void>>()

  /** Runs `body` when nothing else that was given here for this key is under way, however that ends. */
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
