// Builds dist/: the action, the emulator and the quick start, each a bundle of its own.
//
// The sources are transpiled by swc, as in the tests (`tsc` only checks types), and then bundled by
// ncc through its API, for two things that its command line does not offer:
// - `mainFields`: the ES modules of the AWS SDK, so that what only some runs need (credential
//   providers above all) is split off into chunks and what nobody calls is left out. `@smithy/core`
//   and `@aws-sdk/core` name their entries in `exports`, whose order gives Node.js their CommonJS
//   files, all in one; so the bundles are made from copies that leave this choice out;
// - `externals`: `undici` comes with `@actions/core` for its OIDC client and with `@actions/github`
//   for proxied API calls. The action uses neither, and undici would be half of the bundle, so the
//   name is bound to a module that every Node.js process has loaded; `node:http` would load the
//   undici of Node.js itself. `supports-color` is no dependency of the action: `debug` takes it where
//   it happens to be there, and here it is there for the tests alone.
import ncc from '@vercel/ncc'
import { minifySync, transformFileSync } from '@swc/core'
import {
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const target = process.argv[2] ?? join(root, 'dist')
const fresh = `${target}.new`

const BUNDLES = [
  { entry: 'index.js', directory: '.', license: 'licenses.txt' },
  { entry: 'post-index.js', directory: 'post', license: '' },
  { entry: 'emulator/index.js', directory: 'emulator', license: 'licenses.txt' },
  { entry: 'quick-start/index.js', directory: 'quick-start', license: '' }
]

// A fixed place: webpack derives its module ids from the paths.
const library = join(root, 'node_modules', '.bundle')
try {
  rmSync(fresh, { recursive: true, force: true })
  transpile(library)
  for (const scope of ['@actions', '@aws', '@aws-sdk', '@smithy']) copyAsModules(scope, library)
  for (const bundle of BUNDLES) await build(bundle)
  // Not before all are built: a build that fails leaves the bundles that were there.
  rmSync(target, { recursive: true, force: true })
  renameSync(fresh, target)
} finally {
  for (const directory of [library, fresh]) rmSync(directory, { recursive: true, force: true })
}

function transpile(directory) {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}\n')
  for (const source of globSync('src/**/*.ts', { cwd: root })) {
    const { code } = transformFileSync(join(root, source), {
      cwd: root,
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
      module: { type: 'es6' }
    })
    const path = join(directory, relative('src', source).replace(/\.ts$/, '.js'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  }
}

// The sources find these copies first: they lie in a `node_modules` of their own.
function copyAsModules(scope, directory) {
  const copy = join(directory, 'node_modules', scope)
  cpSync(join(root, 'node_modules', scope), copy, { recursive: true })
  for (const name of globSync('*/package.json', { cwd: copy })) {
    const path = join(copy, name)
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    for (const conditions of Object.values(manifest.exports ?? {})) {
      if (conditions.module !== undefined) delete conditions.node
    }
    // None of their modules does anything on import, though the toolkit does not say so: the OIDC
    // client and the HTTP client of `@actions/core` are left out with the functions that use them.
    if (scope === '@actions') manifest.sideEffects = false
    writeFileSync(path, JSON.stringify(manifest))
  }
}

async function build({ entry, directory, license }) {
  const { code, assets } = await ncc(join(library, entry), {
    cache: false,
    esm: false,
    quiet: true,
    minify: true,
    mainFields: ['module', 'main'],
    externals: { undici: 'node:url', 'supports-color': 'node:url' },
    license
  })
  const files = { 'index.js': code }
  // ncc minifies the entry only, not the chunks.
  for (const [name, { source }] of Object.entries(assets)) {
    files[name] ??= name.endsWith('.js') ? minifyChunk(String(source)) : source
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
  console.log(
    `${join(directory, 'index.js')}: ${code.length} bytes, ${count} files of ${total} bytes`
  )
}

// One character beyond Latin-1 would make V8 hold and read a whole chunk at two bytes a character.
function minifyChunk(source) {
  const format = { ascii_only: true }
  return minifySync(source, { compress: true, mangle: true, ecma: 2020, format }).code
}
