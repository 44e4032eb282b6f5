import { randomBytes } from 'node:crypto'
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRPUBLICClient,
  PutImageCommand
} from '@aws-sdk/client-ecr-public'
import { digestOf, pushBlob } from '../helpers/push-blob.ts'
import { connectRegistry } from './connect-registry.ts'
import type { RegistryConnection } from './connect-registry.ts'

/** All repositories of a run begin with this name, followed by a random directory. */
export const PREFIX = 'ecr-public-action-live'

/** The options of a run. */
export interface LiveOptions {
  /** Ends the questions. The repositories are deleted all the same. */
  readonly signal?: AbortSignal
  /** Waits until the clock of the service has advanced by this number of milliseconds. */
  readonly wait?: (milliseconds: number) => Promise<void>
  /** The configuration of the client. Default: the environment. */
  readonly endpoint?: string
}

/** A repository that is deleted at the end of the run. */
export interface LiveRepository {
  readonly name: string
  readonly uri: string
}

/** The descriptor of a blob or of a manifest. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** The blobs of a small image. */
export interface Blobs {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip'
} as const

/** A connection to the service of the environment, with unique repositories and their deletion. */
export class Live {
  readonly client: ECRPUBLICClient
  readonly wait: (milliseconds: number) => Promise<void>
  private readonly options: LiveOptions
  private readonly run = randomBytes(6).toString('hex')
  private readonly cleanups: (() => Promise<unknown>)[] = []
  private count = 0
  private connection: Promise<RegistryConnection> | undefined

  constructor(options: LiveOptions = {}) {
    this.options = options
    this.client = this.clientOf('us-east-1')
    this.wait =
      options.wait ?? ((milliseconds) => new Promise((done) => setTimeout(done, milliseconds)))
  }

  /** Creates a client for a region. The API exists in us-east-1. */
  clientOf(region: string): ECRPUBLICClient {
    const { endpoint } = this.options
    return new ECRPUBLICClient({
      region,
      maxAttempts: 6,
      ...(endpoint === undefined ? {} : { endpoint })
    })
  }

  /** Throws an error if the run has been aborted. */
  checkSignal(): void {
    this.options.signal?.throwIfAborted()
  }

  /** Returns a name that no repository has. A repository of this name is deleted at the end. */
  newName(): string {
    this.checkSignal()
    this.count += 1
    const repositoryName = `${PREFIX}/${this.run}/${String(this.count)}`
    this.onEnd(() =>
      this.client
        .send(new DeleteRepositoryCommand({ repositoryName, force: true }))
        .catch(ignoreMissing)
    )
    return repositoryName
  }

  async newRepository(): Promise<LiveRepository> {
    const name = this.newName()
    const created = await this.client.send(new CreateRepositoryCommand({ repositoryName: name }))
    const uri = created.repository?.repositoryUri
    if (uri === undefined)
      throw new Error('The response does not contain the URI of the repository')
    return { name, uri }
  }

  /** Connects to the registry of a repository. All repositories of a run have the same registry. */
  registry({ uri }: LiveRepository): Promise<RegistryConnection> {
    this.connection ??= connectRegistry(this.client, uri.slice(0, uri.indexOf('/')))
    return this.connection
  }

  /** Uploads a blob through the layer API. */
  async pushBlob(
    { name: repositoryName }: LiveRepository,
    bytes: Buffer,
    mediaType: string
  ): Promise<Descriptor> {
    const digest = await pushBlob(this.client, repositoryName, bytes)
    return { mediaType, digest, size: bytes.length }
  }

  /** Uploads the config and the layer of a small image. */
  async pushBlobs(repository: LiveRepository): Promise<Blobs> {
    const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64' }))
    const layer = randomBytes(100)
    return {
      config: await this.pushBlob(repository, config, MEDIA_TYPES.config),
      layers: [await this.pushBlob(repository, layer, MEDIA_TYPES.layer)]
    }
  }

  /** Puts a manifest with these members and returns its descriptor. */
  async putManifest(
    { name: repositoryName }: LiveRepository,
    members: { readonly mediaType: string } & Readonly<Record<string, unknown>>,
    imageTag?: string
  ): Promise<Descriptor> {
    const imageManifest = JSON.stringify({ schemaVersion: 2, ...members })
    await this.client.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }))
    return {
      mediaType: members.mediaType,
      digest: digestOf(imageManifest),
      size: Buffer.byteLength(imageManifest)
    }
  }

  /** Puts an image of existing blobs. Images with another `title` have another digest. */
  putImage(
    repository: LiveRepository,
    blobs: Blobs,
    { tag, title = 'image', ...more }: { tag?: string; title?: string; subject?: Descriptor } = {}
  ): Promise<Descriptor> {
    const annotations = { 'org.opencontainers.image.title': title }
    return this.putManifest(
      repository,
      { mediaType: MEDIA_TYPES.manifest, ...blobs, annotations, ...more },
      tag
    )
  }

  /** Runs an action at the end of the run, before the actions that were registered earlier. */
  onEnd(cleanup: () => Promise<unknown>): void {
    this.cleanups.push(cleanup)
  }

  /**
   * Deletes everything that the run created. It continues after a failure.
   *
   * @returns the messages of the failures
   */
  async end(): Promise<string[]> {
    const results = await Promise.allSettled(
      this.cleanups
        .splice(0)
        .reverse()
        .map((run) => run())
    )
    return results.flatMap((result) =>
      result.status === 'rejected' ? [messageOf(result.reason)] : []
    )
  }
}

/** Returns `NAME: MESSAGE` of an error, in one line. */
export function messageOf(error: unknown): string {
  const { name, message } = error as Error
  return `${name}: ${message}`.replace(/\s+/g, ' ')
}

function ignoreMissing(error: unknown): void {
  if ((error as Error).name !== 'RepositoryNotFoundException') throw error
}
