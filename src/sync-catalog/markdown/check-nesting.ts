/** A text that is nested too deep to be parsed in reasonable time and stack space. The message is a sentence. */
export class TooComplexText extends Error {
  override readonly name = 'TooComplexText'
}

/**
 * The maximum nesting depth of quotes, list items and brackets. GitHub's parser has the same limit for lists
 * (cmark-gfm, src/blocks.c, MAX_LIST_DEPTH). Real texts have fewer than ten levels.
 */
const MAX_DEPTH = 100

/**
 * Rejects texts that are nested too deep before they are parsed, since the parser takes minutes or overflows the stack.
 * The depth is an upper bound: a list within code counts too.
 *
 * @param text with line feeds as line endings
 * @throws TooComplexText naming the line
 */
export function checkNesting(text: string): void {
  const containers = new ContainerDepth()
  const brackets = new BracketDepth()
  for (const [at, line] of text.split('\n').entries()) {
    const depth = Math.max(containers.after(line), brackets.after(line))
    if (depth <= MAX_DEPTH) continue
    throw new TooComplexText(`Line ${at + 1} is nested deeper than ${MAX_DEPTH} levels.`)
  }
}

/** Counts the quotes and list items around a line (https://spec.commonmark.org/0.31.2/#container-blocks). */
class ContainerDepth {
  /** The columns at which the content of the open items begins. Quote marks count as spaces before them. */
  private readonly items: number[] = []

  after(line: string): number {
    const thematicBreak = /^[ \t>]*([-*])(?:[ \t]*\1){2,}[ \t]*$/
    if (line.trim() === '' || thematicBreak.test(line)) return 0
    let [at, column, quotes] = [0, 0, 0]
    let isFirst = true
    while (quotes + this.items.length <= MAX_DEPTH) {
      for (; ' \t>'.includes(line.charAt(at)) && at < line.length; at++) {
        if (line.charAt(at) === '>') quotes++
        column += line.charAt(at) === '\t' ? 4 - (column % 4) : 1
      }
      while (isFirst && (this.items.at(-1) ?? 0) > column) this.items.pop()
      isFirst = false
      const marker = MARKER.exec(line.slice(at, at + MAX_MARKER_LENGTH + 1))?.[0]
      if (marker === undefined) break
      at += marker.length
      column += marker.length
      this.items.push(column + 1)
    }
    return quotes + this.items.length
  }
}

/** The number of an ordered item has at most nine digits. */
const MAX_MARKER_LENGTH = 10
const MARKER = /^(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)/

/** Counts nested pairs of brackets. Images and links in labels make the parser slow. */
class BracketDepth {
  /** The depth of the pairs within each open bracket of the paragraph. */
  private open: number[] = []

  after(line: string): number {
    if (line.trim() === '') this.open = []
    let deepest = 0
    for (const [character] of line.matchAll(/\\.|[[\]]/g)) {
      if (character === '[') {
        this.open.push(0)
        continue
      }
      const within = character === ']' ? this.open.pop() : undefined
      if (within === undefined) continue
      deepest = Math.max(deepest, within + 1)
      const around = this.open.length - 1
      if (around >= 0) this.open[around] = Math.max(this.open[around] ?? 0, within + 1)
    }
    return deepest
  }
}
