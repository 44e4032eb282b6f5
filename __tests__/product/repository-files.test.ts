import { parse as parseJsonc } from 'jsonc-parser'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DOCUMENTS } from './markdown.js'
import { readWorkflow, readYaml, ROOT } from './read-workflow.js'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const packageJson = JSON.parse(read('package.json')) as {
  readonly version: string
  readonly engines: { readonly node: string }
}
const copiesOfNode = JSON.parse(read('.github/node/package.json')) as {
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** A field of an issue form. */
interface FormElement {
  readonly type: string
  readonly id?: string
  readonly attributes: { readonly label?: string; readonly value?: string }
}

const FORMS = readdirSync(join(ROOT, '.github/ISSUE_TEMPLATE')).filter(
  (name) => name !== 'config.yml'
)

describe.each(FORMS)('the issue form %s', (name) => {
  const form = readYaml(`.github/ISSUE_TEMPLATE/${name}`) as {
    readonly name: string
    readonly description: string
    readonly body: readonly FormElement[]
  }

  // https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
  it('follows the schema of GitHub issue forms', () => {
    expect([form.name, form.description].every((text) => text.trim() !== '')).toBe(true)
    const ids = form.body.flatMap(({ id }) => id ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    for (const { type, id, attributes } of form.body) {
      expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).toContain(type)
      expect(type === 'markdown' ? attributes.value : attributes.label).toMatch(/\S/)
      expect(id ?? 'none').toMatch(/^[\w-]+$/)
    }
    expect(form.body.some(({ type }) => type !== 'markdown')).toBe(true)
  })

  it('links to files that exist', () => {
    const links = read(`.github/ISSUE_TEMPLATE/${name}`).matchAll(/\/blob\/main\/([\w./-]+)/g)
    for (const [, path = ''] of links)
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true])
  })
})

it('links from the issue template chooser to files that exist', () => {
  const [, path = ''] = /\/blob\/main\/(\S+)/.exec(read('.github/ISSUE_TEMPLATE/config.yml')) ?? []
  expect(existsSync(join(ROOT, path))).toBe(true)
})

it('delays dependency updates by a week in every ecosystem', () => {
  const { updates } = readYaml('.github/dependabot.yml') as {
    readonly updates: readonly {
      readonly 'package-ecosystem': string
      readonly cooldown?: { readonly 'default-days'?: number }
    }[]
  }
  const days = updates.map((one) => [one['package-ecosystem'], one.cooldown?.['default-days']])
  expect(days).toEqual([
    ['npm', 7],
    ['github-actions', 7],
    ['docker', 7]
  ])
})

it('analyzes the code and the workflows with CodeQL', () => {
  const { strategy } = readWorkflow('.github/workflows/codeql.yml').jobs.analyze!
  expect(strategy?.matrix?.language).toEqual(['javascript-typescript', 'actions'])
})

/** Runners of GitHub that are free for public repositories, with both architectures. */
const RUNNERS = [
  'ubuntu-latest',
  'ubuntu-24.04-arm',
  'windows-latest',
  'windows-11-arm',
  'macos-latest'
]

it('runs every mode and the unit tests on every runner in CI', () => {
  const { modes, unit } = readWorkflow('.github/workflows/ci.yml').jobs
  expect(modes?.strategy?.matrix?.os).toEqual(RUNNERS)
  expect(unit?.strategy?.matrix?.os).toEqual(RUNNERS)
})

it('runs the unit tests with every supported version of Node.js itself', () => {
  const { unit } = readWorkflow('.github/workflows/ci.yml').jobs
  const { node, include } = unit!.strategy!.matrix as unknown as {
    readonly node: readonly string[]
    readonly include: readonly { readonly node: string }[]
  }
  expect([...include.map((one) => one.node), ...node]).toEqual(['20', '22', '24'])
  expect(unit?.steps.at(-1)?.run).toBe('node .github/scripts/unit-tests.mjs')
})

