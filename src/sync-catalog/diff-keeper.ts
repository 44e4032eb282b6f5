/** The most characters of diffs that a step keeps for its log and summary, which takes 1 MiB itself. */
const MAX_CHARACTERS = 1_500_000

/** Makes what keeps diffs for the report as long as there is room; beyond it, their size is told. */
export function createDiffKeeper(): (diff: string) => string {
  let left = MAX_CHARACTERS
  return (diff) => {
    left -= diff.length
    if (left >= 0) return diff
    return `(${diff.split('\n').length} lines, not shown: this step has too many changes to show all)`
  }
}
