import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './read-workflow.js'

interface LockedPackage {
  readonly dev?: boolean
  readonly integrity?: string
  /** Whether the entry is a link to the sources, see `src/package.json`. */
  readonly link?: boolean
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const { packages } = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** Licenses that allow redistribution in a bundle together with their text. */
const LICENSES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']

/** Lists the packages in a bundle with their license, and whether the license text is included. */
function listBundled(file: string): { name: string; license: string; hasText: boolean }[] {
  const name = /(?:@[\w.-]+\/)?[\w.-]+/.source
  // If a license text is missing, a blank line and the name of the next package follow.
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

/** ncc adds its own runtime to each bundle. */
const BUNDLER = '@vercel/ncc'

describe.each(['dist/licenses.txt', 'dist/emulator/licenses.txt'])('%s', (file) => {
  const bundled = listBundled(file)

  it('contains the text of an allowed license for every package', () => {
    expect(bundled.length).toBeGreaterThan(10)
    for (const { name, license, hasText } of bundled) {
      expect([name, LICENSES]).toEqual([name, expect.arrayContaining([license])])
      // Some packages are published without a license text.
      const hasFile = readdirSync(join(ROOT, 'node_modules', name)).some((file) =>
        /^licen[sc]e/i.test(file)
      )
      expect([name, hasText || !hasFile]).toEqual([name, true])
    }
  })

  it('does not contain development dependencies, which the audit and the SBOM exclude', () => {
    const development = bundled
      .filter(({ name }) => name !== BUNDLER)
      .filter(({ name }) => lockedAs(name).every(({ dev }) => dev === true))
    expect(development).toEqual([])
  })

  it('contains only packages that the software bill of materials lists', () => {
    const { components } = JSON.parse(
      execFileSync(process.execPath, ['.github/scripts/sbom.mjs'], {
        cwd: ROOT,
        encoding: 'utf8',
        maxBuffer: 2 ** 26
      })
    ) as { readonly components: readonly { readonly name: string }[] }
    const listed = new Set(components.map(({ name }) => name))
    const missing = bundled.filter(({ name }) => !listed.has(name) && name !== BUNDLER)
    expect(missing).toEqual([])
    expect([...listed]).not.toContain('jest')
  })
})

it('locks every package by the digest of its content', () => {
  const locked = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && link !== true
  )
  expect(locked.length).toBeGreaterThan(100)
  expect(locked.filter(([, { integrity }]) => integrity === undefined)).toEqual([])
})
