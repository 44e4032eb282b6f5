import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './read-workflow.js'

/** What each source file imports of the others: statically, on use, or for its types. */
const imports = new Map(
  globSync('src/**/*.ts', { cwd: ROOT }).map((path) => [path, listImports(path)] as const)
)

function listImports(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const specifiers = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)
  return [...specifiers].map(([, specifier = '']) =>
    join(dirname(path), specifier).replace(/\.js$/, '.ts')
  )
}

/** The first circle that leads back to a file on the way from it, or `undefined`. */
function findCircle(path: string, way: readonly string[], seen: Set<string>): string[] | undefined {
  if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
  if (seen.has(path)) return undefined
  for (const next of imports.get(path) ?? []) {
    const circle = findCircle(next, [...way, path], seen)
    if (circle !== undefined) return circle
  }
  seen.add(path)
  return undefined
}

it('finds the imports of every source file', () => {
  const targets = [...imports.values()].flat()
  expect(targets.length).toBeGreaterThan(imports.size)
  expect(targets.filter((path) => !imports.has(path))).toEqual([])
})

it('has no file that imports itself by way of others, not for a type either', () => {
  const seen = new Set<string>()
  const circles = [...imports.keys()].map((path) => findCircle(path, [], seen)?.join(' → '))
  expect(circles.filter((circle) => circle !== undefined)).toEqual([])
})
