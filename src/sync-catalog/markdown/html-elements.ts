import { countLeading } from './edits.js'
import type { Range } from './edits.js'
import type { HtmlFragment } from './list-html-fragments.js'

/** An HTML element with a start tag and an end tag in the text. */
export interface HtmlElement extends Range {
  readonly name: string
  /** The innermost element around this one. */
  readonly parent: HtmlElement | undefined
}

/** Elements without an end tag (https://html.spec.whatwg.org/multipage/syntax.html#void-elements). */
const VOID_ELEMENTS = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' ')
)

/**
 * Returns the HTML elements of a text in order, each from its start tag to its end tag, also if there is Markdown
 * between the tags as in `<details>`. A start tag without an end tag, and the reverse, is ignored.
 */
export function listHtmlElements(fragments: readonly HtmlFragment[]): HtmlElement[] {
  const found: Omit<HtmlElement, 'parent'>[] = []
  const open: { readonly name: string; readonly start: number }[] = []
  const openNames = new Map<string, number>()
  for (const { tags, toSource } of fragments) {
    for (const tag of tags) {
      if (VOID_ELEMENTS.has(tag.name)) continue
      const { start, end } = toSource(tag)
      const count = openNames.get(tag.name) ?? 0
      if (!tag.isClosing) {
        open.push({ name: tag.name, start })
        openNames.set(tag.name, count + 1)
        continue
      }
      // Without the count, each end tag without a start tag would be compared with all open elements.
      if (count === 0) continue
      let opened = open.pop()
      while (opened !== undefined) {
        openNames.set(opened.name, (openNames.get(opened.name) ?? 0) - 1)
        if (opened.name === tag.name) break
        opened = open.pop()
      }
      if (opened !== undefined) found.push({ ...opened, end })
    }
  }
  return withParents(found.sort((a, b) => a.start - b.start))
}

/** @param sorted by start. Elements do not overlap partially. */
function withParents(sorted: readonly Omit<HtmlElement, 'parent'>[]): HtmlElement[] {
  let parent: HtmlElement | undefined
  return sorted.map((element) => {
    while (parent !== undefined && parent.end <= element.start) parent = parent.parent
    parent = { ...element, parent }
    return parent
  })
}

/** Returns the elements that contain an offset, the outermost first. */
export function elementsAround(elements: readonly HtmlElement[], offset: number): HtmlElement[] {
  const around: HtmlElement[] = []
  let element = elements[countLeading(elements, ({ start }) => start < offset) - 1]
  for (; element !== undefined; element = element.parent) {
    if (offset < element.end) around.push(element)
  }
  return around.reverse()
}
