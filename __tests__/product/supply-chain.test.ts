import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './read-workflow.js'

interface LockedPackage {
  readonly integrity?: string
  /** Whether the entry is a link to a workspace. */
  readonly link?: boolean
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const { packages } = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** Licenses that allow redistribution in a bundle together with their text. */
const LICENSES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']

interface BundledPackage {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly text: string
}

interface Scripts {
  readonly LICENSE_FILES: readonly string[]
  readonly readLicenseFile: (path: string) => readonly BundledPackage[]
  readonly packagesOf: (sources: readonly string[]) => readonly Omit<BundledPackage, 'text'>[]
  readonly licenseText: (packages: ReturnType<Scripts['packagesOf']>) => string
}

const { LICENSE_FILES, readLicenseFile, packagesOf, licenseText } = (await import(
  join(ROOT, '.github/scripts/bundled-packages.mjs')
)) as Scripts

const keyOf = ({ name, version }: { name: string; version: string }): string => `${name}@${version}`

/** Returns the components of the software bill of materials of these files with licenses. */
function listComponents(...files: readonly string[]): string[] {
  const output = execFileSync(process.execPath, ['.github/scripts/sbom.mjs', ...files], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26
  })
  const sbom = JSON.parse(output) as {
    readonly components: readonly { name: string; version: string; hashes: readonly unknown[] }[]
    readonly metadata: { readonly component: { readonly name: string } }
  }
  expect(sbom.metadata.component.name).toBe('ecr-public-action')
  for (const { hashes } of sbom.components) expect(hashes).toHaveLength(1)
  return sbom.components.map(keyOf).sort()
}

describe.each(LICENSE_FILES)('%s', (file) => {
  const bundled = readLicenseFile(file)

  it('contains the text of an allowed license for every package', () => {
    expect(bundled.length).toBeGreaterThan(10)
    for (const { name, license, text } of bundled) {
      expect([name, LICENSES]).toEqual([name, expect.arrayContaining([license])])
      expect([name, text.length > 500]).toEqual([name, true])
    }
  })

  it('contains exactly the packages that the software bill of materials lists', () => {
    expect(listComponents(file)).toEqual(bundled.map(keyOf).sort())
  })

  it('lists every package whose texts are in the bundles, and finds the texts of many packages', () => {
    const code = readBundles(dirname(file))
    const names = new Set(bundled.map(({ name }) => name))
    const closure = withDependencies(names)
    const known = [...names].flatMap((name) => listTexts(`node_modules/${name}`))
    const shared = new Set(known)
    // A part of a text, such as the one after the apostrophe of "doesn't", can be in a text of the action.
    const own = listTexts('src').join('\n')
    const isIn = (texts: readonly string[]): boolean => texts.some((text) => code.includes(text))
    const unlisted = [...closure]
      .filter((name) => !names.has(name))
      .filter((name) =>
        isIn(
          listTexts(`node_modules/${name}`).filter(
            (text) => !shared.has(text) && !own.includes(text)
          )
        )
      )
    expect(unlisted).toEqual([])
    const found = [...names].filter((name) => isIn(listTexts(`node_modules/${name}`)))
    expect(found.length).toBeGreaterThan(names.size / 5)
    expect(found).toContain(file.includes('emulator') ? 'hast-util-raw' : '@actions/core')
  })
})

it('lists the packages of all bundles in the software bill of materials of a release', () => {
  const all = LICENSE_FILES.flatMap((file) => readLicenseFile(file).map(keyOf))
  expect(listComponents()).toEqual([...new Set(all)].sort())
})

it('finds the package of a module by its last directory node_modules', () => {
  const sources = [
    'webpack/bootstrap',
    '../node_modules/.bundle/login/login.js',
    '../node_modules/.bundle/node_modules/@actions/core/lib/core.js',
    '../node_modules/.bundle/node_modules/undici/index.js',
    '../node_modules/htmlparser2/node_modules/entities/dist/index.js'
  ]
  const found = packagesOf(sources).map(({ name }) => name)
  expect(found).toEqual(['@actions/core', '@vercel/ncc', 'entities'])
})

describe('the license of a package that does not contain a license text', () => {
  const textOf = (name: string): string =>
    licenseText(packagesOf([`node_modules/${name}/index.js`]).filter((each) => each.name === name))

  it('is the text of MIT with the author of the package', () => {
    const text = textOf('proxy-agent-negotiate')
    const author = 'Nathan Rajlich <nathan@tootallnate.net> (http://n8.io/)'
    expect(text).toMatch(/^proxy-agent-negotiate@[\d.]+ \(MIT\)\n\nCopyright Nathan Rajlich/)
    expect(text).toContain(
      `\nMIT License\n\nCopyright (c) ${author}\n\nPermission is hereby granted`
    )
    expect(text).toMatch(/DEALINGS IN THE\s+SOFTWARE\.\n$/)
    expect(text).not.toContain('<copyright')
  })

  it('is the standard text of Apache-2.0', () => {
    const text = textOf('@aws-sdk/nested-clients')
    expect(text).toContain('Copyright AWS SDK for JavaScript Team. The package does not contain')
    expect(text).toContain('Version 2.0, January 2004')
    expect(text).toContain('9. Accepting Warranty or Additional Liability.')
  })

  it('is an error if the repository does not have its text', () => {
    const [found] = packagesOf(['node_modules/@aws-sdk/nested-clients/index.js']).filter(
      ({ name }) => name !== '@vercel/ncc'
    )
    expect(() => licenseText([{ ...found!, license: 'Unknown-1.0' }])).toThrow(
      'The license text of "@aws-sdk/nested-clients" is missing'
    )
  })
})

/** Returns the code of the bundles that a file with licenses belongs to. */
function readBundles(directory: string): string {
  return listFiles(directory)
    .filter((path) => path.endsWith('.js'))
    .filter((path) => directory !== 'dist' || !path.startsWith('dist/emulator/'))
    .map(read)
    .join('\n')
}

/** Adds all packages that these packages require. */
function withDependencies(names: ReadonlySet<string>): Set<string> {
  const all = new Set(names)
  for (const name of all) {
    const path = `node_modules/${name}/package.json`
    if (!existsSync(join(ROOT, path))) continue
    const { dependencies = {} } = JSON.parse(read(path)) as {
      readonly dependencies?: Readonly<Record<string, string>>
    }
    for (const dependency of Object.keys(dependencies)) all.add(dependency)
  }
  return all
}

/** Lists the long texts in the code of a directory, which minifying does not change. */
function listTexts(directory: string): string[] {
  return listFiles(directory)
    .filter((path) => /\.(?:[cm]?js|ts)$/.test(path) && !path.endsWith('.d.ts'))
    .flatMap((path) => read(path).match(/(?<=['"`])[\w .,:;()/-]{24,}(?=['"`])/g) ?? [])
}

/** Lists the files of a directory, except the files of nested packages. */
function listFiles(directory: string): string[] {
  if (!existsSync(join(ROOT, directory))) return []
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !path.slice(directory.length).includes('/node_modules/'))
}

it('locks every package by the digest of its content', () => {
  const locked = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && link !== true
  )
  expect(locked.length).toBeGreaterThan(100)
  expect(locked.filter(([, { integrity }]) => integrity === undefined)).toEqual([])
})
