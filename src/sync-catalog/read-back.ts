/** The delays before each read, in milliseconds. */
const DELAYS_MS = [0, 1_000, 3_000, 6_000] as const

/**
 * Reads written values back until they are as sent. A write is not always visible to the next read.
 *
 * @param listWrong reads, and returns the names of the values that are not as sent
 * @returns the names of the values that are still wrong at the end
 */
export async function readBack(
  sleep: (milliseconds: number) => Promise<void>,
  listWrong: () => Promise<string[]>
): Promise<string[]> {
  let wrong: string[] = []
  for (const delay of DELAYS_MS) {
    if (delay > 0) await sleep(delay)
    wrong = await listWrong()
    if (wrong.length === 0) break
  }
  return wrong
}
