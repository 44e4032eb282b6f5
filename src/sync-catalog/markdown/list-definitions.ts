import type { Definition, FootnoteDefinition, Root } from 'mdast'
import { walk } from './walk.js'

/** A link definition or a footnote. */
export type AnyDefinition = Definition | FootnoteDefinition

/** Returns all definitions of a tree, in order. */
export function listDefinitions(root: Root): AnyDefinition[] {
  const definitions: AnyDefinition[] = []
  walk(root, (node) => {
    if (node.type === 'definition' || node.type === 'footnoteDefinition') definitions.push(node)
    return undefined
  })
  return definitions
}

/**
 * Returns the key of a definition or of a reference to it: `name` for a link, `^name` for a footnote. Footnotes have a
 * namespace of their own.
 */
export function definitionKey(node: {
  readonly type: string
  readonly identifier: string
}): string {
  return node.type.startsWith('footnote') ? `^${node.identifier}` : node.identifier
}

/** Returns the definitions of a tree by `definitionKey`. If a label is defined twice, the first definition counts. */
export function mapDefinitions(tree: Root): ReadonlyMap<string, AnyDefinition> {
  const definitions = new Map<string, AnyDefinition>()
  for (const node of listDefinitions(tree)) {
    const key = definitionKey(node)
    if (!definitions.has(key)) definitions.set(key, node)
  }
  return definitions
}
