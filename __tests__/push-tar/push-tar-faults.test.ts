import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr-public'
import { pushTar } from '../../src/push-tar/push-tar.js'
import { buildImage, buildIndex, writeDockerArchive, writeOciArchive } from '../helpers/archives.js'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { pullImage } from '../helpers/pull-image.js'
import { startEmulator } from '../helpers/start-emulator.js'

/** 200 pushes take minutes and run only with SOAK=1. */
const PUSHES = isSoak ? 200 : 12
const FAULTS = ['throttle', 'server-error', 'reset-before', 'reset-after', 'truncate'] as const

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-faults-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

it(`${String(PUSHES)} pushes succeed although 10 % of all calls fail (SEED=${String(SEED)})`, async () => {
  const emulator = await startEmulator({ limits: { accountReadsPerSecond: 1e6 } })
  const setUp = makeDeps(emulator)
  await setUp.api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  let partsNeeded = 0
  for (let at = 0; at < PUSHES; at++) {
    const image = buildImage({
      layers: [{ base: 'base'.repeat(500) }, { [`app/${String(at)}`]: `version ${String(at)}` }],
      tags: [`ex.com/app:v${String(at)}`]
    })
    const tar = join(directory, 'image.tar')
    const isIndex = at % 4 === 3
    if (isIndex) await writeOciArchive(tar, [buildIndex([image, buildImage()])])
    else await writeDockerArchive(tar, [image])
    for (const [number, fault] of FAULTS.entries()) {
      await emulator.fault({
        operation: '*',
        fault,
        probability: 0.1 / FAULTS.length,
        seed: SEED + at * FAULTS.length + number
      })
    }
    const deps = makeDeps(emulator, { maxAttempts: 10 })
    const tag = `v${String(at)}`
    const inputs = makeInputs('push-tar', {
      repository: 'team/app',
      tar,
      'image-tags': tag,
      'max-attempts': '10'
    })
    const report = await pushTar(inputs, deps)
    await emulator.clearFaults()
    const pulled = await pullImage(emulator, 'team/app', tag)
    expect(pulled[0]?.diffIds).toEqual(image.diffIds)
    // Every layer and config has one part.
    partsNeeded += report.plan.filter(
      ({ action, kind }) => kind === 'layer' && action === 'push'
    ).length
    partsNeeded += isIndex ? 2 : 1
  }
  const requests = await emulator.requests()
  const faulted = requests.filter((request) => 'fault' in request).length
  tellCounts('pushes under faults', { pushes: PUSHES, 'faulted calls': faulted }, SEED)
  const parts = requests.filter(({ operation }) => operation === 'UploadLayerPart')
  const failed = parts.filter(({ status }) => status !== 200)
  expect(parts.length).toBeLessThanOrEqual(partsNeeded + failed.length + PUSHES)
}, 600_000)

it('fails after a limited number of requests if all calls fail', async () => {
  const emulator = await startEmulator()
  const deps = makeDeps(emulator)
  await deps.api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  const tar = join(directory, 'image.tar')
  await writeDockerArchive(tar, [buildImage()])
  for (const fault of FAULTS) {
    await emulator.fault({ operation: '*', fault })
    const before = (await emulator.requests()).length
    const inputs = makeInputs('push-tar', { repository: 'team/app', tar })
    await expect(pushTar(inputs, deps)).rejects.toThrow()
    expect((await emulator.requests()).length - before).toBeLessThan(60)
    await emulator.clearFaults()
  }
})
