/** A text that would take for ever to parse, or more stack than there is; the message says where and why. */
export class TooIntricateText extends Error {
  override readonly name = 'TooIntricateText'
}

/**
 * How deep quotes, list items and brackets may nest. GitHub's own parser ends lists at the same depth
 * (cmark-gfm, src/blocks.c, MAX_LIST_DEPTH); what people write ends at ten.
 */
const MAX_DEPTH = 100

/**
 * Refuses texts that nest deeper than anyone writes, before they are parsed: the time and the stack that the
 * parser takes grow with the depth, up to minutes and to its end. The depth is counted a little high (what looks
 * like a list in code counts too), never so high that a text is refused that people wrote.
 *
 * @param text with line feeds alone as line ends
 * @throws TooIntricateText naming the line
 */
export function checkNesting(text: string): void {
  const containers = new ContainerDepth()
  const brackets = new BracketDepth()
  for (const [at, line] of text.split('\n').entries()) {
    const depth = Math.max(containers.after(line), brackets.after(line))
    if (depth <= MAX_DEPTH) continue
    throw new TooIntricateText(`line ${at + 1} nests deeper than ${MAX_DEPTH} levels`)
  }
}

/** How deep a line lies in quotes and list items (https://spec.commonmark.org/0.31.2/#container-blocks). */
class ContainerDepth {
  /** The columns at which the content of the open items begins; quote marks count as blanks before them. */
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

/** How many pairs of brackets lie within each other; an image or link in a label is what makes it slow. */
class BracketDepth {
  /** For each open bracket of the paragraph, how deep the pairs within it go. */
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
