import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Mode } from '../../src/runner/inputs/input-specs.js'

const SOURCE = join(import.meta.dirname, '..', '..', 'src')

/** What is read over `/v2/`, by the method of `Registry` that reads it. */
const READS: Readonly<Record<string, readonly string[]>> = {
  findManifest: ['GetManifest'],
  getBlob: ['GetBlob', 'DownloadBlob'],
  findReferrers: ['GetReferrers']
}

/** The other requests, named after the file that creates a client for them. */
const REQUESTS: Readonly<Record<string, string>> = {
  'registry-client/create-reader.ts': 'GetToken',
  'sync-catalog/fetch-logo.ts': 'GetLogo'
}

/** One function, class or constant of the top level of a file. */
interface Declaration {
  readonly file: string
  readonly text: string
}

type Declarations = ReadonlyMap<string, Declaration>
const keyOf = (file: string, name: string): string => `${file}#${name}`

/**
 * The calls that the code of a mode can come to: from its entry through every function that these functions name.
 * They are called as the emulator calls them, `PutImage` or `GetManifest`.
 */
export function listCallsOfCode(mode: Mode): ReadonlySet<string> {
  const declarations = readDeclarations()
  const entry = mode.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  const todo = [keyOf(`${mode}/${mode}.ts`, entry)]
  const reached = new Set<string>()
  for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
    if (reached.has(key)) continue
    reached.add(key)
    const declaration = declarations.get(key)
    if (declaration !== undefined) todo.push(...listReferences(declaration, declarations))
  }
  return new Set([...reached].flatMap((key) => listOwnCalls(declarations.get(key))))
}

let read: Declarations | undefined

function readDeclarations(): Declarations {
  if (read !== undefined) return read
  const declarations = new Map<string, Declaration>()
  for (const path of globSync('**/*.ts', { cwd: SOURCE })) {
    const file = path.replaceAll('\\', '/')
    if (/^(?:emulator|quick-start)\//.test(file)) continue
    const source = readFileSync(join(SOURCE, file), 'utf8')
    for (const text of source.split(/^(?=(?:export |async |function\b|class\b|const\b|let\b))/m)) {
      const name = /^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)/.exec(text)?.[1]
      if (name !== undefined) declarations.set(keyOf(file, name), { file, text })
    }
    declarations.set(keyOf(file, 'import'), { file, text: source })
  }
  return (read = declarations)
}

/** What a declaration names: of its own file, of what that imports, and of what it loads itself. */
function listReferences({ file, text }: Declaration, declarations: Declarations): string[] {
  const source = declarations.get(keyOf(file, 'import'))?.text ?? ''
  const imports = new Map<string, string>()
  const note = (names: string, from: string): void => {
    const target = join(dirname(file), from).replaceAll('\\', '/').replace(/\.js$/, '.ts')
    for (const name of names.split(',')) {
      const [original = '', local = original] = name.trim().split(/ as |: /)
      if (original !== '') imports.set(local, keyOf(target, original))
    }
  }
  for (const [, names = '', from = ''] of source.matchAll(
    /^import \{([^}]*)\} from '(\.[^']*)'/gm
  )) {
    note(names, from)
  }
  for (const [, names = '', from = ''] of text.matchAll(
    /\{([^{}]*)\} = await import\('(\.[^']*)'\)/g
  )) {
    note(names, from)
  }
  // What opens it is handed to the modes by main.ts.
  imports.set('openRegistry', keyOf('registry-client/create-registry.ts', 'createRegistry'))
  imports.set('accountToken', keyOf('registry-client/account-token.ts', 'createAccountToken'))
  const words = new Set(text.match(/[A-Za-z_$][\w$]*/g) ?? [])
  return [...words].map((word) => imports.get(word) ?? keyOf(file, word))
}

function listOwnCalls(declaration: Declaration | undefined): string[] {
  if (declaration === undefined) return []
  const { file, text } = declaration
  const commands = [...text.matchAll(/new ([A-Z]\w+)Command\(/g)].map(([, name = '']) => name)
  const reads = [...text.matchAll(/\.(\w+)\(/g)].flatMap(([, name = '']) =>
    Object.hasOwn(READS, name) ? (READS[name] ?? []) : []
  )
  const requests = /(?<!function )createHttpClient\(/.test(text)
    ? [REQUESTS[file] ?? `what ${file} requests`]
    : []
  return [...commands, ...reads, ...requests]
}
