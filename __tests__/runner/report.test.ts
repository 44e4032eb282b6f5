import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ActionError } from '../../src/runner/errors.js'
import { createLog, mask, reportFailure, writeReport } from '../../src/runner/report.js'
import type { Change } from '../../src/runner/plan.js'
import type { Report } from '../../src/runner/report.js'

const NAMES = ['RUNNER_TEMP', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'] as const
const before = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]))
const write = process.stdout.write.bind(process.stdout)
let directory: string
let log: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'report-'))
  for (const name of NAMES.slice(1)) {
    process.env[name] = join(directory, name)
    writeFileSync(join(directory, name), '')
  }
  process.env.RUNNER_TEMP = directory
  log = ''
  process.stdout.write = (text: string) => {
    log += text
    return true
  }
})
afterEach(() => {
  process.stdout.write = write
  process.exitCode = undefined
  Object.assign(process.env, before)
  for (const name of NAMES)
    if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
  rmSync(directory, { recursive: true, force: true })
})

/** Returns the outputs that the runner reads from the file GITHUB_OUTPUT. */
function outputs(): Record<string, string> {
  const text = readFileSync(join(directory, 'GITHUB_OUTPUT'), 'utf8')
  const entries = [...text.matchAll(/^(.+?)<<(\S+)\n([^]*?)\n\2$/gm)]
  return Object.fromEntries(entries.map(([, name = '', , value = '']) => [name, value]))
}

const REPORT: Report = {
  changed: true,
  plan: [{ action: 'create', kind: 'repository', target: 'team/app' }],
  repositories: ['team/app'],
  outputs: { created: true, 'deleted-count': 3, details: [{ name: 'team/app' }] },
  summary: [{ kind: 'paragraph', text: 'One change' }]
}

describe('writeReport', () => {
  it('writes the outputs, the plan file and the job summary', async () => {
    await writeReport('ensure-repo', true, REPORT)
    const { 'plan-file': planFile = '', ...others } = outputs()
    expect(others).toStrictEqual({
      changed: 'true',
      plan: JSON.stringify(REPORT.plan),
      repositories: '["team/app"]',
      created: 'true',
      'deleted-count': '3',
      details: '[{"name":"team/app"}]'
    })
    expect(JSON.parse(readFileSync(planFile, 'utf8'))).toStrictEqual(REPORT.plan)
    expect(statSync(planFile).mode & 0o777).toBe(0o600)
    const summary = readFileSync(join(directory, 'GITHUB_STEP_SUMMARY'), 'utf8')
    expect(summary).toBe('### ECR Public&#58; ensure-repo (dry run)\n\nOne change\n\n')
    expect(log).toContain('changed: true (dry run)')
  })

  it('writes the plan file to a directory that does not exist', async () => {
    process.env.RUNNER_TEMP = join(directory, 'new', 'temp')
    await writeReport('ensure-repo', false, REPORT)
    expect(outputs()['plan-file']).toContain(process.env.RUNNER_TEMP)
  })

  // The file system of /proc rejects new directories with ENOENT.
  const rejecting = process.platform === 'linux' ? [['/proc/nothing/temp', 'ENOENT'] as const] : []
  it.each([['/dev/null/temp', 'ENOTDIR'] as const, ...rejecting])(
    'writes everything else if the plan file cannot be written to %s',
    async (path, code) => {
      process.env.RUNNER_TEMP = path
      await writeReport('ensure-repo', false, REPORT)
      expect(log).toMatch(
        new RegExp(`^::warning::The plan file could not be written: ${code}`, 'm')
      )
      expect(outputs()).toMatchObject({
        changed: 'true',
        plan: JSON.stringify(REPORT.plan),
        'plan-file': ''
      })
      expect(process.exitCode).toBeUndefined()
    }
  )

  it('removes a plan file that was written only in part', async () => {
    const plan = (function* (): Generator<Change> {
      yield* REPORT.plan
      if (readdirSync(directory).some((name) => name.startsWith('ecr-public-plan-')))
        throw new Error('ENOSPC')
    })()
    await writeReport('ensure-repo', false, { ...REPORT, plan: { [Symbol.iterator]: () => plan } })
    expect(log).toContain('::warning::The plan file could not be written: ENOSPC')
    expect(readdirSync(directory).filter((name) => name.endsWith('.json'))).toEqual([])
  })

  it('counts the entries of a record that is too large for an output', async () => {
    const fields = Array.from({ length: 3000 }, (_, at) => [
      `team/app-${String(at)}`,
      ['aboutText']
    ])
    const record = Object.fromEntries(fields) as Record<string, string[]>
    const large = {
      ...record,
      ...Object.fromEntries(fields.map(([name]) => [`${String(name)}/${'x'.repeat(200)}`, []]))
    }
    await writeReport('sync-catalog', false, { ...REPORT, outputs: { 'changed-fields': large } })
    const text = outputs()['changed-fields'] ?? ''
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(256_000)
    const names = Object.keys(JSON.parse(text) as object)
    expect(names.at(-1)).toBe(`… and ${String(6000 - names.length + 1)} more`)
  })

  it('fails the step after the report, and warns if the summary cannot be written', async () => {
    process.env.GITHUB_STEP_SUMMARY = directory
    await writeReport('ensure-repo', false, {
      ...REPORT,
      failure: 'One of two\nrepositories failed'
    })
    expect(log).toMatch(/^::warning::The job summary could not be written: /m)
    expect(log).toMatch(/^::error::One of two/m)
    expect(outputs().changed).toBe('true')
  })
})

it('reports a failure with one error line, its details and each cause once', () => {
  const cause = new Error('connect ECONNREFUSED', { cause: new Error('the last cause') })
  reportFailure(new ActionError('The request failed: connect ECONNREFUSED', { cause }, 'Details'))
  expect(log.match(/^::error::/gm)).toHaveLength(1)
  expect(log).toContain('Details')
  expect(log).toContain('Caused by: the last cause')
  expect(log).not.toContain('Caused by: connect')
})

it('reports an unexpected error as such', () => {
  reportFailure('text')
  expect(log).toContain('::error::Unexpected error: text')
})

it('masks every line of a secret', () => {
  mask('first\nsecond\n')
  expect(log).toBe('::add-mask::first\n::add-mask::second\n')
})

it('logs without letting a message begin a workflow command', async () => {
  const stepLog = createLog()
  stepLog.info('::set-output name=a::b')
  stepLog.notice('a notice')
  stepLog.warning('a warning')
  stepLog.debug('details')
  await stepLog.group('A group', () => {
    stepLog.info('inside')
    return Promise.resolve()
  })
  expect(log).not.toMatch(/^::set-output/m)
  for (const line of [
    '::notice::a notice',
    '::warning::a warning',
    '::debug::details',
    '::group::A group'
  ]) {
    expect(log).toContain(line)
  }
})
