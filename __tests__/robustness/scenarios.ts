import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutRepositoryCatalogDataCommand } from '@aws-sdk/client-ecr-public'
import type { Mode } from '../../src/runner/inputs/input-specs.js'
import { makePng } from '../helpers/make-workspace.js'
import type { ActionRun } from '../helpers/run-action.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { promotion, promotionWithin, pushDocker, pushIndex, pushMerged } from './push-scenarios.js'
import { checkEveryTagPulls, createLooker, readRegistryState } from './registry-state.js'

/** What there is to see of a run, as a process or not. */
export type StepRun = Pick<ActionRun, 'exitCode' | 'errors' | 'outputs'>

/** One mode at work, with all that it touches, so that anything can be made to go wrong under it. */
export interface Scenario {
  readonly name: string
  readonly mode: Mode
  /** The IAM actions of the caller, if some are missing. */
  readonly allow?: readonly string[]
  /** What the registry holds before. */
  readonly seed: unknown
  /** Further preparation of the registry that a seed cannot express. */
  readonly prepare?: (emulator: RunningEmulator) => Promise<void>
  /** The calls to test, if another scenario of the mode covers the others. */
  readonly isAbout?: readonly string[]
  /** Writes local files into the directory of the step and returns the inputs. */
  readonly inputs: (directory: string) => Promise<Readonly<Record<string, string>>>
  /** @throws if the registry or the machine differs from the report of a successful run. */
  readonly checkSuccess: (
    run: StepRun,
    emulator: RunningEmulator,
    directory: string
  ) => Promise<void>
  /** @throws if the result is not complete, which is allowed only after faults */
  readonly checkDone?: (emulator: RunningEmulator) => Promise<void>
  /** @throws if a failed run left an invalid state. */
  readonly checkFailure: (
    run: StepRun,
    emulator: RunningEmulator,
    directory: string
  ) => Promise<void>
}

const DAY_MS = 86_400_000
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString()

const nothing = (): Promise<void> => Promise.resolve()

/** The environment that every scenario runs in: nothing of the user's machine is touched. */
export function scenarioEnv(directory: string): Record<string, string> {
  return {
    DOCKER_CONFIG: join(directory, 'docker'),
    HOME: directory,
    XDG_RUNTIME_DIR: join(directory, 'run')
  }
}

