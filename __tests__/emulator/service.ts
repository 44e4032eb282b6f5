import { randomBytes } from 'node:crypto'
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRPUBLICClient,
  PutImageCommand
} from '@aws-sdk/client-ecr-public'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { digestOf, pushBlob as pushNewBlob } from '../helpers/push-blob.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { createClient } from './create-client.js'

export { digestOf }

/**
 * `true` if the tests of operations run against AWS: with `ECR_PUBLIC_LIVE=1` and credentials in
 * the environment. Tests that require a switch, quota or fault are skipped then.
 */
export const IS_LIVE = process.env.ECR_PUBLIC_LIVE === '1'

/** A test that runs against the emulator only, because it requires a switch, quota or clock. */
export const testOfEmulator = IS_LIVE ? test.skip : test

/** The service under test: the emulator or AWS. */
export interface Service {
  readonly client: ECRPUBLICClient
  /** Returns a name that no other test uses. */
  readonly newName: () => string
  /** Creates a repository that is deleted after the test. */
  readonly newRepository: () => Promise<string>
}

const cleanups: (() => Promise<unknown>)[] = []

/** Opens the service. Repositories of `newRepository` and `newName` are deleted after the test. */
export async function openService(options: EmulatorOptions = {}): Promise<Service> {
  const client = IS_LIVE
    ? new ECRPUBLICClient({ region: 'us-east-1' })
    : createClient(await startEmulator(options))
  const newName = (): string => {
    const repositoryName = `ecr-public-action-test/${randomBytes(6).toString('hex')}`
    if (IS_LIVE) {
      cleanups.push(() =>
        client.send(new DeleteRepositoryCommand({ repositoryName, force: true })).catch(() => '')
      )
    }
    return repositoryName
  }
  return {
    client,
    newName,
    newRepository: async () => {
      const repositoryName = newName()
      await client.send(new CreateRepositoryCommand({ repositoryName }))
      return repositoryName
    }
  }
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** Uploads a blob through the layer API and returns its digest. An existing layer is accepted. */
export function pushBlob(
  client: ECRPUBLICClient,
  repositoryName: string,
  bytes: Buffer
): Promise<string> {
  return pushNewBlob(client, repositoryName, bytes).catch((error: unknown) => {
    if ((error as Error).name !== 'LayerAlreadyExistsException') throw error
    return digestOf(bytes)
  })
}

/** The media types of OCI. */
export const TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip'
} as const

/** Returns a descriptor of bytes. */
export function descriptor(mediaType: string, bytes: Uint8Array | string): object {
  return { mediaType, digest: digestOf(bytes), size: Buffer.byteLength(bytes) }
}

/** Pushes a small image and returns its digest. `about` makes the image unique. */
export async function pushImage(
  client: ECRPUBLICClient,
  repositoryName: string,
  about: string,
  imageTag?: string,
  more: object = {}
): Promise<string> {
  const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', about }))
  const layer = Buffer.from(`layer of ${about}`)
  for (const blob of [config, layer]) await pushBlob(client, repositoryName, blob)
  return putManifest(client, repositoryName, imageTag, {
    mediaType: TYPES.manifest,
    config: descriptor(TYPES.config, config),
    layers: [descriptor(TYPES.layer, layer)],
    ...more
  })
}

/** Pushes an index of existing images. */
export function pushIndex(
  client: ECRPUBLICClient,
  repositoryName: string,
  digests: readonly string[],
  imageTag?: string,
  mediaType: string = TYPES.manifest
): Promise<string> {
  const manifests = digests.map((digest) => ({ mediaType, digest, size: 1 }))
  return putManifest(client, repositoryName, imageTag, { mediaType: TYPES.index, manifests })
}

/** Puts a manifest and returns its digest. */
export async function putManifest(
  client: ECRPUBLICClient,
  repositoryName: string,
  imageTag: string | undefined,
  members: object
): Promise<string> {
  const imageManifest = JSON.stringify({ schemaVersion: 2, ...members })
  const { image } = await client.send(
    new PutImageCommand({ repositoryName, imageManifest, imageTag })
  )
  return image!.imageId!.imageDigest!
}

/** Matches an error of the service with this name and message. */
export function serviceError(name: string, message?: string | RegExp): object {
  const error: unknown = expect.objectContaining({
    name,
    ...(message === undefined
      ? {}
      : { message: typeof message === 'string' ? message : expect.stringMatching(message) })
  })
  return error as object
}
