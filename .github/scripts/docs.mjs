// Generates the parts of the documentation that repeat the code: the tables of inputs and outputs, the IAM policies and
// action-types.yml. `npm run docs` writes them. `npm run docs -- --check` fails if a file would change.
//
// In a document, a pair of comments marks each generated part:
//
//     <!-- generated: mode push-tar -->
//     <!-- /generated -->
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { parse } from 'yaml'
import { transpile } from './transpile.mjs'

const root = join(import.meta.dirname, '..', '..')

const sources = mkdtempSync(join(root, 'node_modules', '.docs-'))
process.on('exit', () => rmSync(sources, { recursive: true, force: true }))
transpile(sources)
const load = (path) => import(pathToFileURL(join(sources, path)).href)
const { INPUT_SPECS, MODES } = await load('runner/inputs/input-specs.js')
const { OUTPUT_SPECS } = await load('runner/output-specs.js')
const { PERMISSIONS, allActions, allowStatements } = await load('ecr-public/permissions.js')
const { helpText } = await load('emulator/cli-help.js')

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'))
const subAction = parse(readFileSync(join(root, 'emulator', 'action.yml'), 'utf8'))

/** The outputs with another type than string. Lists and objects are JSON text, so their type is string. */
const OUTPUT_TYPES = {
  changed: 'boolean',
  created: 'boolean',
  truncated: 'boolean',
  'uploaded-bytes': 'integer',
  'reused-bytes': 'integer',
  'deleted-count': 'integer',
  'kept-count': 'integer',
  'failed-count': 'integer'
}

const FORMS = '`name`, `alias/name` or the full URI'
const GLOBS =
  'In globs, `*` matches within one path segment, and `**` also matches `/`. A line that begins with `!` excludes repositories. See [Patterns](#patterns).'
/** The description of `repository` per mode, because the accepted values differ. */
const REPOSITORY_MEANINGS = {
  'ensure-repo': `Repository names, one per line: ${FORMS}.`,
  'sync-catalog': `Repository names or globs, one per line: ${FORMS}. ${GLOBS}`,
  'push-tar': `One repository name: ${FORMS}.`,
  'cleanup-tags': `Repository names or globs, one per line: ${FORMS}. ${GLOBS}`
}

/** The resource of the repository statements in the policies. */
const REPOSITORIES = 'arn:aws:ecr-public::123456789012:repository/team/*'

const check = process.argv.includes('--check')
let stale = 0
for (const path of [
  'README.md',
  'docs/cleanup-tags.md',
  'docs/permissions.md',
  'docs/emulator.md'
]) {
  await update(path, fillMarkers)
}
await update('action-types.yml', () => renderTypes())
process.exitCode = stale > 0 ? 1 : 0

async function update(path, change) {
  const file = join(root, path)
  const old = readOr(file, '')
  const text = await format(change(old), { ...(await resolveConfig(file)), filepath: file })
  if (text === old) return
  if (check) {
    stale += 1
    console.error(`${path} is out of date. Run "npm run docs".`)
  } else {
    writeFileSync(file, text)
    console.log(`Updated ${path}`)
  }
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}

function fillMarkers(text) {
  return text.replace(
    /(<!-- generated: ([^>]+) -->\n)[^]*?(<!-- \/generated -->)/g,
    (_, opening, words, closing) => `${opening}\n${render(...words.split(' '))}\n\n${closing}`
  )
}

function render(what, which) {
  switch (what) {
    case 'mode':
      return `${inputTable(which)}\n\n${outputTable(which)}`
    case 'policies':
      return fencedPolicy(statementsByMode())
    case 'policy':
      return policyOf(which)
    case 'permissions':
      return permissionTable(which)
    case 'sub-action':
      return subActionTable(which)
    case 'file':
      return fencedFile(which)
    case 'help':
      return fenced('text', helpText())
    default:
      throw new Error(`Unknown marker: "${what} ${which}"`)
  }
}

/** Returns the table of the inputs of one mode, or of the inputs that `every` mode has. */
function inputTable(which) {
  const rows = Object.entries(INPUT_SPECS)
    .filter(([, { modes }]) =>
      which === 'every'
        ? modes.length === MODES.length
        : modes.includes(which) && modes.length < MODES.length
    )
    .map(([name, spec]) => [
      `\`${name}\``,
      name === 'repository'
        ? REPOSITORY_MEANINGS[which]
        : meaningOf(action.inputs[name].description),
      defaultText(name, spec)
    ])
  return table(['Input', 'Meaning', 'Default'], rows)
}

/** Returns the table of the outputs of one mode, or of the outputs that (nearly) `every` mode has. */
function outputTable(which) {
  const rows = Object.entries(OUTPUT_SPECS)
    .filter(([, { modes }]) =>
      which === 'every'
        ? modes.length >= MODES.length - 1
        : modes.includes(which) && modes.length < MODES.length - 1
    )
    .map(([name]) => [`\`${name}\``, meaningOf(action.outputs[name].description)])
  return table(['Output', 'Meaning'], rows)
}

