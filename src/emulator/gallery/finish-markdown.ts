import type { Element, ElementContent, Nodes } from 'hast'

/** Options for displaying a text. */
export interface MarkdownOptions {
  /** `true` to load images of other hosts, `false` to show a frame with the alternative text. */
  readonly externalImages: boolean
  /** Makes the anchors unique if a page has several texts. */
  readonly anchorPrefix: string
}

/** The options and state of {@link finishMarkdown}. */
export interface FinishOptions extends MarkdownOptions {
  /** Returns a unique anchor for the text of a heading. */
  readonly slug: (text: string) => string
}

/** A base URL to detect relative links. */
const BASE = 'http://relative.invalid'

/**
 * Completes a sanitized tree in place: adds anchors to headings, adapts links to them, removes the
 * referrer from external links, and marks relative links. Images of other hosts are replaced by
 * frames.
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
  if (element.tagName === 'input') return labelled(element)
  if (options.externalImages) return element
  // The `<img>` is a frame now. The browser would load a source instead of it.
  if (element.tagName === 'picture') return withoutSources(element)
  return element
}

function anchored(heading: Element, { anchorPrefix, slug }: FinishOptions): Element {
  heading.properties.id ??= anchorPrefix + slug(textOf(heading))
  return heading
}

/** Labels the checkboxes of task lists, as GitHub does. Screen readers would otherwise announce a checkbox only. */
function labelled(checkbox: Element): Element {
  checkbox.properties.ariaLabel =
    checkbox.properties.checked === true ? 'Completed task' : 'Incomplete task'
  return checkbox
}

function finishLink(link: Element, { anchorPrefix }: FinishOptions): Element {
  const href = link.properties.href
  if (typeof href !== 'string') return link
  if (href.startsWith('#')) {
    const target = href.slice(1)
    link.properties.href = `#${target.startsWith(anchorPrefix) ? '' : anchorPrefix}${target}`
  } else if (isRelative(href)) {
    // The gallery does not serve files of the repository, so a relative link would be broken.
    delete link.properties.href
    link.properties.className = ['relative-link']
    link.properties.title = `Relative links do not work in the gallery: ${href}`
  } else {
    link.properties.rel = ['nofollow', 'noopener', 'noreferrer']
  }
  return link
}

/** Returns an image that the browser loads. Relative images do not work in the gallery. */
function loadedImage(image: Element): Element {
  const { src } = image.properties
  if (typeof src !== 'string' || isRelative(src)) return imageFrame(image)
  image.properties.loading = 'lazy'
  image.properties.referrerPolicy = 'no-referrer'
  return image
}

/** Returns the frame for an image that is not loaded, with its alternative text and address. */
function imageFrame(image: Element): Element {
  const { alt, src } = image.properties
  const source = typeof src === 'string' ? src : ''
  const address =
    source === '' ? 'no usable address' : isRelative(source) ? 'a relative path' : source
  const text = typeof alt === 'string' && alt.trim() !== '' ? alt : 'image'
  return {
    type: 'element',
    tagName: 'span',
    properties: { className: ['image-frame'], title: `Not loaded: ${address}` },
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
    return new URL(address, BASE).origin === BASE
  } catch {
    return true
  }
}

function textOf(node: ElementContent): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? node.children.map(textOf).join('') : ''
}
