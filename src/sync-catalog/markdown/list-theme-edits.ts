import type { Node, Parent } from 'mdast'
import type { MarkdownDocument } from './document.js'
import { countLeading, rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { elementsAround } from './html-elements.js'
import { walk } from './walk.js'

/** An image that GitHub shows with one theme only. */
interface ThemeImage extends Range {
  readonly isDark: boolean
}

/** Returns the edits that keep only the light image of each pair of images for the two themes of GitHub. */
export function listThemeEdits(document: MarkdownDocument): Edit[] {
  return [...listPairEdits(document), ...listPictureEdits(document)]
}

/**
 * Returns the edits that remove the dark image of each pair of images for `#gh-dark-mode-only` and
 * `#gh-light-mode-only`, which would both be shown. The images of a pair are in the same block or in adjacent blocks.
 */
function listPairEdits(document: MarkdownDocument): Edit[] {
  if (!document.text.includes('#gh-dark-mode-only')) return []
  const images = [...listMarkdownImages(document), ...listHtmlImages(document)]
  images.sort((a, b) => a.start - b.start)
  // The other image in the same block is closer than one in an adjacent block.
  const inBlocks = pairImages(images, 0, document)
  const paired = new Set(inBlocks.flat())
  const rest = images.filter((image) => !paired.has(image))
  return [...inBlocks, ...pairImages(rest, 1, document)].map(([a, b]) => ({
    ...withWholeLine(a.isDark ? a : b, document.text),
    text: ''
  }))
}

/** Pairs each image with the last unpaired one of the other theme, at most `maxDistance` blocks before it. */
function pairImages(
  images: readonly ThemeImage[],
  maxDistance: number,
  document: MarkdownDocument
): (readonly [ThemeImage, ThemeImage])[] {
  const pairs: (readonly [ThemeImage, ThemeImage])[] = []
  /** Images of one theme. */
  let unpaired: ThemeImage[] = []
  for (const image of images) {
    const last = unpaired.at(-1)
    // The images before the last one are farther away.
    if (last !== undefined && blocksBetween(last, image, document) > maxDistance) unpaired = []
    const other = unpaired.at(-1)
    if (other === undefined || other.isDark === image.isDark) {
      unpaired.push(image)
      continue
    }
    unpaired.pop()
    pairs.push([other, image])
  }
  return pairs
}

function themeOf(url: string): boolean | undefined {
  const theme = /#gh-(dark|light)-mode-only$/.exec(url)?.[1]
  return theme === undefined ? undefined : theme === 'dark'
}

function listMarkdownImages(document: MarkdownDocument): ThemeImage[] {
  const { tree, definitions } = document
  const images: ThemeImage[] = []
  walk(tree, (image, parent) => {
    if (image.type !== 'image' && image.type !== 'imageReference') return undefined
    const definition = image.type === 'image' ? image : definitions.get(image.identifier)
    const url = definition !== undefined && 'url' in definition ? definition.url : ''
    const isDark = themeOf(url)
    if (isDark !== undefined) images.push({ ...rangeOf(outermost(image, parent)), isDark })
    return undefined
  })
  return images
}

/** Returns the link around an image, if it contains only the image. */
function outermost(image: Node, parent: Parent | undefined): Node {
  const isLink = parent?.type === 'link' || parent?.type === 'linkReference'
  return isLink && parent.children.length === 1 ? parent : image
}

function listHtmlImages({ text, fragments, elements }: MarkdownDocument): ThemeImage[] {
  return fragments.flatMap(({ tags, toSource }) =>
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

/**
 * Returns the edits that remove the dark sources of `<picture>`, and the condition of the light ones. The gallery has
 * one theme, but a browser would choose the source for the theme of the reader's system.
 */
function listPictureEdits({ text, fragments, elements }: MarkdownDocument): Edit[] {
  return fragments.flatMap(({ tags, toSource }) =>
    tags.flatMap((tag): Edit[] => {
      if (tag.name !== 'source') return []
      const media = tag.attributes.find(({ name }) => name === 'media')?.value ?? ''
      const [, theme, rest] = THEME_QUERY.exec(media) ?? []
      const source = toSource(tag)
      const isInPicture = elementsAround(elements, source.start).at(-1)?.name === 'picture'
      if (theme === undefined || !isInPicture) return []
      if (theme === 'dark') return [{ ...withWholeLine(source, text), text: '' }]
      const attribute = MEDIA_ATTRIBUTE.exec(text.slice(source.start, source.end))
      if (attribute === null || rest !== '') return []
      const start = source.start + attribute.index
      return [{ start, end: start + attribute[0].length, text: '' }]
    })
  )
}

/** A media query for a theme (https://drafts.csswg.org/mediaqueries-5/#prefers-color-scheme), and further conditions. */
const THEME_QUERY =
  /^\s*(?:(?:only\s+)?(?:all|screen)\s+and\s*)?\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)\s*([^,]*)$/i

const MEDIA_ATTRIBUTE = /\s+media\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)/i

function blocksBetween(a: Range, b: Range, { tree }: MarkdownDocument): number {
  const indexOf = (range: Range): number =>
    countLeading(tree.children, (node) => rangeOf(node).start <= range.start)
  return indexOf(b) - indexOf(a)
}

/** Includes the line of an image that is alone on it, since a blank line would end a paragraph or HTML block. */
function withWholeLine({ start, end }: Range, text: string): Range {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const [after = ''] = /^[ \t]*(?:\n|$)/.exec(text.slice(end)) ?? []
  const isAlone = after !== '' && text.slice(lineStart, start).trim() === ''
  return isAlone ? { start: lineStart, end: end + after.length } : { start, end }
}
