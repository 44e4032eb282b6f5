/** Returns the nodes that follow a node in a directed graph, or that precede it. */
export type Neighbors = (node: string) => Iterable<string>

/**
 * Numbers the nodes of a directed graph. Two nodes have the same number if and only if they are on a common cycle
 * (strongly connected components by Kosaraju's algorithm). It is not recursive, as chains can be long.
 */
export function numberCycles(
  nodes: Iterable<string>,
  after: Neighbors,
  before: Neighbors
): Map<string, number> {
  const numbers = new Map<string, number>()
  for (const [number, root] of listByFinish(nodes, after).reverse().entries()) {
    const pending = [root]
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (numbers.has(node)) continue
      numbers.set(node, number)
      for (const next of before(node)) pending.push(next)
    }
  }
  return numbers
}

/** Lists every node once, in the order in which a depth-first search finishes them. */
function listByFinish(nodes: Iterable<string>, after: Neighbors): string[] {
  const finished: string[] = []
  const seen = new Set<string>()
  for (const root of nodes) {
    if (seen.has(root)) continue
    seen.add(root)
    const path = [{ node: root, next: after(root)[Symbol.iterator]() }]
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const step = at.next.next()
      if (step.done === true) {
        finished.push(at.node)
        path.pop()
      } else if (!seen.has(step.value)) {
        seen.add(step.value)
        path.push({ node: step.value, next: after(step.value)[Symbol.iterator]() })
      }
    }
  }
  return finished
}
