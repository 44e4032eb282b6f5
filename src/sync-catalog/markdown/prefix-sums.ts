import { countLeading } from './edits.js'
import type { Range } from './edits.js'

/** A change of the length of a text that is cut. It applies to the cuts from `start` to `end`, inclusive. */
export interface LengthChange extends Range {
  readonly length: number
}

/** Sums of changes that apply to an offset, without a search in all changes. */
export class PrefixSums {
  private readonly offsets: number[] = []
  /** The sum from each offset to the next one. */
  private readonly sums: number[] = []

  constructor(changes: readonly LengthChange[]) {
    const steps = changes.flatMap(({ start, end, length }) => [
      { at: start, length },
      { at: end + 1, length: -length }
    ])
    let sum = 0
    for (const { at, length } of steps.sort((a, b) => a.at - b.at)) {
      sum += length
      this.offsets.push(at)
      this.sums.push(sum)
    }
  }

  /** Returns the sum of the changes that apply to a cut at an offset. */
  sumAt(offset: number): number {
    return this.sums[countLeading(this.offsets, (at) => at <= offset) - 1] ?? 0
  }
}
