import {
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetRegistryCatalogDataCommand,
  GetRepositoryCatalogDataCommand,
  PutImageCommand,
  PutRepositoryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { allActions, PERMISSIONS } from '../../src/ecr-public/permissions.js'
import type { EmulatorOptions } from '../../src/emulator/options.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { createRepositoryOpener } from '../../src/registry-client/open-repository.js'
import { syncCatalog } from '../../src/sync-catalog/sync-catalog.js'
import type { Registry } from '../../src/runner/deps.js'
import { ActionError } from '../../src/runner/errors.js'
import type { Report } from '../../src/runner/report.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { digestOf, pushBlob } from '../helpers/push-blob.js'
import { makePng, makeWorkspace } from '../helpers/make-workspace.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const COMMIT = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/app',
  GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567'
}

const README = `# App

Does things, [in detail](docs/detail.md).

## Usage

![shot](img/shot.png)
`
const PAGE = `https://github.com/acme/app/blob/${COMMIT.GITHUB_SHA}`
const RAW = `https://github.com/acme/app/raw/${COMMIT.GITHUB_SHA}`

interface Stage {
  readonly emulator: RunningEmulator
  readonly workspace: string
  readonly deps: TestDeps
  readonly sync: (inputs?: Readonly<Record<string, string>>) => Promise<Report>
  readonly record: (name?: string) => Promise<Readonly<Record<string, unknown>>>
  readonly put: (catalogData: Readonly<Record<string, unknown>>, name?: string) => Promise<void>
}

async function stage(
  files: Readonly<Record<string, string | Uint8Array>> = { 'README.md': README },
  options: EmulatorOptions & { readonly env?: Readonly<Record<string, string>> } = {}
): Promise<Stage> {
  const { env = COMMIT, ...emulatorOptions } = options
  const emulator = await startEmulator({
    seed: { repositories: [{ name: 'team/app' }] },
    ...emulatorOptions
  })
  const workspace = await makeWorkspace(files)
  const deps = makeDeps(emulator, { env: { ...env, GITHUB_WORKSPACE: workspace } })
  return {
    emulator,
    workspace,
    deps,
    sync: (inputs = {}) =>
      syncCatalog(makeInputs('sync-catalog', { repository: 'team/app', ...inputs }), deps),
    record: async (name = 'team/app') => {
      const command = new GetRepositoryCatalogDataCommand({ repositoryName: name })
      return { ...(await deps.api.send(command)).catalogData }
    },
    put: async (catalogData, name = 'team/app') => {
      const command = new PutRepositoryCatalogDataCommand({ repositoryName: name, catalogData })
      await deps.api.send(command)
    }
  }
}

/** Returns a seed of one repository with these images. */
function seedOf(
  images: readonly { readonly tag: string; readonly platforms: readonly string[] }[]
): EmulatorOptions {
  const seeded = images.map(({ tag, platforms }) => ({ tags: [{ tag }], platforms }))
  return { seed: { repositories: [{ name: 'team/app', images: seeded }] } }
}

/** Moves a tag to an index with the same images, all of them with this platform. */
async function replacePlatforms(
  imageTag: string,
  platform: object | undefined,
  deps: TestDeps
): Promise<void> {
  const repositoryName = 'team/app'
  const { repositories } = await deps.api.send(new DescribeRepositoriesCommand({}))
  const uri = repositories?.[0]?.repositoryUri ?? ''
  const { registry, path } = await createRepositoryOpener(deps)(uri)
  const served = await registry.findManifest(path, imageTag)
  const index = JSON.parse(String(served?.bytes)) as { manifests: object[] }
  const manifests = index.manifests.map((child) => ({ ...child, platform }))
  const imageManifest = JSON.stringify({ ...index, manifests })
  await deps.api.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }))
}

const writes = async (emulator: RunningEmulator): Promise<string[]> =>
  (await emulator.operations()).filter((operation) => operation.startsWith('Put'))

const rows = ({ plan }: Report): string[] => plan.map(({ action, target }) => `${action} ${target}`)