async function readAuths(directory: string): Promise<Record<string, unknown>> {
  try {
    const text = await readFile(join(directory, 'docker', 'config.json'), 'utf8')
    return (JSON.parse(text) as { auths?: Record<string, unknown> }).auths ?? {}
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

const login: Scenario = {
  name: 'login',
  mode: 'login',
  seed: { repositories: [{ name: 'team/app' }] },
  inputs: () => Promise.resolve({ mode: 'login' }),
  checkSuccess: async (run, _emulator, directory) => {
    expect(Object.keys(await readAuths(directory))).toContain(run.outputs.registry)
    expect(run.outputs['docker-password']).not.toBe('')
  },
  checkFailure: async (_run, _emulator, directory) => {
    expect(await readAuths(directory)).toEqual({})
  }
}

const POLICY = {
  Version: '2008-10-17',
  Statement: [{ Sid: 'push', Effect: 'Allow', Principal: '*', Action: ['ecr-public:PutImage'] }]
}

const ensureRepo: Scenario = {
  name: 'ensure-repo',
  mode: 'ensure-repo',
  seed: { repositories: [{ name: 'team/old', resourceTags: { stale: 'yes' } }] },
  inputs: () =>
    Promise.resolve({
      mode: 'ensure-repo',
      repository: 'team/old\nteam/new',
      'resource-tags': 'team=a\nstage=prod',
      'prune-resource-tags': 'true',
      policy: JSON.stringify(POLICY)
    }),
  checkSuccess: async (_run, emulator) => {
    const { repositories } = await readRegistryState(emulator)
    for (const name of ['team/old', 'team/new']) {
      expect(repositories[name]?.resourceTags).toEqual({ team: 'a', stage: 'prod' })
      expect(repositories[name]?.policy).toMatchObject({ Statement: [{ Sid: 'push' }] })
    }
  },
  checkFailure: nothing
}

const removePolicy: Scenario = {
  name: 'ensure-repo without a policy',
  mode: 'ensure-repo',
  seed: { repositories: [{ name: 'team/old', policy: POLICY }] },
  inputs: () => Promise.resolve({ mode: 'ensure-repo', repository: 'team/old', policy: 'none' }),
  checkSuccess: async (_run, emulator) => {
    expect((await readRegistryState(emulator)).repositories['team/old']?.policy).toBeUndefined()
  },
  checkFailure: nothing
}

const removeRepo: Scenario = {
  name: 'ensure-repo absent',
  mode: 'ensure-repo',
  seed: {
    repositories: [{ name: 'team/old', images: [{ tags: [{ tag: 'v1' }] }] }, { name: 'team/kept' }]
  },
  inputs: () =>
    Promise.resolve({
      mode: 'ensure-repo',
      repository: 'team/old',
      state: 'absent',
      force: 'true'
    }),
  checkSuccess: async (_run, emulator) => {
    expect(Object.keys((await readRegistryState(emulator)).repositories)).toEqual(['team/kept'])
  },
  checkFailure: async (_run, emulator) => {
    expect(Object.keys((await readRegistryState(emulator)).repositories)).toContain('team/kept')
  }
}

const removeEmptyRepo: Scenario = {
  name: 'ensure-repo absent, as long as it is empty',
  mode: 'ensure-repo',
  seed: {
    repositories: [{ name: 'team/old' }, { name: 'team/kept', images: [{ tags: [{ tag: 'v1' }] }] }]
  },
  inputs: () => Promise.resolve({ mode: 'ensure-repo', repository: 'team/old', state: 'absent' }),
  checkSuccess: async (_run, emulator) => {
    expect(Object.keys((await readRegistryState(emulator)).repositories)).toEqual(['team/kept'])
  },
  checkFailure: async (_run, emulator) => {
    expect(Object.keys((await readRegistryState(emulator)).repositories)).toContain('team/kept')
  }
}

const syncCatalog: Scenario = {
  name: 'sync-catalog',
  mode: 'sync-catalog',
  seed: {
    repositories: [
      {
        name: 'team/app',
        catalogData: { description: 'kept by hand', aboutText: 'old' },
        images: [
          { tags: [{ tag: 'v1' }], platforms: ['linux/amd64', 'linux/arm64'] },
          // The platform of an image without an index is only in its config.
          { tags: [{ tag: 'v0' }] }
        ]
      }
    ]
  },
  prepare: async (emulator) => {
    const client = createLooker(emulator)
    await client.send(
      new PutRepositoryCatalogDataCommand({
        repositoryName: 'team/app',
        catalogData: { logoImageBlob: makePng(64, 64, 7) }
      })
    )
    client.destroy()
  },
  inputs: async (directory) => {
    await writeFile(join(directory, 'README.md'), '# App\n\nWhat it is.\n\n## Usage\n\nRun it.\n')
    await writeFile(join(directory, 'logo.png'), makePng(64, 64))
    return {
      mode: 'sync-catalog',
      repository: 'team/app',
      readme: join(directory, 'README.md'),
      logo: join(directory, 'logo.png'),
      'display-name': 'The team',
      architectures: 'auto',
      'operating-systems': 'auto'
    }
  },
  checkSuccess: async (_run, emulator) => {
    const { displayName, repositories } = await readRegistryState(emulator)
    expect(displayName).toBe('The team')
    const catalog = repositories['team/app']?.catalog
    expect(catalog?.description).toBe('kept by hand')
    expect(catalog?.aboutText).toContain('What it is.')
    expect(catalog?.usageText).toContain('Run it.')
    expect(catalog?.architectures).toEqual(expect.arrayContaining(['ARM 64', 'x86-64']))
    expect(catalog?.operatingSystems).toEqual(['Linux'])
  },
  checkFailure: async (_run, emulator) => {
    const { repositories } = await readRegistryState(emulator)
    expect(repositories['team/app']?.catalog.description).toBe('kept by hand')
  }
}

const cleanup: Scenario = {
  name: 'cleanup-tags',
  mode: 'cleanup-tags',
  seed: {
    repositories: [
      {
        name: 'team/app',
        createdAt: daysAgo(400),
        images: [
          ...['v1', 'v2', 'v3'].map((tag, at) => ({
            tags: [{ tag, createdAt: daysAgo(100 - at) }],
            pushedAt: daysAgo(100 - at),
            platforms: ['linux/amd64', 'linux/arm64']
          })),
          { tags: [{ tag: 'latest', createdAt: daysAgo(300) }], pushedAt: daysAgo(300) },
          { tags: [], pushedAt: daysAgo(200) }
        ]
      }
    ]
  },
  inputs: () => Promise.resolve(CLEANUP_INPUTS),
  checkSuccess: async (run, emulator) => {
    expect(run.outputs['failed-count']).toBe('0')
    await checkCleanup(run, emulator, ['v1', 'v2'])
  },
  checkDone: async (emulator) => {
    const { repositories } = await readRegistryState(emulator)
    expect(Object.keys(repositories['team/app']?.tags ?? {}).sort()).toEqual(['latest', 'v3'])
    expect(repositories['team/app']?.images).toHaveLength(4)
  },
  checkFailure: (run, emulator) => checkCleanup(run, emulator, ['v1', 'v2'])
}

const CLEANUP_INPUTS = {
  mode: 'cleanup-tags',
  repository: 'team/*',
  'older-than': '30d',
  'keep-latest': '1',
  untagged: 'true'
}

/**
 * Checks that kept images can be pulled and that images reported as deleted are gone. Images that could not be evaluated
 * because of a failed read may remain.
 */
async function checkCleanup(
  run: StepRun,
  emulator: RunningEmulator,
  deletable: readonly string[]
): Promise<void> {
  const { repositories } = await readRegistryState(emulator)
  const tags = Object.keys(repositories['team/app']?.tags ?? {})
  expect(tags).toEqual(expect.arrayContaining(['latest', 'v3']))
  expect(['latest', 'v3', ...deletable]).toEqual(expect.arrayContaining(tags))
  for (const { tag } of JSON.parse(run.outputs['deleted-tags'] ?? '[]') as { tag: string }[]) {
    expect(tags).not.toContain(tag)
  }
  const images = repositories['team/app']?.images ?? []
  const deleted = JSON.parse(run.outputs['deleted-images'] ?? '[]') as { digest: string }[]
  for (const { digest } of deleted) expect(images).not.toContain(digest)
  await checkEveryTagPulls(emulator, 'team/app')
}

/** Tags of more images than are read one by one. The referrers of the kept images are listed instead. */
const MANY_TAGS = Array.from({ length: 120 }, (_, at) => `build-${at}`)

const largeCleanup: Scenario = {
  ...cleanup,
  name: 'cleanup-tags of many images',
  seed: {
    repositories: [
      {
        name: 'team/app',
        createdAt: daysAgo(400),
        images: [
          { tags: [{ tag: 'v3', createdAt: daysAgo(50) }], pushedAt: daysAgo(50) },
          { tags: [{ tag: 'latest', createdAt: daysAgo(300) }], pushedAt: daysAgo(300) },
          ...MANY_TAGS.map((tag) => ({
            tags: [{ tag, createdAt: daysAgo(200) }],
            pushedAt: daysAgo(200)
          }))
        ]
      }
    ]
  },
  checkSuccess: async (run, emulator) => {
    expect(run.outputs['failed-count']).toBe('0')
    await checkCleanup(run, emulator, MANY_TAGS)
  },
  checkDone: async (emulator) => {
    const { repositories } = await readRegistryState(emulator)
    expect(repositories['team/app']?.images).toHaveLength(2)
  },
  checkFailure: (run, emulator) => checkCleanup(run, emulator, MANY_TAGS)
}

/** Of a caller who may not get an authorization token, so that manifests are read with an anonymous one. */
const anonymousCleanup: Scenario = {
  ...cleanup,
  name: 'cleanup-tags that reads anonymously',
  // GetAuthorizationToken takes sts:GetServiceBearerToken too.
  allow: ['ecr-public:*']
}

const ANONYMOUS_CALLS = ['GetToken', 'GetManifest', 'GetBlob', 'DownloadBlob']

const anonymousSync: Scenario = {
  ...syncCatalog,
  name: 'sync-catalog that reads anonymously',
  allow: ['ecr-public:*'],
  isAbout: ANONYMOUS_CALLS
}

const anonymousPush: Scenario = {
  ...pushDocker,
  name: 'push-tar that reads anonymously',
  allow: ['ecr-public:*'],
  isAbout: ANONYMOUS_CALLS
}

const anonymousPromotion: Scenario = {
  ...promotion,
  name: 'push-tar from another repository that reads anonymously',
  allow: ['ecr-public:*'],
  isAbout: [...ANONYMOUS_CALLS, 'GetReferrers']
}

/** Every mode, the larger ones in more than one way. */
export const SCENARIOS: readonly Scenario[] = [
  login,
  ensureRepo,
  removePolicy,
  removeRepo,
  removeEmptyRepo,
  syncCatalog,
  pushDocker,
  pushIndex,
  pushMerged,
  promotion,
  promotionWithin,
  cleanup
]

/** `SCENARIOS` and the scenarios that take long as a process because of the rate limits of the service. */
export const FAULT_SCENARIOS: readonly Scenario[] = [
  ...SCENARIOS,
  anonymousSync,
  anonymousPush,
  anonymousPromotion,
  anonymousCleanup,
  largeCleanup
]

/** A fresh directory for one step of a scenario. */
export async function makeStepDirectory(parent: string, name: string): Promise<string> {
  const directory = join(parent, name)
  await mkdir(directory, { recursive: true })
  return directory
}
