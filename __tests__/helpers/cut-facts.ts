import type { Element, ElementContent, Root, RootContent } from 'hast'
import { raw } from 'hast-util-raw'
import { toHast } from 'mdast-util-to-hast'
import { parseGfm } from './markdown-facts.js'

/**
 * Renders a whole text and its beginning without any code of this project, and returns how the second is not the
 * beginning of the first. Both end with the same paragraph. Footnotes, which a cut text keeps at its end, are ignored.
 */
export function listDifferences(whole: string, part: string): string[] {
  const wholeBlocks = renderBlocks(whole)
  const partBlocks = renderBlocks(part)
  const ending = partBlocks.pop()
  if (JSON.stringify(ending) !== JSON.stringify(wholeBlocks.pop())) return ['another ending']
  return compareBeginning(wholeBlocks, partBlocks, '')
}

type Child = RootContent | ElementContent

/** Returns the rendered blocks without the list of footnotes. */
function renderBlocks(text: string): Child[] {
  const tree = raw(toHast(parseGfm(text), { allowDangerousHtml: true })) as Root
  const isFootnotes = (node: Child): boolean =>
    node.type === 'element' && node.properties.dataFootnotes !== undefined
  return childrenOf(tree).filter((node) => !isFootnotes(node))
}

function compareBeginning(whole: readonly Child[], part: readonly Child[], path: string): string[] {
  for (const [at, node] of part.entries()) {
    const other = whole[at]
    const here = `${path}/${node.type === 'element' ? node.tagName : node.type}[${at}]`
    if (other?.type !== node.type) return [`${here} is not in the whole text`]
    const isLast = at === part.length - 1
    if (node.type === 'element') {
      const differences = compareElements(other as Element, node, isLast, here)
      if (differences.length > 0) return differences
    } else if ('value' in node && 'value' in other) {
      const same = isLast
        ? other.value.startsWith(node.value.trimEnd())
        : other.value.trim() === node.value.trim()
      if (!same) return [`${here} is ${JSON.stringify(node.value)}`]
    }
  }
  return []
}

function compareElements(whole: Element, part: Element, isLast: boolean, path: string): string[] {
  if (whole.tagName !== part.tagName) return [`${path} is <${whole.tagName}> in the whole text`]
  if (JSON.stringify(whole.properties) !== JSON.stringify(part.properties)) {
    return [`${path} has other attributes`]
  }
  const [from, to] = [childrenOf(whole), childrenOf(part)]
  if (!isLast && from.length !== to.length) return [`${path} is cut, but not the last one`]
  return compareBeginning(from, to, path)
}

/** Returns the children without white space and comments. A paragraph in a list item is replaced by its content. */
function childrenOf(parent: Root | Element): Child[] {
  return (parent.children as Child[])
    .flatMap((child) =>
      child.type === 'element' && child.tagName === 'p' && isListItem(parent)
        ? child.children
        : [child]
    )
    .filter((child) => child.type !== 'comment')
    .filter((child) => child.type !== 'text' || child.value.trim() !== '')
}

function isListItem(parent: Root | Element): boolean {
  return parent.type === 'element' && parent.tagName === 'li'
}
