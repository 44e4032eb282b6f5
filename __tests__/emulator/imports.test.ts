import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const SRC = join(import.meta.dirname, '..', '..', 'src')
const EMULATOR = join(SRC, 'emulator')

/** Returns the static and dynamic imports of a source file. */
function importsOf(path: string): string[] {
  const matches = readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)
  return [...matches].map((match) => match[1]!)
}

test('the emulator imports nothing else of this project, and only entry points import the emulator', () => {
  for (const file of globSync('**/*.ts', { cwd: SRC })) {
    const path = join(SRC, file)
    const relative = importsOf(path).filter((name) => name.startsWith('.'))
    const isInside = relative.map((name) => resolve(dirname(path), name).startsWith(EMULATOR))
    expect({ file, isInside }).toEqual({
      file,
      isInside: relative.map(() => path.startsWith(EMULATOR))
    })
  }
})

test('the API of the emulator requires Node.js only', () => {
  for (const file of globSync('**/*.ts', { cwd: EMULATOR })) {
    if (/^(gallery|registry)[/\\]/.test(file)) continue
    const packages = importsOf(join(EMULATOR, file)).filter((name) => !/^(node:|\.)/.test(name))
    expect({ file, packages }).toEqual({ file, packages: [] })
  }
})
