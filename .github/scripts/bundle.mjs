// Builds dist/: the action, its post step, the emulator and the quick start, each as a separate bundle.
//
// swc transpiles the sources, as in the tests (`tsc` only checks types), and ncc bundles them. docs/decisions.md explains the
// copies of packages. The options that only the API of ncc offers are:
// - `mainFields`: selects the ES modules of the AWS SDK, which can be split and tree-shaken.
// - `sourceMap`: the maps name the modules whose code is in a chunk. The licenses are written from them, and the maps are
//   deleted.
// - `externals`: excludes `supports-color`, which `debug` loads if it is installed for the tests. It is replaced by
//   `node:url`, because every Node.js process has loaded this module.
//
// `undici` is replaced by a stub. `@actions/core` and `@actions/github` load it for features that the action does not use,
// but with a proxy `@actions/github` creates a `ProxyAgent` when it is loaded.
import ncc from '@vercel/ncc'
import { minifySync } from '@swc/core'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { LICENSE_FILES, licenseText, packagesOf } from './bundled-packages.mjs'
import { declarationsOf } from './declarations.mjs'
import { transpile } from './transpile.mjs'

const root = join(import.meta.dirname, '..', '..')
const target = process.argv[2] ?? join(root, 'dist')
const fresh = `${target}.new`

const [ACTION_LICENSES, EMULATOR_LICENSES] = LICENSE_FILES.map((path) => path.replace('dist/', ''))
const BUNDLES = [
  { entry: 'index.js', directory: '.', licenses: ACTION_LICENSES },
  { entry: 'post-index.js', directory: 'post', licenses: ACTION_LICENSES },
  {
    entry: 'emulator/bundle.js',
    directory: 'emulator',
    output: 'emulator.js',
    licenses: EMULATOR_LICENSES
  },
  { entry: 'quick-start/index.js', directory: 'quick-start', licenses: ACTION_LICENSES }
]

// webpack derives module IDs from the paths, so this path must not vary.
const library = join(root, 'node_modules', '.bundle')
try {
  rmSync(fresh, { recursive: true, force: true })
  transpile(library)
  for (const scope of ['@actions', '@aws', '@aws-sdk', '@smithy']) copyAsModules(scope, library)
  writeUndiciStub(library)
  const sources = new Map(LICENSE_FILES.map((path) => [path.replace('dist/', ''), new Set()]))
  for (const bundle of BUNDLES) {
    for (const source of await build(bundle)) sources.get(bundle.licenses).add(source)
  }
  for (const [path, modules] of sources) {
    writeFileSync(join(fresh, path), licenseText(packagesOf(modules)))
  }
  writeEmulatorEntries(join(fresh, 'emulator'))
  // A failed build does not change the existing bundles.
  rmSync(target, { recursive: true, force: true })
  renameSync(fresh, target)
} finally {
  for (const directory of [library, fresh]) rmSync(directory, { recursive: true, force: true })
}

// Copies the packages of a scope next to the transpiled sources, which therefore resolve to the copies.
function copyAsModules(scope, directory) {
  const copy = join(directory, 'node_modules', scope)
  cpSync(join(root, 'node_modules', scope), copy, { recursive: true })
  for (const name of readdirSync(copy)) {
    const path = join(copy, name, 'package.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    for (const conditions of Object.values(manifest.exports ?? {})) {
      if (conditions.module !== undefined) delete conditions.node
    }
    // Importing the modules of the toolkit does not have side effects, but its manifests do not declare it.
    if (scope === '@actions') manifest.sideEffects = false
    writeFileSync(path, JSON.stringify(manifest))
  }
}

// The command line and the library of the emulator are two entries to the same bundle.
function writeEmulatorEntries(directory) {
  const entries = {
    'index.js': "#!/usr/bin/env node\nrequire('./emulator.js').runCli(process.argv.slice(2))\n",
    'library.mjs':
      "import emulator from './emulator.js'\n\nexport const { createEmulator } = emulator\n",
    'library.cjs': "exports.createEmulator = require('./emulator.js').createEmulator\n",
    'library.d.mts': "export * from './types/library.js'\n",
    'library.d.cts': "export * from './types/library.js'\n"
  }
  for (const [name, text] of Object.entries(entries)) writeFileSync(join(directory, name), text)
  for (const [name, text] of declarationsOf(join(root, 'src', 'emulator', 'library.ts'))) {
    const path = join(directory, 'types', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

function writeUndiciStub(directory) {
  const stub = join(directory, 'node_modules', 'undici')
  mkdirSync(stub, { recursive: true })
  const manifest = { name: 'undici', main: 'index.js', type: 'module', sideEffects: false }
  writeFileSync(join(stub, 'package.json'), JSON.stringify(manifest))
  const classes = ['Agent', 'EnvHttpProxyAgent', 'ProxyAgent'].map(
    (name) => `export class ${name} {}`
  )
  const fetch =
    'export const fetch = () => Promise.reject(new Error("undici is not in the bundle"))'
  writeFileSync(join(stub, 'index.js'), [...classes, fetch].join('\n'))
}

// Writes a bundle and returns the modules whose code it contains.
async function build({ entry, directory, output = 'index.js' }) {
  const { code, map, assets } = await ncc(join(library, entry), {
    cache: false,
    esm: false,
    quiet: true,
    minify: true,
    mainFields: ['module', 'main'],
    externals: { 'supports-color': 'node:url' },
    sourceMap: true,
    sourceMapRegister: false
  })
  const files = { [output]: minifyChunk(code) }
  const sources = [...JSON.parse(map).sources]
  // The minifier of ncc skips chunks and leaves bytes in the entry file.
  for (const [name, { source }] of Object.entries(assets)) {
    if (name.endsWith('.js.map')) sources.push(...JSON.parse(String(source)).sources)
    else files[name] ??= name.endsWith('.js') ? minifyChunk(String(source)) : source
  }
  files['package.json'] = '{"type":"commonjs"}\n'
  let total = 0
  for (const [name, source] of Object.entries(files)) {
    const path = join(fresh, directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source)
    total += source.length
  }
  const count = Object.keys(files).length
  console.log(`${join(directory, output)}: ${code.length} bytes, ${count} files of ${total} bytes`)
  return sources
}

// V8 stores a source with a character beyond Latin-1 at two bytes per character.
function minifyChunk(source) {
  const format = { ascii_only: true }
  return minifySync(source, {
    compress: { passes: 3, ecma: 2020 },
    mangle: true,
    ecma: 2020,
    format
  }).code
}
