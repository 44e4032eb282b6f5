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
//
// A step of a workflow waits for the start of the bundle, so two things are done for that alone:
// - CommonJS, which Node.js loads at once; ES modules go through its loader one await after another;
// - functions in parentheses, see `compileAtOnce`.
import ncc from '@vercel/ncc'
import { minifySync, transformFileSync } from '@swc/core'
import { parse } from 'acorn'
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
  { entry: 'index.js', folder: '.', license: 'licenses.txt' },
  { entry: 'emulator/index.js', folder: 'emulator', license: 'licenses.txt' },
  { entry: 'start/index.js', folder: 'start', license: '' }
]

// A fixed place: webpack derives its module ids from the paths.
const library = join(root, 'node_modules', '.bundle')
try {
  rmSync(fresh, { recursive: true, force: true })
  transpile(library)
  for (const scope of ['@actions', '@aws', '@aws-sdk', '@smithy']) copyAsModules(scope, library)
  leaveHandlerOut(library)
  for (const bundle of BUNDLES) await build(bundle)
  // Not before all are built: a build that fails leaves the bundles that were there.
  rmSync(target, { recursive: true, force: true })
  renameSync(fresh, target)
} finally {
  for (const folder of [library, fresh]) rmSync(folder, { recursive: true, force: true })
}

function transpile(folder) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n')
  for (const source of globSync('src/**/*.ts', { cwd: root })) {
    const { code } = transformFileSync(join(root, source), {
      cwd: root,
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
      module: { type: 'es6' }
    })
    const path = join(folder, relative('src', source).replace(/\.ts$/, '.js'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  }
}

// The sources find these copies first: they lie in a `node_modules` of their own.
function copyAsModules(scope, folder) {
  const copy = join(folder, 'node_modules', scope)
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

// The client of the API is given a handler for its requests (src/ecr-public/request-handler.ts) and never makes its
// own, which would load TLS at once also where the endpoint needs none. Clients of credential providers that make
// their own keep it.
function leaveHandlerOut(folder) {
  const path = join(folder, 'node_modules/@aws-sdk/client-ecr-public/dist-es/runtimeConfig.js')
  const imported =
    'import { NodeHttpHandler as RequestHandler, streamCollector } from "@smithy/node-http-handler";'
  const source = readFileSync(path, 'utf8')
  if (!source.includes(imported))
    throw new Error(`${path} imports its handler in another way than expected`)
  const given =
    'import { streamCollector } from "@smithy/core/serde"; const RequestHandler = { create: (given) => given };'
  writeFileSync(path, source.replace(imported, given))
}

async function build({ entry, folder, license }) {
  const { code, assets } = await ncc(join(library, entry), {
    cache: false,
    esm: false,
    quiet: true,
    minify: true,
    mainFields: ['module', 'main'],
    externals: { undici: 'node:url', 'supports-color': 'node:url' },
    license
  })
  const files = { 'index.js': compileAtOnce(code) }
  // ncc minifies the entry only, not the chunks.
  for (const [name, { source }] of Object.entries(assets)) {
    files[name] ??= name.endsWith('.js') ? compileAtOnce(minifyChunk(String(source))) : source
  }
  files['package.json'] = '{"type":"commonjs"}\n'
  let total = 0
  for (const [name, source] of Object.entries(files)) {
    const path = join(fresh, folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source)
    total += source.length
  }
  const count = Object.keys(files).length
  console.log(`${join(folder, 'index.js')}: ${code.length} bytes, ${count} files of ${total} bytes`)
}

// One character beyond Latin-1 would make V8 hold and read a whole chunk at two bytes a character.
function minifyChunk(source) {
  const format = { ascii_only: true }
  return minifySync(source, { compress: true, mangle: true, ecma: 2020, format }).code
}

// Puts functions in parentheses. V8 takes such a function for one that is called at once, and compiles it as
// it comes to it; any other it first reads to its end only to skip it, and once more when it is called
// (https://v8.dev/blog/preparser), its inner functions once more for each level. Most of a chunk is used.
function compileAtOnce(source) {
  const places = functionsOf(parse(source, { ecmaVersion: 'latest' }))
    .flatMap(({ start, end }) => [
      { at: start, mark: '(' },
      { at: end, mark: ')' }
    ])
    .sort((a, b) => a.at - b.at)
  let from = 0
  const pieces = places.map(({ at, mark }) => {
    const piece = source.slice(from, at) + mark
    from = at
    return piece
  })
  const marked = pieces.join('') + source.slice(from)
  parse(marked, { ecmaVersion: 'latest' })
  return marked
}

// All functions that are expressions; methods and accessors are none, though their values look so.
function functionsOf(node) {
  if (Array.isArray(node)) return node.flatMap(functionsOf)
  if (typeof node?.type !== 'string') return []
  const isMethod = node.type === 'MethodDefinition' || node.method || /^[gs]et$/.test(node.kind)
  const inner = Object.values(isMethod ? { ...node, value: node.value.body } : node)
  const own = /^(Arrow)?FunctionExpression$/.test(node.type) ? [node] : []
  return [...own, ...inner.flatMap(functionsOf)]
}
