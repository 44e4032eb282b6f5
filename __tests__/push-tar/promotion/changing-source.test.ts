import { CreateRepositoryCommand, DeleteRepositoryCommand } from '@aws-sdk/client-ecr-public'
import { explainError } from '../../../src/ecr-public/explain-error.js'
import { pushTar } from '../../../src/push-tar/push-tar.js'
import type { Report } from '../../../src/runner/report.js'
import { isSoak, SEED } from '../../helpers/counts.js'
import { interceptApi } from '../../helpers/intercept-api.js'
import { makeDeps } from '../../helpers/make-deps.js'
import type { TestDeps } from '../../helpers/make-deps.js'
import { makeInputs } from '../../helpers/make-inputs.js'
import { createPlainClient, TestRepository } from '../../helpers/populate.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { RunningEmulator } from '../../helpers/start-emulator.js'
import { checkEveryTagPulls, readRegistryState } from '../../robustness/registry-state.js'

/** The source changes before a call of the promotion. Every call is tested with SOAK=1, and every ninth without. */
const SHARE = isSoak ? 1 : 9

const tagOf = (digest: string): string => digest.replace(':', '-')

/** Fills `team/rc` with an index and its referrers. Returns the digest of the index. */
async function fill(source: TestRepository): Promise<string> {
  const children = [await source.push({ name: 'amd64' }), await source.push({ name: 'arm64' })]
  const index = await source.push({ name: 'index', children }, 'rc1')
  const artifactType = 'application/vnd.test.signature'
  await source.push({ name: 'signature', subject: index, artifactType })
  await source.push({ name: 'cosign' }, `${tagOf(children[0]!)}.sig`)
  const listed = await source.push({ name: 'listed' })
  await source.push({ name: 'list', children: [listed] }, tagOf(index))
  return index
}

interface Source {
  readonly emulator: RunningEmulator
  readonly source: TestRepository
  readonly index: string
}

async function start(): Promise<Source> {
  const emulator = await startEmulator()
  const client = createPlainClient(emulator)
  const source = await TestRepository.create(client, 'team/rc')
  await client.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  return { emulator, source, index: await fill(source) }
}

/** Returns dependencies that run `before` with the number of each call to the API or to the registry. */
function hook(emulator: RunningEmulator, before: (call: number) => Promise<void>): TestDeps {
  const deps = makeDeps(emulator)
  let calls = 0
  const next = (): Promise<void> => before(calls++)
  return {
    ...deps,
    api: interceptApi(deps.api, async (command, send) => {
      await next()
      return send(command)
    }),
    openRegistry: async (host) => {
      const registry = await deps.openRegistry(host)
      return {
        host: registry.host,
        findManifest: async (...args) => {
          await next()
          return registry.findManifest(...args)
        },
        getBlob: async (...args) => {
          await next()
          return registry.getBlob(...args)
        },
        findReferrers: async (...args) => {
          await next()
          return registry.findReferrers(...args)
        },
        streamBlob: async function* (...args) {
          await next()
          yield* registry.streamBlob(...args)
        }
      }
    }
  }
}

function promote(deps: TestDeps): Promise<Report> {
  const inputs = { repository: 'team/app', from: 'team/rc:rc1', 'image-tags': 'v1, latest' }
  return pushTar(makeInputs('push-tar', inputs), deps)
}

async function countCalls(): Promise<number> {
  const { emulator } = await start()
  let count = 0
  const countCall = async (): Promise<void> => {
    count++
    await Promise.resolve()
  }
  await promote(hook(emulator, countCall))
  await emulator.close()
  return count
}

/** Changes the source, and returns the digest that its tag names afterwards, if there is one. */
type Change = (source: Source) => Promise<string | undefined>

const deleteRepository: Change = async ({ source }) => {
  const { client, name: repositoryName } = source
  await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
  return undefined
}

const deleteImages: Change = async ({ source }) => {
  const { images } = await source.state()
  // Indexes before their manifests, which the service does not delete as long as an index lists them.
  for (let round = 0; round < 2; round++) await source.delete(...images.keys())
  return undefined
}

const moveTag: Change = ({ source }) => source.push({ name: 'another image' }, 'rc1')

describe.each<[string, Change]>([
  ['loses its repository', deleteRepository],
  ['loses all images', deleteImages],
  ['moves its tag', moveTag]
])('a source that %s during the promotion', (_name, change) => {
  it('never leaves a tag on an incomplete image, and a repeated run completes the promotion', async () => {
    const calls = await countCalls()
    expect(calls).toBeGreaterThan(20)
    for (let at = SEED % SHARE; at < calls; at += SHARE) {
      const scene = await start()
      const { emulator, index } = scene
      let changing: ReturnType<Change> | undefined
      const deps = hook(emulator, async (call) => {
        if (call === at) await (changing = change(scene))
      })
      const digest = await promote(deps).then(
        ({ outputs }) => outputs.digest,
        (error: unknown) => {
          const explained = explainError(error, { mode: 'push-tar', env: deps.env })
          if (explained === undefined) throw error
          return undefined
        }
      )
      expect(changing).toBeDefined()
      const moved = await changing
      expect([index, moved, undefined]).toContain(digest)
      await checkEveryTagPulls(emulator, 'team/app')
      await checkRepeated(scene, moved)
      await emulator.close()
    }
  }, 600_000)
})

/** Restores a source that was deleted, and promotes again until nothing changes. */
async function checkRepeated({ emulator, source, index }: Source, moved?: string): Promise<void> {
  if (moved === undefined) {
    const { repositories } = await readRegistryState(emulator)
    const exists = 'team/rc' in repositories
    const restored = exists ? source : await TestRepository.create(source.client, 'team/rc')
    expect(await fill(restored)).toBe(index)
  }
  const { outputs } = await promote(makeDeps(emulator))
  expect(outputs.digest).toBe(moved ?? index)
  await checkEveryTagPulls(emulator, 'team/app')
  const { repositories } = await readRegistryState(emulator)
  expect(repositories['team/app']?.tags).toMatchObject({
    v1: moved ?? index,
    latest: moved ?? index
  })
  expect((await promote(makeDeps(emulator))).changed).toBe(false)
}
