/** Which nodes there are after a node, or before it. */
export type Neighbours = (node: string) => Iterable<string>

/**
 * Numbers the nodes of a directed graph so that two have the same number exactly where each can be reached
 * from the other: those of one circle (strongly connected components, by Kosaraju's algorithm). Linear in
 * nodes and edges, and without recursion, as chains may be long.
 */
export function numberCircles(
  nodes: Iterable<string>,
  after: Neighbours,
  before: Neighbours
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

/** Every node once, each after all that were first reached from it (depth first). */
function listByFinish(nodes: Iterable<string>, after: Neighbours): string[] {
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
