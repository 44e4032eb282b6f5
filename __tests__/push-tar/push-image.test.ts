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

it('stops reading the layer that was begun if the repository cannot be searched', async () => {
  let isReading = false
  let begin = (): void => undefined
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const content: StoredContent = {
    name: 'layer.tar',
    size: 64 * MIB,
    read: async function* (memory) {
      isReading = true
      begin()
      try {
        for (let at = 0; at < 64; at++) yield await Promise.resolve(memory!.allocate(MIB).fill(0))
      } finally {
        isReading = false
      }
    }
  }
  const bytes = Buffer.from('{}')
  const image: DockerImage = {
    kind: 'docker-image',
    config: { bytes, digest: sha256Digest(bytes) },
    layers: [{ kind: 'layer-file', diffId: sha256Digest(bytes), compression: 'none', content }],
    platform: { os: 'linux', architecture: 'amd64' }
  }
  const send = async (): Promise<never> => {
    await begun
    throw new Error('The call failed')
  }
  const deps = makeDeps({ env: {} }, { api: { send } as unknown as EcrPublicApi })
  const inputs = makeInputs('push-tar', {
    repository: 'app',
    tar: 'a.tar',
    'reuse-layers': 'false'
  })
  const tags = [{ tag: '1', digest: undefined }]
  await expect(pushImage({ root: image }, tags, target, inputs, deps)).rejects.toThrow(
    'The call failed'
  )
  expect(isReading).toBe(false)
})