describe.each(['merge', 'replace'] as const)(
  'sync-catalog if the service %ss catalog data',
  (catalogPut) => {
    it('writes both texts with absolute links, and a second run makes no changes', async () => {
      const { emulator, sync, record } = await stage(undefined, { catalogPut })
      const report = await sync({ description: 'An app' })
      expect(await record()).toEqual({
        description: 'An app',
        aboutText: `# App\n\nDoes things, [in detail](${PAGE}/docs/detail.md).\n`,
        usageText: `## Usage\n\n![shot](${RAW}/img/shot.png)\n`
      })
      expect(report).toMatchObject({
        changed: true,
        repositories: ['team/app'],
        outputs: {
          'changed-fields': { 'team/app': ['description', 'aboutText', 'usageText'] },
          truncated: false,
          'gallery-url': `${emulator.url}/a1b2c3d4/team/app`
        },
        failure: undefined
      })
      expect(rows(report)).toEqual([
        'create team/app#description',
        'create team/app#aboutText',
        'create team/app#usageText'
      ])

      const second = await sync({ description: 'An app' })
      expect(second.changed).toBe(false)
      expect(second.outputs['changed-fields']).toEqual({})
      expect(rows(second).every((row) => row.startsWith('keep '))).toBe(true)
      expect(await writes(emulator)).toEqual(['PutRepositoryCatalogData'])
    })

    it('keeps fields that are not requested, including the logo', async () => {
      const { sync, record, put } = await stage(undefined, { catalogPut })
      await put({
        description: 'kept',
        architectures: ['ARM 64'],
        operatingSystems: ['Linux'],
        logoImageBlob: makePng(64, 64)
      })
      await sync()
      const { logoUrl, ...rest } = await record()
      expect(rest).toMatchObject({
        description: 'kept',
        architectures: ['ARM 64'],
        operatingSystems: ['Linux'],
        usageText: `## Usage\n\n![shot](${RAW}/img/shot.png)\n`
      })
      const served = await fetch(String(logoUrl))
      expect(Buffer.from(await served.arrayBuffer()).equals(makePng(64, 64))).toBe(true)
    })

    it('clears fields with an empty file or the word none', async () => {
      const files = { 'README.md': README, 'empty.md': '\n' }
      const { sync, record, put } = await stage(files, { catalogPut })
      await put({
        description: 'old',
        aboutText: 'old',
        usageText: 'old',
        architectures: ['x86'],
        operatingSystems: ['Linux']
      })
      const report = await sync({
        about: 'empty.md',
        usage: 'empty.md',
        description: 'none',
        architectures: 'none',
        'operating-systems': 'none'
      })
      expect(await record()).toEqual({})
      expect(rows(report).every((row) => row.startsWith('delete '))).toBe(true)
      const again = { about: 'empty.md', usage: 'empty.md', description: 'none' }
      expect((await sync(again)).changed).toBe(false)
    })

    it('sends the logo only if it differs', async () => {
      const files = { 'README.md': README, 'logo.png': makePng(64, 64) }
      const { emulator, workspace, sync, record } = await stage(files, { catalogPut })
      expect(rows(await sync({ logo: 'logo.png' }))).toContain('create team/app#logoImageBlob')
      expect((await sync({ logo: 'logo.png' })).changed).toBe(false)
      await writeFile(join(workspace, 'logo.png'), makePng(64, 64, 7))
      const report = await sync({ logo: 'logo.png' })
      expect(report.outputs['changed-fields']).toEqual({ 'team/app': ['logoImageBlob'] })
      expect((await record()).aboutText).toContain('# App')
      expect((await sync({ logo: 'logo.png' })).changed).toBe(false)
      expect(await writes(emulator)).toHaveLength(2)
    })
  }
)

