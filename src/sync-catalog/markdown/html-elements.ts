import type { Root } from 'mdast'
import type { Range } from './edits.js'
import { listHtmlFragments } from './list-html-fragments.js'

/** An HTML element with a start tag and an end tag in the text. */
export interface HtmlElement extends Range {
  readonly name: string
}

/** Elements without an end tag (https://html.spec.whatwg.org/multipage/syntax.html#void-elements). */
const VOID_ELEMENTS = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' ')
)

/**
 * Returns the HTML elements of a text, each from its start tag to its end tag, also if there is Markdown between the
 * tags as in `<details>`. A start tag without an end tag, and the reverse, is ignored.
 */
export function listHtmlElements(tree: Root, text: string): HtmlElement[] {
  const elements: HtmlElement[] = []
  const open: { readonly name: string; readonly start: number }[] = []
  for (const { tags, toSource } of listHtmlFragments(tree, text)) {
    for (const tag of tags) {
      if (VOID_ELEMENTS.has(tag.name)) continue
      const { start, end } = toSource(tag)
      if (!tag.isClosing) {
        open.push({ name: tag.name, start })
        continue
      }
      const at = open.findLastIndex(({ name }) => name === tag.name)
      const opened = open[at]
      if (opened === undefined) continue
      elements.push({ ...opened, end })
      open.length = at
    }
  }
  return elements
}

/** Returns the elements that contain an offset, the outermost first. */
export function elementsAround(elements: readonly HtmlElement[], offset: number): HtmlElement[] {
  return elements
    .filter(({ start, end }) => start < offset && offset < end)
    .sort((a, b) => a.start - b.start)
}
