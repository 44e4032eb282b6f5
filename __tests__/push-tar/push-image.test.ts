import { setTimeout as delay } from 'node:timers/promises'
import type { DockerImage, StoredContent } from '../../src/image-archive/contents.js'
import type { EcrPublicApi } from '../../src/runner/deps.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { pushImage } from '../../src/push-tar/push-image.js'
import type { PushTarget } from '../../src/push-tar/resolve-target.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'

const MIB = 1024 * 1024

const target: PushTarget = {
  address: { repositoryName: 'app' },
  name: 'app',
  uri: 'public.ecr.aws/alias/app',
  host: 'public.ecr.aws',
  path: 'alias/app',
  exists: true
}

/** Creates an image with one layer, whose content is 64 blocks of zeros. */
function imageOf(read: StoredContent['read']): DockerImage {
  const bytes = Buffer.from('{}')
  const content: StoredContent = { name: 'layer.tar', size: 64 * MIB, read }
  return {
    kind: 'docker-image',
    config: { bytes, digest: sha256Digest(bytes) },
    layers: [{ kind: 'layer-file', diffId: sha256Digest(bytes), compression: 'none', content }],
    platform: { os: 'linux', architecture: 'amd64' }
  }
}

/** Pushes an image with a new tag. Every call waits, and then fails. */
async function push(image: DockerImage, wait: () => Promise<unknown>): Promise<unknown> {
  const send = async (): Promise<never> => {
    await wait()
    throw new Error('The call failed')
  }
  const deps = makeDeps({ env: {} }, { api: { send } as unknown as EcrPublicApi })
  const inputs = makeInputs('push-tar', {
    repository: 'app',
    tar: 'a.tar',
    'reuse-layers': 'false'
  })
  const tags = [{ tag: '1', digest: undefined }]
  return pushImage({ root: image }, tags, target, inputs, deps)
}

it('stops reading the layer that was begun if the repository cannot be searched', async () => {
  let isReading = false
  let begin = (): void => undefined
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const image = imageOf(async function* (memory) {
    isReading = true
    begin()
    try {
      for (let at = 0; at < 64; at++) yield await Promise.resolve(memory!.allocate(MIB).fill(0))
    } finally {
      isReading = false
    }
  })
  await expect(push(image, () => begun)).rejects.toThrow('The call failed')
  expect(isReading).toBe(false)
})

it('keeps running if the layer that was begun cannot be read before the search ends', async () => {
  const unhandled: unknown[] = []
  const record = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', record)
  try {
    // eslint-disable-next-line require-yield
    const image = imageOf(async function* () {
      throw await Promise.resolve(new Error('Disk error'))
    })
    await expect(push(image, () => delay(50))).rejects.toThrow('The call failed')
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', record)
  }
})
