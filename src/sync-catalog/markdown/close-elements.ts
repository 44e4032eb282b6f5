import type { Node, Parent } from 'mdast'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import { elementsAround } from './html-elements.js'
import type { HtmlElement } from './html-elements.js'

/**
 * Returns the end tags of the HTML elements that are open at an offset, on lines of their own and with the indentation
 * of the container in which each element begins.
 *
 * @param path the containers around the offset, the outermost first
 * @param leaf the block that contains the offset, if it is an HTML block or a paragraph. Elements that begin in it are
 *   closed without a blank line before them
 */
export function closeElements(
  { text, elements }: MarkdownDocument,
  path: readonly Parent[],
  offset: number,
  leaf?: Node
): string {
  return closeOpenElements(elementsAround(elements, offset), text, path, leaf)
}

/**
 * Returns the end tags of elements, as `closeElements` does.
 *
 * @param elements the outermost first
 */
export function closeOpenElements(
  elements: readonly HtmlElement[],
  text: string,
  path: readonly Parent[],
  leaf?: Node
): string {
  const open = elements.toReversed()
  const inner = leaf === undefined ? [] : open.filter(({ start }) => start >= rangeOf(leaf).start)
  let closing = inner.length === 0 ? '' : closeInner(inner, indentOf(path, text), leaf)
  let last: string | undefined
  for (const element of open.slice(inner.length)) {
    const indent = indentOf(pathTo(element, path), text)
    // A blank line ends the paragraph, table or list before the tag. Consecutive tags form one block.
    if (indent !== last) closing += `\n${indent.trimEnd()}`
    closing += `\n${indent}</${element.name}>`
    last = indent
  }
  return closing
}

function closeInner(elements: readonly HtmlElement[], indent: string, leaf?: Node): string {
  const separator = leaf?.type === 'html' ? `\n${indent}` : ''
  return elements.map(({ name }) => `${separator}</${name}>`).join('')
}

/** Returns the containers of the path that contain the start of an element. */
function pathTo({ start }: HtmlElement, path: readonly Parent[]): Parent[] {
  return path.filter((container) => {
    const range = rangeOf(container)
    return container.type === 'root' || (range.start <= start && start < range.end)
  })
}

/** Returns the characters that a line needs in order to continue the innermost container of the path. */
export function indentOf(path: readonly Parent[], text: string): string {
  return path
    .map((container) => {
      if (container.type === 'blockquote') return '> '
      return container.type === 'listItem' ? ' '.repeat(contentIndent(container, text)) : ''
    })
    .join('')
}

/** Returns the number of columns between the start of a list item and its content. */
function contentIndent(item: Parent, text: string): number {
  const { start } = rangeOf(item)
  const [marker = '', space = ''] = /^(?:[-+*]|\d+[.)])([ \t]*)/.exec(text.slice(start)) ?? []
  // Content that is indented by more than four columns is indented code, and begins after one space.
  const isWide = space.length > 4 || space.includes('\t') || space === ''
  return isWide ? marker.length - space.length + 1 : marker.length
}

/** Returns the offset at which the line of an offset begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}
