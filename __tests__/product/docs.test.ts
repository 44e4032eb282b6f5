import { validate } from '@actions/languageservice'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { parse } from 'yaml'
import { helpText } from '../../src/emulator/cli-help.js'
import { INPUT_SPECS } from '../../src/runner/inputs/input-specs.js'
import type { InputSpec, Mode } from '../../src/runner/inputs/input-specs.js'
import { DOCUMENTS, listAnchors, listBlocks, listInlineCode, listLinks } from './markdown.js'
import { readYaml, ROOT } from './read-workflow.js'
import type { ActionFile, Workflow, WorkflowStep } from './read-workflow.js'

const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

it('contains the generated tables and policies of the current code', async () => {
  const script = join(ROOT, '.github/scripts/docs.mjs')
  await promisify(execFile)(process.execPath, [script, '--check'], { cwd: ROOT })
})

describe.each(DOCUMENTS)('%s', (path) => {
  it('links to files and headings that exist', () => {
    const broken = listLinks(path).filter(({ url }) => !isValidLink(path, url))
    expect(broken).toEqual([])
  })

  it('names files that exist', () => {
    const named = listInlineCode(path).filter((text) =>
      /^(src|docs|emulator|__tests__|\.github|\.ci)\/[\w./-]*\w(\.\w+)?$/.test(text)
    )
    const examples = ['.github/lifecycle-policy.json', '.github/ecr-public-seed.json']
    const missing = named.filter(
      (name) =>
        !examples.includes(name) &&
        !name.includes('count-images') &&
        !existsSync(join(ROOT, name)) &&
        // The layout section omits the prefix `src/`.
        !existsSync(join(ROOT, 'src', name))
    )
    expect(missing).toEqual([])
  })

  it('names npm scripts that exist', () => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    for (const [, script = ''] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
      expect(packageJson.scripts).toHaveProperty([script])
    }
  })

  it('shows JSON that parses', () => {
    for (const { text } of listBlocks('json', [path])) {
      expect(() => JSON.parse(text) as unknown).not.toThrow()
    }
  })
})

it('describes every directory of src in CONTRIBUTING.md', () => {
  const text = readFileSync(join(ROOT, '.github/CONTRIBUTING.md'), 'utf8')
  const directories = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  const [, layout = ''] = /^## Layout\n([^]*?)^## /m.exec(text) ?? []
  expect(directories.filter((name) => !layout.includes(`${name}/`))).toEqual([])
})

it('names emulator options that exist', () => {
  const help = helpText()
  for (const path of ['docs/emulator.md', 'README.md', 'emulator/action.yml']) {
    const text = readFileSync(join(ROOT, path), 'utf8').replace(/^\|.*skopeo.*$/gm, '')
    for (const [, flag = ''] of text.matchAll(/dist\/emulator\/index\.js.* (--[a-z-]+)/g)) {
      expect(help).toContain(flag)
    }
    for (const [, flag = ''] of text.matchAll(/`(--[a-z][a-z-]+)[^`]*`/g)) {
      if (['--tls-verify', '--endpoint-url'].includes(flag)) continue
      expect(help).toContain(flag)
    }
  }
})

describe('workflows in the documents', () => {
  const blocks = listBlocks('yaml')
  const workflows = blocks.filter(({ text }) => /^(name|on):/m.test(text))

  it.each(workflows)('$path:$line passes GitHub’s parser', async ({ path, line, text }) => {
    const name = `${path.replaceAll('/', '-')}-${line}`
    const uri = `file:///repository/.github/workflows/${name}.yml`
    expect(await validate(TextDocument.create(uri, 'yaml', 0, text))).toEqual([])
  })

  it.each(workflows)(
    '$path:$line requests an OIDC token, and no permissions that it does not need',
    ({ text }) => {
      const workflow = parse(text) as Workflow
      const { 'id-token': token, contents, ...more } = workflow.permissions ?? {}
      expect([token, contents ?? 'read']).toEqual(['write', 'read'])
      const readsPullRequests = text.includes('closed-pull-requests')
      expect(more).toEqual(readsPullRequests ? { 'pull-requests': 'read' } : {})
      expect(text).not.toMatch(/aws-access-key-id|secrets\./)
    }
  )

  it.each(blocks)('$path:$line sets only inputs that the mode has', ({ text }) => {
    const steps = listSteps(parse(text))
    for (const step of steps) checkInputs(step)
  })
})

/** Returns whether the file and the heading of a link exist. Web links are not followed. */
function isValidLink(path: string, url: string): boolean {
  if (/^(https?|mailto):/.test(url)) return true
  const [file = '', anchor] = url.split('#')
  const target = file === '' ? path : join(dirname(path), decodeURIComponent(file))
  if (!existsSync(join(ROOT, target))) return false
  return anchor === undefined || listAnchors(target).has(anchor)
}

/** Returns the steps of a workflow, of an object with `steps` or of a list of steps. */
function listSteps(document: unknown): WorkflowStep[] {
  if (Array.isArray(document)) return document as WorkflowStep[]
  if (typeof document !== 'object' || document === null) return []
  const { jobs, steps } = document as Partial<Workflow> & { steps?: WorkflowStep[] }
  return steps ?? Object.values(jobs ?? {}).flatMap((job) => [...job.steps])
}

function checkInputs({ uses, with: given = {} }: WorkflowStep): void {
  if (uses?.startsWith('OWNER/ecr-public-action/emulator@') === true) {
    const action = readYaml('emulator/action.yml') as ActionFile
    expect(Object.keys(action.inputs ?? {})).toEqual(expect.arrayContaining(Object.keys(given)))
  }
  if (uses?.startsWith('OWNER/ecr-public-action@') !== true || Object.keys(given).length === 0)
    return
  const specs: Readonly<Record<string, InputSpec>> = INPUT_SPECS
  for (const [name, value] of Object.entries(given)) {
    expect(specs[name]?.modes).toContain(given.mode as Mode)
    const form = specs[name]?.form
    if (form?.type === 'choice') expect(form.allowed).toContain(value)
  }
}
