// The packages whose code is in the bundles, from the source maps of the bundler, and the files with their licenses.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** The files with the licenses: of the action with its post step and the quick start, and of the emulator. */
export const LICENSE_FILES = ['dist/licenses.txt', 'dist/emulator/licenses.txt']

/** Packages whose code is replaced by a stub of this project. */
const REPLACED = ['undici']

/** The package whose runtime is in every bundle. Its sources do not have a path. */
const BUNDLER = '@vercel/ncc'

const SEPARATOR = `\n${'-'.repeat(80)}\n`

/**
 * Returns the packages of modules, by the last `node_modules` directory of each path. Copies next to the transpiled
 * sources have the versions of the originals.
 *
 * @param {Iterable<string>} sources the sources of source maps
 * @returns {{ name: string, version: string, license: string, directory: string }[]} sorted by name and version
 */
export function packagesOf(sources) {
  const directories = new Set([join('node_modules', BUNDLER)])
  for (const source of sources) {
    const [, path] = /((?:node_modules\/(?:@[^/]+\/)?[^/]+\/?)+)/.exec(withoutBuild(source)) ?? []
    if (path !== undefined) directories.add(path.replace(/\/$/, ''))
  }
  return [...directories]
    .filter((directory) => !REPLACED.includes(nameOf(directory)))
    .map((directory) => {
      const { version, license } = readManifest(directory)
      return { name: nameOf(directory), version, license, directory }
    })
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .filter((each, at, all) => at === 0 || keyOf(each) !== keyOf(all[at - 1]))
}

/** Returns a path from the last occurrence of `node_modules` that belongs to this repository. */
function withoutBuild(source) {
  return source.replace(/^.*?node_modules\/\.bundle\//, '')
}

const keyOf = ({ name, version }) => `${name}@${version}`
const nameOf = (directory) => directory.slice(directory.lastIndexOf('node_modules/') + 13)

function readManifest(directory) {
  return JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
}

/**
 * Returns the text of a file with licenses. The first line of each section is `NAME@VERSION (LICENSE)`.
 *
 * @param {ReturnType<typeof packagesOf>} packages
 */
export function licenseText(packages) {
  return packages
    .map((each) => `${keyOf(each)} (${each.license})\n\n${findTexts(each).join('\n\n')}`.trim())
    .join(`\n${SEPARATOR}\n`)
    .concat('\n')
}

/**
 * Returns the texts of the license and notice files of a package. If it does not have a license file, its author and the
 * standard text of its license come first.
 */
function findTexts({ name, license, directory }) {
  const files = readdirSync(join(root, directory)).filter((file) =>
    /^(?:licen[cs]e|copying|notice)\b/i.test(file)
  )
  const texts = files.sort().map((file) => readText(join(root, directory, file)))
  if (files.some((file) => !/^notice/i.test(file))) return texts
  const path = join(root, '.github', 'licenses', `${license}.txt`)
  if (!existsSync(path))
    throw new Error(
      `The license text of "${name}" is missing: "${path}". Add the text as this file.`
    )
  const { author = `the authors of ${name}` } = readManifest(directory)
  const holder = typeof author === 'string' ? author : author.name
  return [
    `Copyright ${holder}. The package does not contain a license text. This is the text of ${license}:`,
    readText(path).replace('<copyright holders>', holder),
    ...texts
  ]
}

function readText(path) {
  return readFileSync(path, 'utf8').replace(/\r\n?/g, '\n').trim()
}

/**
 * Reads the packages in a file of `licenseText`.
 *
 * @param {string} path relative to the repository
 * @returns {{ name: string, version: string, license: string, text: string }[]}
 */
export function readLicenseFile(path) {
  const file = join(root, path)
  if (!existsSync(file)) throw new Error(`${path} does not exist. Run "npm run bundle".`)
  return readFileSync(file, 'utf8')
    .split(SEPARATOR)
    .map((section) => {
      const [, name, version, license, text] =
        /^\n*(\S+)@(\S+) \((.+)\)\n([^]*)$/.exec(section) ?? []
      if (name === undefined) throw new Error(`${path} contains a section without a package`)
      return { name, version, license, text: text.trim() }
    })
}
