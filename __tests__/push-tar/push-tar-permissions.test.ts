import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allActions, PERMISSIONS } from '../../src/ecr-public/permissions.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-tar-permissions-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const REQUIRED = PERMISSIONS['push-tar'].actions
const seed = {
  repositories: [
    { name: 'team/app', images: [{ tags: [{ tag: 'v0' }] }] },
    { name: 'team/rc', images: [{ tags: ['rc1'], platforms: ['linux/amd64', 'linux/arm64'] }] }
  ]
}

type Texts = Readonly<Record<string, string>>

/** Pushes a small archive, or promotes an image, with an emulator that allows only these IAM actions. */
async function pushWith(allow: readonly string[], texts: Texts = {}): Promise<string | undefined> {
  const emulator = await startEmulator({ allow, seed })
  const tar = join(directory, 'image.tar')
  await writeDockerArchive(tar, [buildImage({ compression: 'none' })])
  const source: Texts = texts.from === undefined ? { tar } : {}
  const all = { repository: 'team/app', 'image-tags': 'v1', ...source, ...texts }
  const inputs = makeInputs('push-tar', all)
  const report = await pushTar(inputs, makeDeps(emulator, { maxAttempts: 1 }))
  expect(report.changed).toBe(true)
  return report.failure
}

describe('the permissions of push-tar', () => {
  it('are all documented', async () => {
    expect(await pushWith(REQUIRED)).toBeUndefined()
    expect(await pushWith(allActions('push-tar'))).toBeUndefined()
  })

  it.each<Texts>([
    { wait: 'true' },
    { from: 'team/rc:rc1', wait: 'true' },
    { from: 'team/app:v0' }
  ])('suffice for %j, which reads the registry anonymously without a token', async (texts) => {
    expect(await pushWith(REQUIRED, texts)).toBeUndefined()
    expect(await pushWith(allActions('push-tar'), texts)).toBeUndefined()
  })

  it.each([
    'DescribeImages',
    'BatchCheckLayerAvailability',
    'InitiateLayerUpload',
    'UploadLayerPart',
    'CompleteLayerUpload',
    'PutImage'
  ])('include %s for a promotion, which the error names if it is denied', async (operation) => {
    const action = `ecr-public:${operation}`
    const without = REQUIRED.filter((allowed) => allowed !== action)
    await expect(pushWith(without, { from: 'team/rc:rc1' })).rejects.toThrow(action)
  })

  it.each([
    'BatchCheckLayerAvailability',
    'InitiateLayerUpload',
    'UploadLayerPart',
    'CompleteLayerUpload',
    'PutImage'
  ])('include %s, which the error names if it is denied', async (operation) => {
    const action = `ecr-public:${operation}`
    const without = REQUIRED.filter((allowed) => allowed !== action)
    await expect(pushWith(without)).rejects.toThrow(action)
  })
})
