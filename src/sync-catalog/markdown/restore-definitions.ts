import { isOpenEnded } from './assemble-part.js'
import { definitionsText, isContent, listKeptKeys } from './definitions.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { createEditor, RangeSet, rangeOf } from './edits.js'
import type { Range } from './edits.js'
import { definitionKey } from './list-definitions.js'
import { walk } from './walk.js'

/** A text with the link definitions that it needs. */
export interface RestoredText {
  readonly document: MarkdownDocument
  /** The length of the definitions before the text. */
  readonly shift: number
}

/**
 * Adds the link definitions that a text needs from the parts that were removed from it. They are not shown, but without
 * them, the links would become text. Footnotes are shown, so they are not added: `removeSkipped` removes their references.
 *
 * @param text the rest of `original` without the removed ranges
 */
export function restoreDefinitions(
  text: string,
  original: MarkdownDocument,
  removed: readonly Range[]
): RestoredText {
  const document = parseDocument(text)
  const added = missingDefinitions(original, new RangeSet(removed))
  if (added === '') return { document, shift: 0 }
  // In an open code or HTML block at the end, definitions would be text.
  const isOpen = isOpenEnded(document.tree.children.findLast(isContent), text)
  if (isOpen) return { document: parseDocument(`${added}\n\n${text}`), shift: added.length + 2 }
  return { document: parseDocument(`${text.trimEnd()}\n\n${added}\n`), shift: 0 }
}

function missingDefinitions(original: MarkdownDocument, removed: RangeSet): string {
  const kept = listKeptKeys(original, removed)
  const missing = new Set<string>()
  walk(original.tree, (node) => {
    const isReference = node.type === 'linkReference' || node.type === 'imageReference'
    if (isReference && !removed.has(rangeOf(node).start) && !kept.has(definitionKey(node)))
      missing.add(definitionKey(node))
    return undefined
  })
  const definitions = [...original.definitions].filter(([key]) => missing.has(key))
  return definitionsText(
    definitions.map(([, node]) => node),
    original,
    createEditor(original.text, [])
  )
}
