import { transformFileSync } from '@swc/core'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Transpiles `src` to ES modules in a directory. The directory must be below `node_modules` to find the packages. */
export function transpile(directory) {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}\n')
  for (const name of readdirSync(join(root, 'src'), { recursive: true })) {
    if (!name.endsWith('.ts')) continue
    const { code } = transformFileSync(join(root, 'src', name), {
      cwd: root,
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
      module: { type: 'es6' }
    })
    const path = join(directory, name.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  }
}
