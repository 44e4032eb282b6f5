import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  ECRPUBLICClient,
  paginateDescribeImages,
  paginateDescribeImageTags,
  PutImageCommand
} from '@aws-sdk/client-ecr-public'
import { sha256Digest } from '../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { pushBlob } from './push-blob.js'
import type { RunningEmulator } from './start-emulator.js'

/** A manifest or index that a test pushes. */
export interface TestManifest {
  /** Only for an index: the digests of its manifests. */
  readonly children?: readonly string[]
  readonly subject?: string | undefined
  /** Uses Docker's media types instead of OCI's. */
  readonly isDocker?: boolean
  readonly artifactType?: string | undefined
  /** A unique name, so that the digest is unique. */
  readonly name: string
}

/** The contents of a repository: digests by tag, and tags by digest. */
export interface RepositoryState {
  readonly tags: ReadonlyMap<string, string>
  readonly images: ReadonlyMap<string, readonly string[]>
}

const EMPTY = Buffer.from('{}')
const LAYER = Buffer.from('a layer')

/** Creates an SDK client without rate limits and retries, for changes outside of the action. */
export function createPlainClient(emulator: Pick<RunningEmulator, 'env' | 'url'>): ECRPUBLICClient {
  return new ECRPUBLICClient({
    region: 'us-east-1',
    endpoint: emulator.url,
    credentials: {
      accessKeyId: emulator.env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: emulator.env.AWS_SECRET_ACCESS_KEY ?? ''
    },
    maxAttempts: 1
  })
}

/** A repository of an emulator that a test fills through the API. */
export class TestRepository {
  private readonly sizes = new Map<string, number>()

  private constructor(
    readonly client: ECRPUBLICClient,
    readonly name: string
  ) {}

  /** Creates the repository and the two blobs that all of its images share. */
  static async create(client: ECRPUBLICClient, name: string): Promise<TestRepository> {
    await client.send(new CreateRepositoryCommand({ repositoryName: name }))
    const repository = new TestRepository(client, name)
    await pushBlob(client, name, EMPTY)
    await pushBlob(client, name, LAYER)
    return repository
  }

  /** Pushes a manifest with an optional tag. Returns its digest. */
  async push(manifest: TestManifest, tag?: string): Promise<string> {
    return this.pushText(this.textOf(manifest), tag)
  }

  async pushText(text: string, tag?: string): Promise<string> {
    const digest = sha256Digest(Buffer.from(text))
    this.sizes.set(digest, Buffer.byteLength(text))
    await this.client.send(
      new PutImageCommand({ repositoryName: this.name, imageManifest: text, imageTag: tag })
    )
    return digest
  }

  /** Returns the text of a manifest. The manifests that it refers to must have been created by this object before. */
  textOf(manifest: TestManifest): string {
    const { children, subject, isDocker = false, artifactType, name } = manifest
    const isArtifact = artifactType !== undefined
    const shared = {
      schemaVersion: 2,
      ...(subject === undefined
        ? {}
        : { subject: this.descriptor(MEDIA_TYPES.ociManifest, subject) }),
      ...(isArtifact ? { artifactType } : {}),
      annotations: { 'org.example.name': name }
    }
    const text = JSON.stringify(
      children === undefined
        ? {
            ...shared,
            mediaType: isDocker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest,
            config: {
              mediaType: configType(isDocker, isArtifact),
              digest: sha256Digest(EMPTY),
              size: EMPTY.length
            },
            layers: [
              {
                mediaType: isDocker ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.ociLayerGzip,
                digest: sha256Digest(LAYER),
                size: LAYER.length
              }
            ]
          }
        : {
            ...shared,
            mediaType: isDocker ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex,
            manifests: children.map((child) =>
              this.descriptor(
                isDocker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest,
                child
              )
            )
          }
    )
    this.sizes.set(sha256Digest(Buffer.from(text)), Buffer.byteLength(text))
    return text
  }

  private descriptor(mediaType: string, digest: string): object {
    return { mediaType, digest, size: this.sizes.get(digest) ?? 1 }
  }

  /** Deletes images by digest and ignores failures. */
  async delete(...digests: string[]): Promise<void> {
    if (digests.length === 0) return
    await this.client.send(
      new BatchDeleteImageCommand({
        repositoryName: this.name,
        imageIds: digests.map((imageDigest) => ({ imageDigest }))
      })
    )
  }

  async has(digest: string): Promise<boolean> {
    try {
      const imageIds = [{ imageDigest: digest }]
      await this.client.send(new DescribeImagesCommand({ repositoryName: this.name, imageIds }))
      return true
    } catch {
      return false
    }
  }

  /** Returns the contents of the repository. */
  async state(): Promise<RepositoryState> {
    const input = { repositoryName: this.name, maxResults: 1000 }
    const images = new Map<string, readonly string[]>()
    for await (const page of paginateDescribeImages({ client: this.client }, input)) {
      for (const { imageDigest = '', imageTags = [] } of page.imageDetails ?? []) {
        images.set(imageDigest, imageTags)
      }
    }
    const tags = new Map<string, string>()
    for await (const page of paginateDescribeImageTags({ client: this.client }, input)) {
      for (const { imageTag = '', imageDetail } of page.imageTagDetails ?? []) {
        tags.set(imageTag, imageDetail?.imageDigest ?? '')
      }
    }
    return { tags, images }
  }

  /** Returns the creation time of each tag, in milliseconds since the epoch. */
  async tagTimes(): Promise<Map<string, number>> {
    const { imageTagDetails } = await this.client.send(
      new DescribeImageTagsCommand({ repositoryName: this.name, maxResults: 1000 })
    )
    return new Map(
      (imageTagDetails ?? []).map(({ imageTag = '', createdAt }) => [
        imageTag,
        createdAt?.getTime() ?? 0
      ])
    )
  }
}

function configType(isDocker: boolean, isArtifact: boolean): string {
  if (isArtifact) return MEDIA_TYPES.ociEmpty
  return isDocker ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.ociConfig
}
