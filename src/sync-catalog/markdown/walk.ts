import type { Nodes, Parents } from 'mdast'

/**
 * Calls a function for a node and all nodes within it, in the order of the text. The nodes within a node are skipped if
 * the function returns `false`.
 *
 * It replaces `unist-util-visit`, which takes as much time as the parser itself. Trees have a limited depth.
 */
export function walk(
  node: Nodes,
  visit: (node: Nodes, parent: Parents | undefined) => boolean | undefined,
  parent?: Parents
): void {
  if (visit(node, parent) === false || !('children' in node)) return
  for (const child of node.children) walk(child, visit, node)
}