describe('sync-catalog', () => {
  it('reports the same plan in a dry run and writes nothing', async () => {
    const { emulator, sync, deps } = await stage()
    const dry = await sync({ 'dry-run': 'true', 'display-name': 'Acme' })
    const dryLines = [...deps.lines]
    expect(await writes(emulator)).toEqual([])
    const wet = await sync({ 'display-name': 'Acme' })
    expect(dry.plan).toEqual(wet.plan)
    expect(dry.outputs).toEqual(wet.outputs)
    expect(dry.changed).toBe(true)
    expect(deps.lines.slice(dryLines.length)).toEqual(dryLines)
  })

  it('plans a repository that does not exist yet as an empty one in a dry run, with a warning', async () => {
    const { emulator, sync, deps } = await stage()
    const inputs = { repository: 'team/new\nteam/app', architectures: 'auto', 'dry-run': 'true' }
    const report = await sync(inputs)
    expect(report).toMatchObject({ changed: true, repositories: ['team/new', 'team/app'] })
    expect(rows(report).slice(0, 2)).toEqual([
      'create team/new#aboutText',
      'create team/new#usageText'
    ])
    expect(report.outputs['gallery-url']).toBe(`${emulator.url}/a1b2c3d4/team/new`)
    expect(deps.lines).toContainEqual(
      expect.stringMatching(
        /^warning: team\/new does not exist yet\. The dry run treats it as empty\.$/
      )
    )
    expect(await writes(emulator)).toEqual([])
    await expect(sync({ ...inputs, 'dry-run': 'false' })).rejects.toThrow(/team\/new/)
    expect(await writes(emulator)).toEqual([])
  })

  it.each<[string, EmulatorOptions, Record<string, string>]>([
    ['of another account', {}, { 'registry-id': '999999999999' }],
    ['that does not exist yet', { registryBeforeRepository: 'empty', seed: {} }, {}]
  ])(
    'does not invent the page of a new repository of a registry %s',
    async (_name, options, texts) => {
      const { sync, deps } = await stage(undefined, options)
      const report = await sync({ repository: 'team/new', 'dry-run': 'true', ...texts })
      expect(report).toMatchObject({ changed: true, outputs: { 'gallery-url': '' } })
      const shown = JSON.stringify([report.summary, deps.lines])
      expect(shown).not.toMatch(/gallery|127\.0\.0\.1|\/team\/new/)
    }
  )

  it('names the branch instead of the commit in links if a text is too long otherwise', async () => {
    const text = `# App\n\n${'[a](docs/a.md)\n\n'.repeat(100)}${'x'.repeat(18_000)}\n`
    const env = { ...COMMIT, GITHUB_REF_NAME: 'release/1 #2' }
    const { sync, record } = await stage({ 'README.md': text }, { env })
    const report = await sync()
    expect(report.outputs.truncated).toBe(false)
    expect((await record()).aboutText).toContain(
      '(https://github.com/acme/app/blob/release/1%20%232/docs/a.md)'
    )
  })

  it('keeps a ref that is set explicitly in links, even if the text is too long with it', async () => {
    const text = `# App\n\n${'[a](docs/a.md)\n\n'.repeat(100)}${'x'.repeat(18_000)}\n`
    const ref = `release-${'1'.repeat(40)}`
    const env = { ...COMMIT, GITHUB_REF_NAME: 'main' }
    const { sync, record } = await stage({ 'README.md': text }, { env })
    const report = await sync({ 'link-ref': ref })
    expect(report.outputs.truncated).toBe(true)
    expect((await record()).aboutText).toContain(`/acme/app/blob/${ref}/docs/a.md)`)
  })

  it('converts shortcodes, leaves out skipped parts, and warns about a marker without its other half', async () => {
    const marker = '<!-- ecr-public: skip -->'
    const text = `# App :rocket:\n\n${marker}\nX\n<!-- ecr-public: end skip -->\n\nY\n\n${marker}\n`
    const { sync, record, deps } = await stage({ 'README.md': text })
    await sync()
    expect((await record()).aboutText).toBe(`# App 🚀\n\nY\n\n${marker}\n`)
    expect(deps.lines).toContainEqual(
      expect.stringMatching(
        /^warning: README\.md has skip markers without their other half.*skip -->$/
      )
    )
  })

  it('warns how much of a text is left', async () => {
    const { sync, deps } = await stage({ 'README.md': `# App\n\n${'Words.\n\n'.repeat(4000)}` })
    await sync()
    expect(deps.lines).toContainEqual(
      expect.stringMatching(
        /^warning: The about text of README\.md is truncated in section "App": 25\d{3} of 32006 characters are left\.$/
      )
    )
  })

  it('shows a diff for each field in the log and in the summary', async () => {
    const { sync, put, deps } = await stage()
    await put({ aboutText: '# App\n\nDid things.\n' })
    const report = await sync()
    const code = report.summary.filter((block) => block.kind === 'code')
    expect(code.map(({ title }) => title)).toEqual(['team/app#aboutText', 'team/app#usageText'])
    expect(code[0]!.text).toContain(' # App\n \n-Did things.\n+Does things, [in detail](')
    expect(deps.lines).toContain(`info: ${code[0]!.text}`)
    expect(deps.lines).toContainEqual(
      expect.stringMatching(/^group: team\/app: aboutText, usageText \(http/)
    )
    expect(report.summary.filter(({ kind }) => kind === 'link')).toHaveLength(1)
  })

  it('reports whether only the commit in the links differs or the text was changed by hand', async () => {
    const { sync, put } = await stage()
    await sync()
    await put({ usageText: `## Usage\n\n![shot](${RAW.replace(/0123/, 'fedc')}/img/shot.png)\n` })
    const [, usage] = (await sync()).plan
    expect(usage).toMatchObject({
      action: 'update',
      reason: 'only the commit in the links differs'
    })
    await put({ usageText: 'typed into the console' })
    expect((await sync()).plan[1]).toMatchObject({
      action: 'update',
      reason: expect.stringContaining('changed by hand')
    })
  })

  it('handles a repository without catalog data like an empty one', async () => {
    const { sync } = await stage(undefined, { catalogDataMissing: 'not-found' })
    expect(rows(await sync())).toEqual(['create team/app#aboutText', 'create team/app#usageText'])
  })

  it('names the missing permission of a read', async () => {
    const { sync } = await stage(undefined, { allow: ['ecr-public:DescribeRepositories'] })
    await expect(sync()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('ecr-public:GetRepositoryCatalogData')
    })
  })

  it('names the missing permission of a write, and marks the failed rows', async () => {
    const { sync } = await stage(undefined, {
      allow: ['ecr-public:Describe*', 'ecr-public:GetRepositoryCatalogData']
    })
    const report = await sync()
    expect(report.changed).toBe(false)
    expect(report.failure).toContain('ecr-public:PutRepositoryCatalogData')
    expect(report.plan[0]).toMatchObject({ action: 'create', failed: true })
    expect(report.outputs['changed-fields']).toEqual({})
  })

  it('needs only the documented permissions', async () => {
    const { sync } = await stage(undefined, {
      allow: [...PERMISSIONS['sync-catalog'].actions]
    })
    expect((await sync()).failure).toBeUndefined()
  })

  it('needs only the documented permissions for display-name and auto', async () => {
    const images = [{ tags: [{ tag: 'v1' }], platforms: ['linux/arm64'] }]
    const { sync, record } = await stage(undefined, {
      allow: allActions('sync-catalog'),
      seed: { repositories: [{ name: 'team/app', images }] }
    })
    const report = await sync({ architectures: 'auto', 'display-name': 'Acme' })
    expect(report.failure).toBeUndefined()
    expect((await record()).architectures).toEqual(['ARM 64'])
  })

  it('does not change links outside of GitHub Actions, and shows a notice', async () => {
    const { sync, record, deps } = await stage(undefined, { env: {} })
    await sync()
    expect((await record()).usageText).toBe('## Usage\n\n![shot](img/shot.png)\n')
    expect(deps.lines).toContainEqual(expect.stringMatching(/^notice: GITHUB_REPOSITORY/))
  })

  it('does not change links if absolute-links is false', async () => {
    const { sync, record } = await stage()
    await sync({ 'absolute-links': 'false' })
    expect((await record()).usageText).toBe('## Usage\n\n![shot](img/shot.png)\n')
  })

  it('resolves links from the root of the checkout', async () => {
    const { sync, record, workspace } = await stage({ 'src/pkg/README.md': README })
    await mkdir(join(workspace, 'src/.git'))
    await sync({ readme: 'src/pkg/README.md' })
    expect((await record()).usageText).toBe(`## Usage\n\n![shot](${RAW}/pkg/img/shot.png)\n`)
  })

  it('does not change the texts if the default README does not exist', async () => {
    const { sync, deps } = await stage({})
    const report = await sync({ description: 'An app' })
    expect(rows(report)).toEqual(['create team/app#description'])
    expect(deps.lines).toContainEqual(expect.stringMatching(/^notice: README\.md does not exist/))
  })

  it('does not change the usage text without a usage section, and shows a notice', async () => {
    const { sync, record, put, deps } = await stage({ 'README.md': '# App\n\nWords.\n' })
    await put({ usageText: 'kept' })
    await sync()
    expect(await record()).toEqual({ aboutText: '# App\n\nWords.\n', usageText: 'kept' })
    expect(deps.lines).toContainEqual(
      expect.stringMatching(/^notice: README\.md does not have a section/)
    )
  })

  it('warns about links that lead out of the repository', async () => {
    const { sync, deps } = await stage({ 'README.md': '[x](../../../../elsewhere)\n' })
    await sync()
    expect(deps.lines).toContainEqual(
      expect.stringMatching(/^warning: README\.md has links .* \.\.\/\.\.\/\.\.\/\.\.\/elsewhere$/)
    )
  })

  it('truncates texts that are too long and links to the full text', async () => {
    const long = `# App\n\n${'Some words of text.\n\n'.repeat(2000)}## Usage\n\nRun.\n`
    const { sync, record } = await stage({ 'README.md': long })
    const report = await sync()
    const { aboutText } = (await record()) as Record<string, string>
    expect(aboutText!.length).toBeLessThanOrEqual(25_600)
    expect(aboutText).toContain(`[Read the full text](${PAGE}/README.md)`)
    expect(report.outputs.truncated).toBe(true)
    expect(report.plan[0]).toMatchObject({ truncated: true, limit: 25_600 })
    expect((await sync()).changed).toBe(false)
  })

  it('reports the excess and the section of a text that is too long and must not be truncated', async () => {
    const long = `# App\n\n${'x'.repeat(20_000)}\n\n## Changes\n\n${'y'.repeat(10_000)}\n`
    const { sync, emulator } = await stage({ 'README.md': long })
    await expect(sync({ 'on-too-long': 'fail' })).rejects.toThrow(
      /^The about text is too long: ".*README\.md"\. It has 30022 characters, 4422 too many\. .* section "Changes"\. Use at most 25600 characters\./
    )
    expect(await writes(emulator)).toEqual([])
  })

  it('sets the display name of the registry and removes it', async () => {
    const { sync, deps, emulator } = await stage({})
    const displayName = async (): Promise<string | undefined> =>
      (await deps.api.send(new GetRegistryCatalogDataCommand({}))).registryCatalogData?.displayName
    const report = await sync({ 'display-name': 'Acme Corp' })
    expect(report.plan).toEqual([
      expect.objectContaining({
        action: 'create',
        kind: 'display-name',
        target: `${emulator.host}/a1b2c3d4#displayName`
      })
    ])
    expect(await displayName()).toBe('Acme Corp')
    expect((await sync({ 'display-name': 'Acme Corp' })).changed).toBe(false)
    expect(rows(await sync({ 'display-name': 'Other' }))).toEqual([
      `update ${emulator.host}/a1b2c3d4#displayName`
    ])
    await sync({ 'display-name': 'none' })
    expect(await displayName()).toBeUndefined()
  })

  it.each([
    ['present', 'false'],
    ['empty', 'false'],
    ['empty', 'true']
  ] as const)(
    'does not set the display name of the own registry for another account (registry: %s, dry run: %s)',
    async (registryBeforeRepository, dryRun) => {
      const seed = { repositories: [] }
      const { emulator, deps } = await stage({}, { registryBeforeRepository, seed })
      const repository = {
        registryId: '999999999999',
        repositoryName: 'team/app',
        repositoryUri: `${emulator.host}/zzzzzzzz/team/app`
      }
      const api = interceptApi(deps.api, (command, send) =>
        command instanceof DescribeRepositoriesCommand
          ? Promise.resolve({ repositories: [repository] })
          : send(command)
      )
      const texts = { 'registry-id': '999999999999', 'display-name': 'Acme', 'dry-run': dryRun }
      const inputs = makeInputs('sync-catalog', { repository: 'team/app', ...texts })
      await expect(syncCatalog(inputs, { ...deps, api })).rejects.toThrow(
        'The display name of the registry of another account cannot be changed: "999999999999". The credentials belong to account 123456789012. Use credentials of the other account, or remove the input "display-name".'
      )
      expect(await writes(emulator)).toEqual([])
    }
  )

  it('sets the display name if registry-id is the own account', async () => {
    const { sync } = await stage({})
    const report = await sync({ 'registry-id': '123456789012', 'display-name': 'Acme' })
    expect(report.changed).toBe(true)
  })

  it('fails if the account cannot have a display name, and updates the repositories', async () => {
    const { sync, record } = await stage(undefined, { displayNameOf: 'verified-only' })
    const report = await sync({ 'display-name': 'Acme' })
    expect(report.failure).toMatch(/display name could not be set/)
    expect((await record()).aboutText).toContain('# App')
    expect(report.outputs['changed-fields']).toHaveProperty('team/app')
  })

  it('reads badges from the images if the input is auto', async () => {
    const images = [
      {
        tags: [{ tag: 'v2' }],
        platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'],
        attestations: true
      },
      { tags: [{ tag: 'v1-win' }], platforms: ['windows/amd64'], format: 'docker' }
    ]
    const { sync, record, deps } = await stage(undefined, {
      seed: { repositories: [{ name: 'team/app', images }] }
    })
    const inputs = { architectures: 'auto', 'operating-systems': 'auto' }
    await sync(inputs)
    expect(await record()).toMatchObject({
      architectures: ['ARM 64', 'x86-64'],
      operatingSystems: ['Linux', 'Windows']
    })
    expect(deps.lines).toContainEqual(expect.stringMatching(/^notice: .*linux\/s390x/))
    expect((await sync(inputs)).changed).toBe(false)
  })

  it('does not read a badge from an artifact with the media type of an image config', async () => {
    const images = [{ tags: [{ tag: 'v1' }], platforms: ['linux/amd64'] }]
    const { sync, record, deps } = await stage(undefined, {
      seed: { repositories: [{ name: 'team/app', images }] }
    })
    const [config, layer] = [Buffer.from('{}'), Buffer.from('bundle')]
    const descriptorOf = (bytes: Buffer, mediaType: string): object => ({
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length
    })
    for (const blob of [config, layer]) await pushBlob(deps.api, 'team/app', blob)
    const manifest = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: descriptorOf(config, MEDIA_TYPES.ociConfig),
      layers: [descriptorOf(layer, MEDIA_TYPES.ociLayerGzip)]
    }
    await deps.api.send(
      new PutImageCommand({
        repositoryName: 'team/app',
        imageManifest: JSON.stringify(manifest),
        imageTag: 'bundle'
      })
    )
    await sync({ architectures: 'auto' })
    expect(await record()).toMatchObject({ architectures: ['x86-64'] })
  })

  it.each([undefined, { os: '', architecture: '' }])(
    'reads badges from the images of an index without platforms (%j)',
    async (platform) => {
      const platforms = ['linux/amd64', 'linux/arm64', 'windows/amd64']
      const { sync, record, deps } = await stage(undefined, seedOf([{ tag: 'v1', platforms }]))
      await replacePlatforms('v1', platform, deps)
      await sync({ architectures: 'auto', 'operating-systems': 'auto' })
      expect(await record()).toMatchObject({
        architectures: ['ARM 64', 'x86-64'],
        operatingSystems: ['Linux', 'Windows']
      })
    }
  )

  it('reads up to ten images of all indexes without platforms', async () => {
    const architectures = ['amd64', 'arm64', '386', 'arm', 'riscv64', 's390x', 'ppc64le']
    const systems = ['linux', 'windows']
    const images = systems.map((os) => ({
      tag: os,
      platforms: architectures.map((architecture) => `${os}/${architecture}`)
    }))
    const { emulator, sync, deps } = await stage(undefined, seedOf(images))
    for (const tag of systems) await replacePlatforms(tag, undefined, deps)
    const isConfig = ({ path }: { path: string }): boolean => path.includes('/blobs/')
    const before = (await emulator.requests()).filter(isConfig).length
    await sync({ architectures: 'auto' })
    expect((await emulator.requests()).filter(isConfig).length - before).toBe(10)
  })

  it('does not change badges if auto does not find an image', async () => {
    const { sync, put, record, deps } = await stage({})
    await put({ architectures: ['x86'] })
    await sync({ architectures: 'auto', 'operating-systems': 'linux' })
    expect(await record()).toEqual({ architectures: ['x86'], operatingSystems: ['Linux'] })
    expect(deps.lines).toContainEqual(
      expect.stringMatching(/^notice: team\/app does not contain an image/)
    )
  })

  describe('if an image cannot be read', () => {
    const AUTO = { architectures: 'auto', 'operating-systems': 'auto' }
    const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
    const ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json'
    const serve = (body: object, mediaType: string): Partial<Registry> => {
      const bytes = Buffer.from(JSON.stringify(body))
      return { findManifest: () => Promise.resolve({ bytes, digest: digestOf(bytes), mediaType }) }
    }

    /** Runs with a registry that serves the oldest of two images in this way. */
    const stageUnreadable = async (served: Partial<Registry>) => {
      const platforms = ['linux/amd64', 'linux/arm64']
      const images = platforms.map((platform, at) => ({ tag: `v${at}`, platforms: [platform] }))
      const on = await stage(undefined, seedOf(images))
      const { imageDetails = [] } = await on.deps.api.send(
        new DescribeImagesCommand({ repositoryName: 'team/app' })
      )
      const oldest = imageDetails.find(({ imageTags }) => imageTags?.includes('v0'))!
      const deps: TestDeps = {
        ...on.deps,
        openRegistry: async (host) => {
          const registry = await on.deps.openRegistry(host)
          const { bytes } = (await registry.findManifest('a1b2c3d4/team/app', oldest.imageDigest!))!
          const { config } = JSON.parse(String(bytes)) as { config: { digest: string } }
          return {
            ...registry,
            findManifest: (path, reference) =>
              (reference === oldest.imageDigest && served.findManifest ? served : registry)
                .findManifest!(path, reference),
            getBlob: (path, digest, maxBytes) =>
              (digest === config.digest && served.getBlob ? served : registry).getBlob!(
                path,
                digest,
                maxBytes
              )
          }
        }
      }
      const inputs = makeInputs('sync-catalog', { repository: 'team/app', ...AUTO })
      return { ...on, digest: oldest.imageDigest!, run: () => syncCatalog(inputs, deps) }
    }

    it.each<[string, Partial<Registry>, RegExp]>([
      [
        'schema 1',
        serve({ schemaVersion: 1, name: 'app' }, SCHEMA_1),
        /: "application\/.*v1\+pretty/
      ],
      ['an artifact manifest', serve({ mediaType: ARTIFACT, blobs: [] }, ARTIFACT), /artifact/],
      ['missing', { findManifest: () => Promise.resolve(undefined) }, /does not have the manifest/],
      [
        'a config that is not JSON',
        { getBlob: () => Promise.resolve(Buffer.from('x')) },
        /is not JSON/
      ]
    ])('adds the badges of the others and removes none (%s)', async (_, served, reason) => {
      const { record, put, run, deps, digest } = await stageUnreadable(served)
      await put({ architectures: ['x86-64', 'x86'], operatingSystems: ['Windows'] })
      const report = await run()
      expect(report.failure).toBeUndefined()
      const { architectures, operatingSystems } = await record()
      expect(
        [architectures, operatingSystems].map((list) => [...(list as string[])].sort())
      ).toEqual([
        ['ARM 64', 'x86', 'x86-64'],
        ['Linux', 'Windows']
      ])
      const [warning] = deps.lines.filter((line) => line.startsWith('warning: '))
      expect(warning).toMatch(/^warning: team\/app contains images that could not be read/)
      expect(warning).toContain(digest)
      expect(warning).toMatch(reason)
      expect((await run()).changed).toBe(false)
    })

    it('sets the badges of the others if the repository does not have badges yet', async () => {
      const { record, run } = await stageUnreadable(serve({ schemaVersion: 1 }, SCHEMA_1))
      await run()
      expect(await record()).toMatchObject({
        architectures: ['ARM 64'],
        operatingSystems: ['Linux']
      })
    })

    it('keeps the badges if no image can be read, and does not report a repository without images', async () => {
      const { put, record, deps, run } = await stageUnreadable({})
      await put({ architectures: ['x86'] })
      const { openRegistry } = deps
      const inputs = makeInputs('sync-catalog', { repository: 'team/app', ...AUTO })
      const unreadable = serve({ schemaVersion: 1 }, SCHEMA_1)
      await syncCatalog(inputs, {
        ...deps,
        openRegistry: async (host) => ({ ...(await openRegistry(host)), ...unreadable })
      })
      expect(await record()).toMatchObject({ architectures: ['x86'] })
      expect(deps.lines.join('\n')).not.toMatch(/does not contain an image/)
      await run()
      expect(await record()).toMatchObject({ architectures: ['ARM 64', 'x86-64'] })
    })

    it('fails if the registry refuses to serve it', async () => {
      const refused = new ActionError('Cannot read the manifest from the registry: "403".')
      const { run } = await stageUnreadable({ findManifest: () => Promise.reject(refused) })
      await expect(run()).rejects.toThrow('Cannot read the manifest from the registry: "403".')
    })
  })

  it('ignores the order of badges', async () => {
    const { sync, put } = await stage({})
    await put({ architectures: ['x86-64', 'ARM 64'] })
    expect((await sync({ architectures: 'linux/arm64, amd64' })).changed).toBe(false)
  })

  it('reads the catalog data back until the service returns it, if the response does not have it', async () => {
    const { sync, deps } = await stage()
    let reads = 0
    const slow = makeDeps({ env: deps.env } as RunningEmulator, {
      env: deps.env,
      api: {
        middlewareStack: deps.api.middlewareStack,
        send: (async (command: { readonly input: object }) => {
          const answer = await deps.api.send(command as never)
          const isRead = command instanceof GetRepositoryCatalogDataCommand
          const isStale = command instanceof PutRepositoryCatalogDataCommand
          return isStale || (isRead && ++reads < 5) ? { catalogData: {} } : answer
        }) as never
      }
    })
    const inputs = makeInputs('sync-catalog', { repository: 'team/app' })
    expect((await syncCatalog(inputs, slow)).failure).toBeUndefined()
    reads = -100
    await deps.api.send(
      new PutRepositoryCatalogDataCommand({ repositoryName: 'team/app', catalogData: {} })
    )
    expect((await syncCatalog(inputs, slow)).failure).toMatch(/were not saved as sent/)
    expect((await sync()).changed).toBe(false)
  })

  it.each([
    ['merge', undefined],
    ['replace', /were not saved as sent: "logoImageBlob"\. .* Set "logo" too/]
  ] as const)(
    'checks that a logo that it cannot read is kept, if the service %ss catalog data',
    async (catalogPut, failure) => {
      const { put, deps } = await stage(undefined, { catalogPut })
      await put({ logoImageBlob: makePng(61, 61) })
      const blind = { ...deps, env: { ...deps.env, http_proxy: 'http://127.0.0.1:9' } }
      const inputs = makeInputs('sync-catalog', { repository: 'team/app' })
      const report = await syncCatalog(inputs, blind)
      expect(deps.lines).toContainEqual(
        expect.stringMatching(/^notice: The logo of team\/app could not be read/)
      )
      expect(report.failure ?? '').toMatch(failure ?? /^$/)
    }
  )

  it('does not change the about text if the README contains only usage sections', async () => {
    const { sync, deps } = await stage({ 'README.md': '# Usage\n\nRun.\n' })
    expect(rows(await sync())).toEqual(['create team/app#usageText'])
    expect(deps.lines).toContainEqual(
      expect.stringMatching(/^notice: .* the about text is not changed/)
    )
  })

  it('sends the logo with a notice in every run if the current logo cannot be read', async () => {
    const { sync, put, deps, emulator, record } = await stage({ 'logo.png': makePng(60, 60) })
    await put({ logoImageBlob: makePng(61, 61) })
    const env = { ...deps.env, http_proxy: 'http://127.0.0.1:9', no_proxy: 'example.invalid' }
    const inputs = makeInputs('sync-catalog', { repository: 'team/app', logo: 'logo.png' })
    for (const run of [1, 2]) {
      const report = await syncCatalog(inputs, { ...deps, env })
      expect(report).toMatchObject({
        changed: true,
        failure: undefined,
        plan: [
          {
            action: 'update',
            target: 'team/app#logoImageBlob',
            reason: expect.stringMatching(/^the current logo could not be read \(/)
          }
        ]
      })
      expect(await writes(emulator)).toHaveLength(run + 1)
      const notices = deps.lines.filter((line) => line.startsWith('notice: The current logo of'))
      expect(notices).toHaveLength(run)
    }
    const served = await fetch(String((await record()).logoUrl))
    expect(Buffer.from(await served.arrayBuffer()).equals(makePng(60, 60))).toBe(true)
    expect((await sync({ logo: 'logo.png' })).changed).toBe(false)
  })

  it.each(['truncate', 'fail'])(
    'rejects a description of 1,025 characters if on-too-long is %s',
    async (onTooLong) => {
      const { sync, emulator, record } = await stage({})
      await expect(
        sync({ description: 'x'.repeat(1025), 'on-too-long': onTooLong })
      ).rejects.toThrow(/"description" is too long: .* It has 1025 characters, 1 too many\./)
      expect(await writes(emulator)).toEqual([])
      await sync({ description: 'x'.repeat(1024), 'on-too-long': onTooLong })
      expect((await record()).description).toBe('x'.repeat(1024))
    }
  )
})

