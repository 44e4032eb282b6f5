import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { INPUT_SPECS } from '../../src/runner/inputs/input-specs.js'
import type { InputName, InputSpec, Mode } from '../../src/runner/inputs/input-specs.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { listFiles } from './make-workspace.js'
import { ROOT } from './read-workflow.js'

/** For each input a value that is not its default, and the other inputs that it requires. */
const VALUES: Readonly<Record<InputName, readonly [string, Readonly<Record<string, string>>?]>> = {
  mode: ['login'],
  'dry-run': ['true'],
  'registry-id': ['123456789012'],
  'max-attempts': ['7'],
  'role-to-assume': ['arn:aws:iam::123456789012:role/publisher'],
  'role-session-name': [
    'session',
    { 'role-to-assume': 'arn:aws:iam::123456789012:role/publisher' }
  ],
  logout: ['false'],
  repository: ['team/other'],
  state: ['absent'],
  force: ['true', { state: 'absent' }],
  'resource-tags': ['project=demo'],
  'prune-resource-tags': ['true', { 'resource-tags': 'project=demo' }],
  policy: ['policy.json'],
  readme: ['docs/README.md'],
  'usage-heading': ['Installation'],
  about: ['about.md'],
  usage: ['usage.md'],
  description: ['A description'],
  architectures: ['ARM 64'],
  'operating-systems': ['Windows'],
  logo: ['logo.png'],
  'display-name': ['Team'],
  'absolute-links': ['false'],
  'link-ref': ['branch'],
  'on-too-long': ['fail'],
  tar: ['other.tar'],
  image: ['team/app:1.0.0', { tar: '' }],
  'archive-image': ['team/app:1.0.0'],
  'image-tags': ['1.0.0'],
  compression: ['zstd'],
  'compression-level': ['3'],
  'if-tag-exists': ['skip'],
  'reuse-layers': ['false'],
  concurrency: ['2'],
  from: ['team/app:rc', { tar: '', 'image-tags': '1.0.0' }],
  wait: ['true'],
  tags: ['dev-*'],
  'exclude-tags': ['stable'],
  'older-than': ['30d'],
  'keep-latest': ['5'],
  'keep-latest-per': ['pattern', { tags: 'dev-*' }],
  'sort-by': ['semver'],
  'closed-pull-requests': ['pr-{number}', { 'github-token': 'token' }],
  'github-token': ['other', { 'closed-pull-requests': 'pr-{number}', 'github-token': 'token' }],
  untagged: ['true'],
  'lifecycle-policy': ['policy.json', { 'keep-latest': '' }],
  'manifest-cache': ['cache'],
  'max-deletions': ['10']
}

/** The inputs that a run of a mode requires. */
const REQUIRED: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  login: {},
  'ensure-repo': { repository: 'team/app' },
  'sync-catalog': { repository: 'team/app' },
  'push-tar': { repository: 'team/app', tar: 'app.tar' },
  'cleanup-tags': { repository: 'team/app', 'keep-latest': '3' }
}

const CASES = (Object.entries(INPUT_SPECS) as [InputName, InputSpec][])
  .filter(([name]) => name !== 'mode')
  .flatMap(([name, { modes }]) => modes.map((mode) => [name, mode] as const))
  .filter(([name, mode]) => name !== 'dry-run' || mode !== 'login')

it.each(CASES)('reads %s in mode %s', (name, mode) => {
  const [value, others = {}] = VALUES[name]
  const base = { ...REQUIRED[mode], ...others }
  const parse = (texts: Readonly<Record<string, string>>): unknown => makeInputs(mode, texts)
  const given = parse({ ...base, [name]: value })
  const without = isOptional(name, base) ? parse(base) : parse({ ...base, ...fallbackOf(name) })
  expect(given).not.toStrictEqual(without)
})

/** Returns whether a mode accepts these inputs without the input. */
function isOptional(name: InputName, base: Readonly<Record<string, string>>): boolean {
  return !(base.tar === '' || (base['keep-latest'] === '' && name === 'lifecycle-policy'))
}

/** Returns the inputs that replace one of several inputs, one of which is required. */
function fallbackOf(name: InputName): Readonly<Record<string, string>> {
  return name === 'lifecycle-policy' ? { 'keep-latest': '3' } : { tar: 'app.tar' }
}

const MODE_SOURCES = listFiles()
  .filter((path) => /^src\/(?!emulator\/|quick-start\/|runner\/inputs\/).*\.ts$/.test(path))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n')

it.each(Object.keys(REQUIRED) as Mode[])('uses every value of the inputs of %s', (mode) => {
  const names = Object.keys(makeInputs(mode, REQUIRED[mode]))
  expect(names.length).toBeGreaterThan(3)
  const unused = names.filter((name) => !new RegExp(`[.,{]\\s*${name}\\b`).test(MODE_SOURCES))
  expect(unused).toEqual([])
})
