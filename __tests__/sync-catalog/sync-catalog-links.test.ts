import { GetRepositoryCatalogDataCommand } from '@aws-sdk/client-ecr-public'
import { join } from 'node:path'
import type { Report } from '../../src/runner/report.js'
import { syncCatalog } from '../../src/sync-catalog/sync-catalog.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { makeWorkspace } from '../helpers/make-workspace.js'
import { startEmulator } from '../helpers/start-emulator.js'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const HEAD = 'fedcba9876543210fedcba9876543210fedcba98'
const PAGE = `https://github.com/acme/app/blob/${SHA}`

interface Published {
  readonly about: string
  readonly usage: string
  readonly lines: readonly string[]
  readonly report: Report
  readonly sync: () => Promise<Report>
}

/** Publishes the files of a workspace to the repositories team/app and team/web. */
async function publish(
  files: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {}
): Promise<Published> {
  const emulator = await startEmulator({
    seed: { repositories: [{ name: 'team/app' }, { name: 'team/web' }] }
  })
  const workspace = await makeWorkspace(files)
  const deps = makeDeps(emulator, {
    env: {
      GITHUB_REPOSITORY: 'acme/app',
      GITHUB_SHA: SHA,
      GITHUB_WORKSPACE: workspace,
      GITHUB_EVENT_PATH: join(workspace, 'event.json'),
      ...env
    }
  })
  const sync = (): Promise<Report> =>
    syncCatalog(makeInputs('sync-catalog', { repository: 'team/app', ...inputs }), deps)
  const report = await sync()
  const command = new GetRepositoryCatalogDataCommand({ repositoryName: 'team/app' })
  const { aboutText = '', usageText = '' } = (await deps.api.send(command)).catalogData ?? {}
  return { about: aboutText, usage: usageText, lines: deps.lines, report, sync }
}

const warnings = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('warning: '))

const gitFiles = (directory: string, remote: string): Record<string, string> => ({
  [`${directory}.git/HEAD`]: 'ref: refs/heads/main\n',
  [`${directory}.git/refs/heads/main`]: `${HEAD}\n`,
  [`${directory}.git/config`]: `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${remote}\n`
})

it('leads links to headings of the other text to the README on GitHub', async () => {
  const readme = '# App\n\n[Config](#config)\n\n## Usage\n\n[App](#app)\n\n### Config\n'
  const { about, usage, sync } = await publish({ 'README.md': readme })
  expect(about).toBe(`# App\n\n[Config](${PAGE}/README.md#config)\n`)
  expect(usage).toBe(`## Usage\n\n[App](${PAGE}/README.md#app)\n\n### Config\n`)
  expect((await sync()).changed).toBe(false)
})

it('makes unquoted HTML attributes absolute, and shows images by URLs that serve Git LFS', async () => {
  const readme =
    '# App\n\n<img src=docs/logo.png width=200>\n\n![x](docs/x.png)\n\n![](https://github.com/O/R/blob/main/a.png)\n'
  const raw = `https://github.com/acme/app/raw/${SHA}`
  const { about } = await publish({ 'README.md': readme })
  expect(about).toBe(
    `# App\n\n<img src="${raw}/docs/logo.png" width=200>\n\n![x](${raw}/docs/x.png)\n\n![](https://github.com/O/R/raw/main/a.png)\n`
  )
})

it('leads links of a second checkout to its repository at its HEAD', async () => {
  const { about } = await publish(
    {
      ...gitFiles('', 'https://github.com/acme/app'),
      ...gitFiles('other/', 'https://token@github.com/other/lib.git'),
      'other/README.md': '# Lib\n\n[x](docs/x.md)\n',
      'other/docs/x.md': ''
    },
    { readme: 'other/README.md' }
  )
  expect(about).toBe(`# Lib\n\n[x](https://github.com/other/lib/blob/${HEAD}/docs/x.md)\n`)
})

it('does not change links of a second checkout that is not on GitHub, with a warning', async () => {
  const { about, lines } = await publish(
    {
      ...gitFiles('other/', 'https://user:secret@gitlab.com/other/lib.git'),
      'other/README.md': '# Lib\n\n[x](docs/x.md)\n'
    },
    { readme: 'other/README.md' }
  )
  expect(about).toBe('# Lib\n\n[x](docs/x.md)\n')
  expect(warnings(lines)).toEqual([
    'warning: other/README.md belongs to a checkout or submodule that is not from a known repository on GitHub, so relative links are not changed.'
  ])
  expect(lines.join('\n')).not.toContain('secret')
})

it.each([
  ['commit', SHA],
  ['branch', 'feature/a'],
  ['v2', 'v2']
])('with link-ref %s, links name %s', async (linkRef, ref) => {
  const files = { 'README.md': '# App\n\n[x](LICENSE) ![y](LICENSE)\n', LICENSE: '' }
  const inputs = { 'link-ref': linkRef }
  const { about, lines } = await publish(files, inputs, { GITHUB_REF: 'refs/heads/feature/a' })
  expect(about).toContain(`[x](https://github.com/acme/app/blob/${ref}/LICENSE)`)
  expect(about).toContain(`![y](https://github.com/acme/app/raw/${ref}/LICENSE)`)
  expect(warnings(lines)).toEqual([])
})

it('shortens long links in warnings', async () => {
  const [missing, outside] = ['u'.repeat(3000), `../../../${'v'.repeat(3000)}`]
  const { lines } = await publish({ 'README.md': `[a](${missing}) [b](${outside})\n` })
  expect(warnings(lines)).toEqual([
    expect.stringContaining(`: ../../../${'v'.repeat(191)}…`),
    expect.stringContaining(`README.md (${'u'.repeat(200)}…)`)
  ])
})

it('does not warn about the links of images that it removes', async () => {
  const image = (theme: string): string => `![x](${theme}.png#gh-${theme}-mode-only)`
  const { lines } = await publish({
    'README.md': `[${image('dark')}](dark.md) ${image('light')}\n`
  })
  expect(warnings(lines)).toEqual([expect.stringContaining('README.md (light.png#gh-')])
})

it('shows one warning for all links to files that do not exist', async () => {
  const files = {
    'app.md':
      '[a](a.md) [a](a.md) [b](b.md) [issues](../../issues) [ok](web.md) [x](https://x.com)\n',
    'web.md': '![c](img/c.png)\n'
  }
  const inputs = { repository: 'team/*', readme: '{name}.md' }
  const { lines, report } = await publish(files, inputs)
  const text =
    '3 relative links lead to files that the checkout does not contain: app.md (2), web.md (1).'
  expect(warnings(lines)).toEqual([`warning: ${text}`])
  expect(report.summary).toContainEqual({ kind: 'paragraph', text: `Warning: ${text}` })
  expect(report.summary).toContainEqual({
    kind: 'code',
    language: 'text',
    text: 'app.md: a.md, b.md\nweb.md: img/c.png',
    title: '2 details'
  })
})

it('shows one notice if the repository is private', async () => {
  const files = {
    'README.md': '# App\n\n[x](LICENSE)\n',
    LICENSE: '',
    'event.json': JSON.stringify({ repository: { private: true } })
  }
  const text =
    'notice: acme/app is a private repository, so the links to its files do not work for the public.'
  const { lines } = await publish(files, { repository: 'team/*' })
  expect(lines.filter((line) => line === text)).toHaveLength(1)
  const { lines: relative } = await publish(files, { 'absolute-links': 'false' })
  expect(relative).not.toContain(text)
  const open = { ...files, 'event.json': JSON.stringify({ repository: { private: false } }) }
  expect((await publish(open)).lines).not.toContain(text)
})