describe('sync-catalog with bad local files', () => {
  it.each<readonly [string, string, string | Uint8Array, RegExp]>([
    [
      'README in UTF-16',
      'readme',
      Buffer.from('\ufeff# Hi', 'utf16le'),
      /not UTF-8 text: .* UTF-16/
    ],
    ['README that is not UTF-8', 'readme', Uint8Array.of(0x23, 0xc3, 0x28), /UTF-8 at byte 2/],
    ['README with NUL characters', 'readme', 'a\0b', /NUL/],
    ['README that is too large', 'readme', 'x'.repeat(1024 * 1024 + 1), /too large/],
    ['logo that is not an image', 'logo', 'hello', /PNG, JPEG or GIF/],
    ['logo that is SVG', 'logo', '<svg/>', /an SVG image/],
    ['logo that is broken', 'logo', makePng(60, 60).subarray(0, 12), /a broken PNG image/],
    ['logo that is too small', 'logo', makePng(59, 60), /59 × 60 pixels.*60 to 2048/],
    ['logo that is too large', 'logo', Buffer.alloc(512_001), /at most 512000 bytes/]
  ])('rejects a %s before anything is written', async (_name, input, content, message) => {
    const { sync, emulator } = await stage({ bad: content })
    await expect(sync({ [input]: 'bad', 'display-name': 'X' })).rejects.toThrow(message)
    expect(await writes(emulator)).toEqual([])
  })

  it('rejects a directory and a file that does not exist', async () => {
    const { sync, workspace } = await stage({})
    await mkdir(join(workspace, 'docs'))
    await expect(sync({ readme: 'docs' })).rejects.toThrow(
      /does not name a regular file: .* a directory\./
    )
    await expect(sync({ about: 'missing.md' })).rejects.toThrow(
      /"about" names a file that does not/
    )
    await rm(join(workspace, 'docs'), { recursive: true })
  })

  it('rejects a FIFO without waiting for data', async () => {
    const { sync, workspace } = await stage({})
    execFileSync('mkfifo', [join(workspace, 'fifo')])
    await expect(sync({ readme: 'fifo' })).rejects.toThrow(
      /does not name a regular file: .* a FIFO\./
    )
  })

  it.each(['readme', 'about', 'usage', 'logo'])(
    'does not publish a file outside of the workspace or of a git directory that input %s leads to',
    async (input) => {
      const outside = await makeWorkspace({ 'config.json': 'secret', 'logo.png': makePng(64, 64) })
      const { sync, emulator, workspace } = await stage({ '.git/config': 'secret' })
      const file = input === 'logo' ? 'logo.png' : 'config.json'
      await symlink(join(outside, file), join(workspace, 'link.md'))
      await symlink(outside, join(workspace, 'docs'))
      await symlink('.git/config', join(workspace, 'config.md'))
      await symlink('/proc/self/environ', join(workspace, 'environ.md'))
      for (const path of ['link.md', `docs/${file}`, 'config.md', '.git/config', 'environ.md']) {
        await expect(sync({ [input]: path })).rejects.toThrow(/names a file that (?:must|is) not/)
      }
      expect(await writes(emulator)).toEqual([])
    }
  )

  it('does not publish the file that the default README.md links to outside of the workspace', async () => {
    const outside = await makeWorkspace({ 'config.json': 'secret' })
    const { sync, emulator, workspace } = await stage({})
    await symlink(join(outside, 'config.json'), join(workspace, 'README.md'))
    await expect(sync()).rejects.toThrow(
      /"readme" names a file that must not be read: .* is outside of the workspace/
    )
    expect(await writes(emulator)).toEqual([])
  })

  it.each([
    ['README.rst', 'reStructuredText'],
    ['docs/readme.ADOC', 'AsciiDoc'],
    ['README.org', 'Org mode'],
    ['index.html', 'HTML']
  ])('rejects %s, which is not Markdown', async (path, format) => {
    const { sync, emulator, workspace } = await stage({ [path]: 'Title\n=====\n' })
    for (const input of ['readme', 'about', 'usage']) {
      await expect(sync({ [input]: path })).rejects.toThrow(
        new RegExp(`"${input}" names a file that is not Markdown: .* \\(${format}\\)\\.`)
      )
    }
    await symlink(path, join(workspace, 'README.md'))
    await expect(sync()).rejects.toThrow(`(${format}).`)
    expect(await writes(emulator)).toEqual([])
  })

  it.each([
    [
      ['readme.md', 'LICENSE'],
      'The workspace has readme.md. To use it, set "readme" to "readme.md".'
    ],
    [
      ['.github/README.md', 'README.rst'],
      'The workspace has README.rst, .github/README.md. To use it, set "readme" to ".github/README.md".'
    ],
    [['README.rst'], 'The workspace has README.rst. The gallery shows Markdown only.'],
    [['docs/Readme'], 'The workspace has docs/Readme. To use it, set "readme" to "docs/Readme".'],
    [
      ['LICENSE', 'app/README.md'],
      'The root directory, .github and docs do not have another README. To use a file of another directory, set "readme" to its path.'
    ],
    [[], 'The workspace is empty. Check that actions/checkout runs before this step.']
  ])(
    'names the README files of a workspace with %j if README.md does not exist',
    async (names, text) => {
      const { sync, deps } = await stage(Object.fromEntries(names.map((name) => [name, 'text'])))
      expect(rows(await sync({ description: 'An app' }))).toEqual(['create team/app#description'])
      expect(deps.lines).toContainEqual(
        expect.stringContaining(
          `notice: README.md does not exist, so the texts that come from it are not changed. ${text}`
        )
      )
    }
  )

  it('counts the files that are not valid', async () => {
    const { sync } = await stage(
      {},
      { seed: { repositories: [{ name: 'team/a' }, { name: 'team/b' }, { name: 'team/c' }] } }
    )
    await expect(sync({ repository: 'team/*', readme: '{name}.md' })).rejects.toThrow(
      /does not exist: .* \d more files are not valid\.$/
    )
  })

  it.each([
    [
      { architectures: 'riscv64' },
      /does not have a badge for: "riscv64"\. Use ARM, ARM 64, x86, x86-64 or/
    ],
    [{ 'operating-systems': 'darwin' }, /Linux, Windows/],
    [{ architectures: 'auto, arm64' }, /"auto" among other values/],
    [{ 'display-name': 'x'.repeat(101) }, /It has 101 characters\. Use at most 100 characters\./]
  ] as const)('rejects %j', async (inputs, message) => {
    const { sync } = await stage()
    await expect(sync(inputs)).rejects.toThrow(message)
  })
})
