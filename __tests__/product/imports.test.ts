import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listFiles } from './make-workspace.js'
import { ROOT } from './read-workflow.js'

/** The imports between source files: static, dynamic and type imports. */
const imports = new Map(
  listFiles()
    .filter((path) => /^src\/.*\.ts$/.test(path))
    .map((path) => [path, listImports(path)] as const)
)

function listImports(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const specifiers = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)
  return [...specifiers].map(([, specifier = '']) =>
    join(dirname(path), specifier).replace(/\.js$/, '.ts')
  )
}

/** Returns the first import cycle that is reachable from a file, or `undefined`. */
function findCycle(
  path: string,
  chain: readonly string[],
  seen: Set<string>
): string[] | undefined {
  if (chain.includes(path)) return [...chain.slice(chain.indexOf(path)), path]
  if (seen.has(path)) return undefined
  for (const next of imports.get(path) ?? []) {
    const cycle = findCycle(next, [...chain, path], seen)
    if (cycle !== undefined) return cycle
  }
  seen.add(path)
  return undefined
}

it('finds the imports of every source file', () => {
  const targets = [...imports.values()].flat()
  expect(targets.length).toBeGreaterThan(imports.size)
  expect(targets.filter((path) => !imports.has(path))).toEqual([])
})

it('does not contain import cycles, including type imports', () => {
  const seen = new Set<string>()
  const cycles = [...imports.keys()].map((path) => findCycle(path, [], seen)?.join(' → '))
  expect(cycles.filter((cycle) => cycle !== undefined)).toEqual([])
})
