import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

/**
 * Returns the type declarations of a source file and of the files that they import, by their path relative to the
 * directory of the source file.
 */
export function declarationsOf(source) {
  const directory = dirname(source)
  const program = ts.createProgram([source], {
    declaration: true,
    emitDeclarationOnly: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    rootDir: directory,
    outDir: directory,
    skipLibCheck: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    types: ['node']
  })
  const all = new Map()
  program.emit(undefined, (path, text) => all.set(relative(directory, path), text))
  const reachable = new Map()
  const queue = [relative(directory, source).replace(/\.ts$/, '.d.ts')]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const text = all.get(path)
    if (text === undefined) throw new Error(`TypeScript did not emit ${path}`)
    if (reachable.has(path)) continue
    reachable.set(path, text)
    for (const [, imported] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g)) {
      queue.push(`${join(dirname(path), imported)}.d.ts`)
    }
  }
  return reachable
}
