import type { Image, ImageReference, Node, Parent } from 'mdast'
import { visit } from 'unist-util-visit'
import { mapDefinitions } from './definitions.js'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { elementsAround } from './html-elements.js'
import { listHtmlFragments } from './list-html-fragments.js'

/** An image that GitHub shows with one theme only. */
interface ThemeImage extends Range {
  readonly isDark: boolean
}

/**
 * Returns the edits that remove the dark image of each pair of images for `#gh-dark-mode-only` and
 * `#gh-light-mode-only`, which would both be shown. The images of a pair are in the same block or in adjacent blocks.
 */
export function listThemeEdits(document: MarkdownDocument): Edit[] {
  if (!document.text.includes('#gh-dark-mode-only')) return []
  const images = [...listMarkdownImages(document), ...listHtmlImages(document)]
  const edits: Edit[] = []
  let unpaired: ThemeImage[] = []
  for (const image of images.sort((a, b) => a.start - b.start)) {
    unpaired = unpaired.filter((other) => areNear(other, image, document))
    const at = unpaired.findIndex(({ isDark }) => isDark !== image.isDark)
    if (at === -1) {
      unpaired.push(image)
      continue
    }
    const [other] = unpaired.splice(at, 1)
    const dark = image.isDark ? image : other
    if (dark !== undefined) edits.push({ ...withWholeLine(dark, document.text), text: '' })
  }
  return edits
}

function themeOf(url: string): boolean | undefined {
  const theme = /#gh-(dark|light)-mode-only$/.exec(url)?.[1]
  return theme === undefined ? undefined : theme === 'dark'
}

function listMarkdownImages(document: MarkdownDocument): ThemeImage[] {
  const definitions = mapDefinitions(document)
  const images: ThemeImage[] = []
  visit(document.tree, ['image', 'imageReference'], (node, _index, parent) => {
    const image = node as Image | ImageReference
    const definition = image.type === 'image' ? image : definitions.get(image.identifier)
    const url = definition !== undefined && 'url' in definition ? definition.url : ''
    const isDark = themeOf(url)
    if (isDark !== undefined) images.push({ ...rangeOf(outermost(image, parent)), isDark })
  })
  return images
}

/** Returns the link around an image, if it contains only the image. */
function outermost(image: Node, parent: Parent | undefined): Node {
  const isLink = parent?.type === 'link' || parent?.type === 'linkReference'
  return isLink && parent.children.length === 1 ? parent : image
}

function listHtmlImages({ tree, text, elements }: MarkdownDocument): ThemeImage[] {
  return listHtmlFragments(tree, text).flatMap(({ tags, toSource }) =>
    tags.flatMap((tag): ThemeImage[] => {
      if (tag.name !== 'img') return []
      const isDark = themeOf(tag.attributes.find(({ name }) => name === 'src')?.value ?? '')
      if (isDark === undefined) return []
      const image = toSource(tag)
      const link = elementsAround(elements, image.start).findLast(({ name }) => name === 'a')
      if (link === undefined) return [{ ...image, isDark }]
      const rest = text.slice(link.start, image.start) + text.slice(image.end, link.end)
      const isAlone = /^<a\b[^<>]*>\s*<\/a\s*>$/i.test(rest)
      return [{ ...(isAlone ? { start: link.start, end: link.end } : image), isDark }]
    })
  )
}

function areNear(a: Range, b: Range, { tree }: MarkdownDocument): boolean {
  const indexOf = ({ start }: Range): number =>
    tree.children.findIndex((node) => rangeOf(node).start <= start && start < rangeOf(node).end)
  return indexOf(b) - indexOf(a) <= 1
}

/** Includes the line of an image that is alone on it, since a blank line would end a paragraph or HTML block. */
function withWholeLine({ start, end }: Range, text: string): Range {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const [after = ''] = /^[ \t]*(?:\n|$)/.exec(text.slice(end)) ?? []
  const isAlone = after !== '' && text.slice(lineStart, start).trim() === ''
  return isAlone ? { start: lineStart, end: end + after.length } : { start, end }
}
