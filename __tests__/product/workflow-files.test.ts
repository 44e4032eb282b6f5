import { validate } from '@actions/languageservice'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { listFiles } from './make-workspace.js'
import { readWorkflow, readYaml, ROOT, titleOf } from './read-workflow.js'
import type { ActionFile } from './read-workflow.js'

const WORKFLOWS = readdirSync(join(ROOT, '.github/workflows')).map(
  (name) => `.github/workflows/${name}`
)
const EXAMPLES = listFiles().filter((path) => /^docs\/examples\/.*\.yml$/.test(path))
const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

/** Returns the findings of GitHub's workflow parser. */
async function diagnose(path: string, text: string): Promise<string[]> {
  const found = await validate(TextDocument.create(`file:///repository/${path}`, 'yaml', 0, text))
  return found.map((one) => `line ${one.range.start.line + 1}: ${JSON.stringify(one.message)}`)
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

describe('GitHub’s parser', () => {
  it.each([...WORKFLOWS, 'action.yml', 'emulator/action.yml'])('accepts %s', async (path) => {
    expect(await diagnose(path, read(path))).toEqual([])
  })

  it.each(EXAMPLES)('accepts %s', async (path) => {
    expect(await diagnose(path.replace('docs/examples', '.github/workflows'), read(path))).toEqual(
      []
    )
  })

  it('reports errors', async () => {
    const action = read('action.yml').replace('main:', 'mian:')
    expect(await diagnose('wrong/action.yml', action)).not.toEqual([])
    const workflow = read('.github/workflows/ci.yml').replace('timeout-minutes', 'timeout-minuets')
    expect(await diagnose('.github/workflows/wrong.yml', workflow)).not.toEqual([])
  })
})

describe.each(WORKFLOWS)('%s', (path) => {
  const workflow = readWorkflow(path)
  const jobs = Object.entries(workflow.jobs)
  const steps = jobs.flatMap(([, job]) => job.steps)

  it('pins every third-party action by commit, with its version in a comment', () => {
    for (const [line] of read(path).matchAll(/uses: .*$/gm)) {
      if (line.startsWith('uses: ./')) continue
      expect(line).toMatch(/^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })

  it('installs exact versions of packages', () => {
    for (const step of steps) {
      for (const [, args = ''] of (step.run ?? '').matchAll(/npm install (.*)$/gm)) {
        for (const name of args.split(' ').filter((each) => !each.startsWith('--'))) {
          expect(name).toMatch(/^(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/)
        }
      }
    }
  })

  it('requests only the expected permissions', () => {
    expect(Object.keys(workflow.permissions ?? { missing: '' })).toEqual(
      workflow.permissions?.contents === 'read' ? ['contents'] : []
    )
    for (const [name, job] of jobs) {
      const writes = Object.entries(job.permissions ?? {}).filter(([, level]) => level === 'write')
      const allowed = {
        analyze: ['security-events'],
        image: ['attestations', 'id-token', 'packages'],
        live: ['id-token'],
        package: ['id-token'],
        parity: ['id-token'],
        build: ['attestations', 'id-token'],
        release: ['contents'],
        scorecard: ['id-token', 'security-events']
      }[name]
      expect(writes.map(([permission]) => permission)).toEqual(allowed ?? [])
    }
  })

  it('sets a timeout for every job', () => {
    for (const [, job] of jobs) {
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeLessThanOrEqual(45)
    }
  })

  it('passes values to scripts in environment variables, not by expressions', () => {
    for (const step of steps) expect(step.run ?? '').not.toContain('${{')
  })

  it('does not keep a token in the checkout', () => {
    for (const step of steps) {
      if (step.uses?.startsWith('actions/checkout@') !== true) continue
      expect(step.with?.['persist-credentials']).toBe(false)
    }
  })

  it('calls scripts that exist', () => {
    for (const step of steps) {
      for (const [, script = ''] of (step.run ?? '').matchAll(/npm run (?:--silent )?([\w:-]+)/g)) {
        expect(packageJson.scripts).toHaveProperty([script])
      }
      for (const [, file = ''] of (step.run ?? '').matchAll(/node (\.[\w./-]+)/g)) {
        expect(existsSync(join(ROOT, file))).toBe(true)
      }
    }
  })

  it('sets only inputs that the actions of this repository have', () => {
    for (const step of steps) {
      if (step.uses?.startsWith('./') !== true) continue
      const action = readYaml(join(step.uses, 'action.yml')) as ActionFile
      for (const name of Object.keys(step.with ?? {})) {
        expect([titleOf(step), Object.keys(action.inputs ?? {})]).toEqual([
          titleOf(step),
          expect.arrayContaining([name])
        ])
      }
    }
  })
})

describe('CI', () => {
  it('runs every part of npm run all', () => {
    const scripts = Object.values(readWorkflow('.github/workflows/ci.yml').jobs)
      .flatMap((job) => job.steps.map((step) => step.run ?? ''))
      .join('\n')
    const ofAll = [...packageJson.scripts.all!.matchAll(/npm (?:run )?([\w:]+)/g)]
    for (const [, part = ''] of ofAll) {
      // .ci/run runs `npm test`.
      expect(scripts).toContain(part === 'test' ? '.ci/run' : `npm run ${part}`)
    }
  })

  it('uses the action in every mode', () => {
    const used = readWorkflow('.github/workflows/ci.yml').jobs.modes!.steps.flatMap((step) =>
      step.uses === './' ? [step.with?.mode] : []
    )
    expect([...new Set(used)].sort()).toEqual(
      ['cleanup-tags', 'ensure-repo', 'login', 'push-tar', 'sync-catalog'].sort()
    )
  })
})
