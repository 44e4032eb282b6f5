// Writes what the documentation repeats of the code: the tables of inputs and outputs, the IAM policies
// and action-types.yml. `npm run docs` writes, `npm run docs -- --check` fails where a file would change.
//
// A file says what goes where by a pair of comments, between which everything is replaced:
//
//     <!-- generated: inputs push-tar -->
//     <!-- /generated -->
import { readFileSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..', '..')

// The sources import each other by the names that they have once compiled.
registerHooks({
  resolve: (specifier, context, next) => {
    const isOurs = specifier.startsWith('.') && context.parentURL?.includes('/src/')
    return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context)
  }
})
const { INPUT_SPECS, MODES } = await import('../../src/runner/inputs/input-specs.ts')
const { OUTPUT_SPECS } = await import('../../src/runner/output-specs.ts')
const { PERMISSIONS, allActions, allowStatements } =
  await import('../../src/ecr-public/permissions.ts')

const { helpText } = await import('../../src/emulator/cli-help.ts')

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'))
const subAction = parse(readFileSync(join(root, 'emulator', 'action.yml'), 'utf8'))

/** The outputs that are no text; lists and records are JSON, which the typing has no word for. */
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

/** The one input that means something else in each mode. */
const FORMS = '`name`, `alias/name`, or the whole URI'
const GLOBS = '`*` stays within one path segment, `**` crosses them'
const REPOSITORY_MEANINGS = {
  'ensure-repo': `Names, one a line: ${FORMS}.`,
  'sync-catalog': `Names or globs, one a line: ${FORMS}; in globs ${GLOBS}.`,
  'push-tar': `One name: ${FORMS}.`,
  'cleanup-tags': `Names or globs, one a line: ${FORMS}; in globs ${GLOBS}.`
}

/** The repositories of the policies. */
const REPOSITORIES = 'arn:aws:ecr-public::123456789012:repository/team/*'

const check = process.argv.includes('--check')
let stale = 0
for (const path of ['README.md', 'docs/permissions.md', 'docs/emulator.md']) {
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
    console.error(`${path} is not what the code says; run "npm run docs"`)
  } else {
    writeFileSync(file, text)
    console.log(`${path} written`)
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
      return `${inputTable(which)}\n\n${outputLine(which)}`
    case 'policies':
      return fencedPolicy(statementsByMode())
    case 'policy':
      return policyOf(which)
    case 'permissions':
      return permissionTable(which)
    case 'sub-action':
      return subActionTable(which)
    case 'file':
      return fenced(which.split('.').at(-1), readFileSync(join(root, which), 'utf8'))
    case 'help':
      return fenced('text', helpText())
    default:
      throw new Error(`Nobody generates "${what} ${which}"`)
  }
}

/** The inputs of one mode, or those of `every` one. */
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

/** The outputs of one mode, or those of (nearly) `every` one, on a line that GitHub wraps. */
function outputLine(which) {
  const items = Object.entries(OUTPUT_SPECS)
    .filter(([, { modes }]) =>
      which === 'every'
        ? modes.length >= MODES.length - 1
        : modes.includes(which) && modes.length < MODES.length - 1
    )
    .map(([name]) => `\`${name}\` – ${asPart(meaningOf(action.outputs[name].description))}`)
  return `**Outputs:** ${items.join(' · ')}`
}

/** A sentence as a part of another one: its full stop goes, and its capital where it is no abbreviation. */
function asPart(sentence) {
  return sentence.replace(/\.$/, '').replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())
}

function subActionTable(which) {
  const entries = Object.entries(subAction[which]).map(([name, { description }]) => [
    `\`${name}\``,
    description
  ])
  return table([which === 'inputs' ? 'Input' : 'Output', 'Meaning'], entries)
}

/** A description without the modes and the default, which a table of one mode says otherwise. */
function meaningOf(description) {
  return description
    .replace(/ Every mode( but login, which changes no registry)?\.(?= |$)/, (_, but) =>
      but ? ' Not in `login`, which changes no registry.' : ''
    )
    .replace(/(?: |^)Modes? [^.]*?([,;] [^.]*)?\.(?= |$)/, restOf)
    .replace(/ Default: .*$/, '')
    .trim()
}

/** What a sentence about modes says beside them: `, not with x` and `; this or y`. */
function restOf(sentence) {
  const names = MODES.join('|')
  const pattern = `^ ?Modes? (?:(?:${names})(?: and |, |$|(?=[;.])))*`
  const rest = sentence.replace(new RegExp(pattern), '').replace(/^[;,\s.]+/, '')
  return rest === '' ? '' : ` ${rest.charAt(0).toUpperCase()}${rest.slice(1)}`
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
  return table(['IAM actions', 'For'], [[code(actions), 'every run'], ...rows])
}

/** A policy for everything that a mode can do, or that `every` mode can. */
function policyOf(which) {
  const actions = which === 'every' ? [...new Set(MODES.flatMap(allActions))] : allActions(which)
  return fencedPolicy(allowStatements(actions, REPOSITORIES))
}

/** What login needs, which most modes need too, and what each mode needs beside it, under its name. */
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

/** JSON as short as people can read, which prettier would not let it be. */
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

/** Words with commas between them, as many a row as fit. */
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

function fenced(language, text) {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}

function table(columns, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** `action-types.yml`, which tools read that generate typed workflows (typesafegithub/github-actions-typing). */
function renderTypes() {
  const lines = [
    '# Written by `npm run docs`. See https://github.com/typesafegithub/github-actions-typing',
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