it('reviews dependencies, publishes the OpenSSF Scorecard and names code owners', () => {
  const review = readWorkflow('.github/workflows/dependency-review.yml')
  expect(review.on).toEqual({ pull_request: null })
  expect(review.jobs['dependency-review']?.steps.at(-1)?.uses).toMatch(
    /^actions\/dependency-review/
  )
  const scorecard = readWorkflow('.github/workflows/scorecard.yml').jobs.scorecard!
  expect(scorecard.steps[1]?.with).toMatchObject({ publish_results: true })
  // Scorecard does not publish the results of a job that runs scripts.
  expect(scorecard.steps.filter(({ run }) => run !== undefined)).toEqual([])
  const rules = read('.github/CODEOWNERS')
    .split('\n')
    .filter((line) => /^[*/]/.test(line))
  expect(rules[0]).toMatch(/^\* @/)
  for (const rule of rules.slice(1)) {
    const [path = '', owner] = rule.split(' ')
    expect([path, existsSync(join(ROOT, path))]).toEqual([path, true])
    expect(owner).toMatch(/^@/)
  }
})

it('starts the live workflow only manually, runs every mode in it and deletes the repository', () => {
  const workflow = readWorkflow('.github/workflows/live.yml')
  expect(workflow.on).toEqual({ workflow_dispatch: null })
  const uses = workflow.jobs.live!.steps.filter((step) => step.uses === './')
  expect([...new Set(uses.map((step) => step.with?.mode))].sort()).toEqual(
    ['cleanup-tags', 'ensure-repo', 'login', 'push-tar', 'sync-catalog'].sort()
  )
  expect(uses.at(-1)).toMatchObject({ with: { state: 'absent', force: true } })
  expect(uses.at(-1)?.if).toMatch(/^always\(\)/)
})

it('asks the open questions of PARITY.md in the live workflow', () => {
  const { steps } = readWorkflow('.github/workflows/live.yml').jobs.parity!
  expect(steps.at(-1)?.run).toBe('npm run --silent live | tee "$GITHUB_STEP_SUMMARY"')
})

it('uses the same Node.js version in all files, and tests every supported version in CI', () => {
  const version = read('.node-version').trim()
  for (const other of Object.values(copiesOfNode.optionalDependencies)) expect(other).toBe(version)
  const { runs } = readYaml('action.yml') as { readonly runs: { readonly using: string } }
  const [major = ''] = version.split('.')
  expect(runs.using).toBe(`node${major}`)
  expect(read('.devcontainer/devcontainer.json')).toContain(`javascript-node:${major}-`)
  expect(read('emulator/Dockerfile')).toContain(`\nFROM node:${major}-alpine\n`)
  const { test } = readWorkflow('.github/workflows/ci.yml').jobs
  expect(test).toMatchObject({ container: 'node:${{ matrix.node }}-bookworm' })
  expect(test?.strategy?.matrix?.node).toEqual(['20', '22', major])
  expect(packageJson.engines.node).toBe('>=20.15')
})

it('installs the same programs in the devcontainer as in .ci/run', () => {
  const container = parseJsonc(read('.devcontainer/devcontainer.json')) as {
    readonly onCreateCommand: string
    readonly postCreateCommand: string
  }
  const [, packages = ''] = /--no-install-recommends \\\n([^>]*)>/.exec(read('.ci/run')) ?? []
  const names = packages.trim().split(/\s+/)
  expect(names.length).toBeGreaterThan(5)
  const missing = names.filter((name) => !container.onCreateCommand.split(' ').includes(name))
  expect(missing).toEqual([])
  expect(container.postCreateCommand).toBe('npm ci')
})

it('configures editors with the indentation and line endings of prettier', () => {
  const rules = read('.editorconfig')
  for (const rule of ['root = true', 'indent_size = 2', 'end_of_line = lf', 'charset = utf-8']) {
    expect(rules).toContain(rule)
  }
})

it('has one version in package.json, the lock file, the changelog and the documentation', () => {
  const { version } = packageJson
  const [, newest] = /^## (\S+)/m.exec(read('CHANGELOG.md')) ?? []
  expect(newest).toBe(version)
  const lock = JSON.parse(read('package-lock.json')) as {
    readonly version: string
    readonly packages: Readonly<Record<string, { readonly version?: string }>>
  }
  expect([lock.version, lock.packages['']?.version]).toEqual([version, version])
  const major = `v${version.split('.', 1)[0] ?? ''}`
  for (const path of [...DOCUMENTS, 'docs/examples/release.yml']) {
    const used = [...read(path).matchAll(/OWNER\/ecr-public-action(?:\/emulator)?@(v[\d.]+)/g)]
    expect([path, ...used.map(([, name]) => name)]).toEqual([path, ...used.map(() => major)])
  }
})
