import { storeImage } from '../images/store-image.js'
import { getRepository } from './operation.js'
import type { Operation } from './operation.js'

export const putImage: Operation<'PutImage'> = (input, call) => {
  const repository = getRepository(call, input)
  const { digest, mediaType } = storeImage(call.context, repository, {
    manifest: Buffer.from(input.imageManifest),
    mediaType: input.imageManifestMediaType,
    tag: input.imageTag,
    digest: input.imageDigest
  })
  return {
    image: {
      registryId: call.context.settings.account,
      repositoryName: repository.name,
      imageId: { imageDigest: digest, imageTag: input.imageTag },
      imageManifest: input.imageManifest,
      imageManifestMediaType: mediaType
    }
  }
}
