import type { Element, ElementContent, Nodes } from 'hast'

/** How a text is shown. */
export interface MarkdownOptions {
  /** Images from other hosts are loaded, instead of a frame with their alternative text shown. */
  readonly externalImages: boolean
  /** Tells the anchors of two texts on one page apart. */
  readonly anchorPrefix: string
}

/** What the finishing needs beside the options. */
export interface FinishOptions extends MarkdownOptions {
  /** The anchor of a heading's text, another one each time. */
  readonly slug: (text: string) => string
}

/** An address that nothing is at, to tell relative links by. */
const NOWHERE = 'http://relative.invalid'

/**
 * Finishes a sanitised tree, in place: headings get anchors, links into the page find them, links out
 * of it tell nobody where they come from, relative ones are marked as leading nowhere, and images of
 * other hosts are shown as frames.
 */
export function finishMarkdown(tree: Nodes, options: FinishOptions): void {
  if (!('children' in tree)) return
  const parent = tree
  for (const [at, child] of parent.children.entries()) {
    if (child.type !== 'element') continue
    finishMarkdown(child, options)
    parent.children[at] = finishElement(child, options)
  }
}

function finishElement(element: Element, options: FinishOptions): Element {
  if (/^h[1-6]$/.test(element.tagName)) return anchored(element, options)
  if (element.tagName === 'a') return finishLink(element, options)
  if (element.tagName === 'img') {
    return options.externalImages ? loadedImage(element) : imageFrame(element)
  }
  if (options.externalImages) return element
  // Its `<img>` has become the frame; the sources would be fetched in place of it.
  if (element.tagName === 'picture') return withoutSources(element)
  return element
}

function anchored(heading: Element, { anchorPrefix, slug }: FinishOptions): Element {
  heading.properties.id ??= anchorPrefix + slug(textOf(heading))
  return heading
}

function finishLink(link: Element, { anchorPrefix }: FinishOptions): Element {
  const href = link.properties.href
  if (typeof href !== 'string') return link
  if (href.startsWith('#')) {
    const target = href.slice(1)
    link.properties.href = `#${target.startsWith(anchorPrefix) ? '' : anchorPrefix}${target}`
  } else if (isRelative(href)) {
    // Not followed, as there is nothing behind it; the real gallery has nothing there either.
    delete link.properties.href
    link.properties.className = ['relative-link']
    link.properties.title = `A relative link, which leads nowhere in the gallery: ${href}`
  } else {
    link.properties.rel = ['nofollow', 'noopener', 'noreferrer']
  }
  return link
}

/** An image that the browser fetches; a relative one would be looked for here, where it is not. */
function loadedImage(image: Element): Element {
  const { src } = image.properties
  if (typeof src !== 'string' || isRelative(src)) return imageFrame(image)
  image.properties.loading = 'lazy'
  image.properties.referrerPolicy = 'no-referrer'
  return image
}

/** What stands for an image that is not loaded: its alternative text, and where it would come from. */
function imageFrame(image: Element): Element {
  const { alt, src } = image.properties
  const source = typeof src === 'string' ? src : ''
  const where =
    source === '' ? 'no usable address' : isRelative(source) ? 'a relative path' : source
  const text = typeof alt === 'string' && alt.trim() !== '' ? alt : 'image'
  return {
    type: 'element',
    tagName: 'span',
    properties: { className: ['image-frame'], title: `Not loaded here: ${where}` },
    children: [{ type: 'text', value: text }]
  }
}

function withoutSources(picture: Element): Element {
  const isSource = (child: ElementContent): boolean =>
    child.type === 'element' && child.tagName === 'source'
  return {
    ...picture,
    tagName: 'span',
    children: picture.children.filter((child) => !isSource(child))
  }
}

function isRelative(address: string): boolean {
  try {
    return new URL(address, NOWHERE).origin === NOWHERE
  } catch {
    return true
  }
}

function textOf(node: ElementContent): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? node.children.map(textOf).join('') : ''
}