function subActionTable(which) {
  const entries = Object.entries(subAction[which]).map(([name, { description }]) => [
    `\`${name}\``,
    description
  ])
  return table([which === 'inputs' ? 'Input' : 'Output', 'Meaning'], entries)
}

/** Returns a description without its sentences about modes and the default, which the tables show in another way. */
function meaningOf(description) {
  return description
    .replace(/ (?:Applies to|Set by) every mode except login\./, ' Not in `login`.')
    .replace(/ (?:Applies to|Set by) (?:every mode|modes? [^.]*)\./, '')
    .replace(/ Default: .*$/, '')
    .trim()
}

function defaultText(name, spec) {
  if (spec.required) return '(required)'
  const value = action.inputs[name].description.match(/ Default: (.*)\.$/)?.[1]
  if (value !== undefined) return value
  return spec.default === undefined ? '' : `\`${spec.default}\``
}

function permissionTable(which) {
  const { actions, optional } = PERMISSIONS[which]
  const code = (names) => names.map((name) => `\`${name}\``).join(', ')
  const rows = optional.map((each) => [code(each.actions), each.purpose])
  return table(['IAM actions', 'Required for'], [[code(actions), 'every run'], ...rows])
}

/** Returns a policy for all inputs of one mode, or of `every` mode. */
function policyOf(which) {
  const actions = which === 'every' ? [...new Set(MODES.flatMap(allActions))] : allActions(which)
  return fencedPolicy(allowStatements(actions, REPOSITORIES))
}

/** Returns the statement `EveryMode` with the actions of login, and one statement per mode with its other actions. */
function statementsByMode() {
  const common = allActions('login')
  return MODES.flatMap((mode) => {
    const actions = allActions(mode).filter((name) => mode === 'login' || !common.includes(name))
    const sid = mode === 'login' ? 'EveryMode' : pascalCase(mode)
    return allowStatements(actions, REPOSITORIES).map((statement) => ({
      Sid: statement.Resource === '*' && mode !== 'login' ? `${sid}Registry` : sid,
      ...statement
    }))
  })
}

function pascalCase(name) {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase())
}

/** Formats a policy in fewer lines than prettier does. */
function fencedPolicy(statements) {
  const lines = statements.map(({ Action, ...rest }) => {
    const head = JSON.stringify(rest)
      .slice(1, -1)
      .replaceAll('":"', '": "')
      .replaceAll('","', '", "')
    const names = [...Action].sort().map((name) => `"${name}"`)
    return `  {${head}, "Action": [\n    ${inRows(names).join(',\n    ')}\n  ]}`
  })
  const policy = `{"Version": "2012-10-17", "Statement": [\n${lines.join(',\n')}\n]}`
  return `<!-- prettier-ignore -->\n${fenced('json', policy)}`
}

/** Joins words with commas into rows of at most `width` characters. */
function inRows(words, width = 120) {
  const rows = []
  for (const word of words) {
    const last = rows.at(-1)
    if (last !== undefined && last.length + word.length + 2 <= width)
      rows[rows.length - 1] = `${last}, ${word}`
    else rows.push(word)
  }
  return rows
}

function fencedFile(path) {
  const extension = path.split('.').at(-1)
  const language = { mjs: 'js', py: 'python', yml: 'yaml' }[extension] ?? extension
  return fenced(language, readFileSync(join(root, path), 'utf8'))
}

function fenced(language, text) {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}

function table(columns, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Returns the content of action-types.yml (https://github.com/typesafegithub/github-actions-typing). */
function renderTypes() {
  const lines = [
    '# Generated by `npm run docs`. See https://github.com/typesafegithub/github-actions-typing',
    '',
    'inputs:'
  ]
  for (const [name, { form }] of Object.entries(INPUT_SPECS)) {
    lines.push(`  ${name}:`, ...typeLines(form))
  }
  lines.push('', 'outputs:')
  for (const name of Object.keys(OUTPUT_SPECS)) {
    lines.push(`  ${name}:`, `    type: ${OUTPUT_TYPES[name] ?? 'string'}`)
  }
  return `${lines.join('\n')}\n`
}

function typeLines(form) {
  switch (form.type) {
    case 'boolean':
    case 'integer':
      return [`    type: ${form.type}`]
    case 'choice':
      return [
        '    type: enum',
        '    allowed-values:',
        ...form.allowed.map((value) => `      - ${value === 'none' ? `'none'` : value}`)
      ]
    case 'list':
      return [
        '    type: list',
        String.raw`    separator: "\n"`,
        '    list-item:',
        '      type: string'
      ]
    default:
      return ['    type: string']
  }
}
