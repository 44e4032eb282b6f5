import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './read-workflow.js'

interface LockedPackage {
  readonly dev?: boolean
  readonly integrity?: string
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const { packages } = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** What may be passed on in a bundle with no more than its text. */
const LICENSES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']

/** The packages that ncc found in a bundle, each with its licence and whether the text is there. */
function listBundled(file: string): { name: string; license: string; hasText: boolean }[] {
  const name = /(?:@[\w.-]+\/)?[\w.-]+/.source
  // After a text that is missing, and a blank line, the name of the next package follows.
  const entry = new RegExp(`^(${name})\\n([\\w.-]+)\\n(?:(?=\\n${name}\\n)|(\\n?[^\\n]+))`, 'gm')
  return [...read(file).matchAll(entry)]
    .map(([, name = '', license = '', text]) => ({ name, license, hasText: text !== undefined }))
    .filter(({ name }) => lockedAs(name).length > 0)
}

function lockedAs(name: string): LockedPackage[] {
  return Object.entries(packages).flatMap(([path, locked]) =>
    path.endsWith(`node_modules/${name}`) ? [locked] : []
  )
}

/** What ncc puts into a bundle of its own. */
const OF_THE_BUNDLER = '@vercel/ncc'

describe.each(['dist/licenses.txt', 'dist/emulator/licenses.txt'])('%s', (file) => {
  const bundled = listBundled(file)

  it('has the text of a licence that allows it for every package', () => {
    expect(bundled.length).toBeGreaterThan(10)
    for (const { name, license, hasText } of bundled) {
      expect([name, LICENSES]).toEqual([name, expect.arrayContaining([license])])
      // Some are published without the text.
      const isThere =
        globSync('{LICEN[SC]E,licen[sc]e}*', { cwd: join(ROOT, 'node_modules', name) }).length > 0
      expect([name, hasText || !isThere]).toEqual([name, true])
    }
  })

  it('names no package that is there for tests alone, as audit and SBOM leave these out', () => {
    const forTests = bundled
      .filter(({ name }) => name !== OF_THE_BUNDLER)
      .filter(({ name }) => lockedAs(name).every(({ dev }) => dev === true))
    expect(forTests).toEqual([])
  })

  it('names no package that the software bill of materials leaves out', () => {
    const { components } = JSON.parse(
      execFileSync(process.execPath, ['.github/scripts/sbom.mjs'], {
        cwd: ROOT,
        encoding: 'utf8',
        maxBuffer: 2 ** 26
      })
    ) as { readonly components: readonly { readonly name: string }[] }
    const listed = new Set(components.map(({ name }) => name))
    const missing = bundled.filter(({ name }) => !listed.has(name) && name !== OF_THE_BUNDLER)
    expect(missing).toEqual([])
    expect([...listed]).not.toContain('jest')
  })
})

test('every package is locked by the digest of its content', () => {
  const locked = Object.entries(packages).filter(([path]) => path !== '')
  expect(locked.length).toBeGreaterThan(100)
  expect(locked.filter(([, { integrity }]) => integrity === undefined)).toEqual([])
})
