import type { MarkdownDocument } from './document.js'
import { RangeSet } from './edits.js'
import type { Edit, Range } from './edits.js'
import { listLinks } from './list-links.js'
import { resolveLink } from './resolve-link.js'
import type { LinkBase, LinkFault } from './resolve-link.js'

/** A link that probably does not work. */
export interface FaultyLink {
  /** The link as written. */
  readonly link: string
  readonly fault: LinkFault
}

/** The edits that make the links of a text absolute. */
export interface LinkEdits {
  readonly edits: readonly Edit[]
  readonly faults: readonly FaultyLink[]
}

/**
 * Returns the edits that make every relative link and image absolute, and the images that show a page raw.
 *
 * @param removed the ranges that are removed from the text, so that their links do not matter
 */
export function listLinkEdits(
  document: MarkdownDocument,
  base: LinkBase,
  removed: readonly Range[] = []
): LinkEdits {
  const removedSet = new RangeSet(removed)
  const edits: Edit[] = []
  const faults: FaultyLink[] = []
  for (const { range, url, form, escape } of listLinks(document)) {
    if (removedSet.has(range.start)) continue
    const resolved = resolveLink(url, form, base)
    if (resolved === undefined) continue
    if (resolved.url !== undefined) edits.push({ ...range, text: escape(resolved.url) })
    if (resolved.fault !== undefined) faults.push({ link: url, fault: resolved.fault })
  }
  return { edits, faults }
}
