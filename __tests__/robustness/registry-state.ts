import {
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  DescribeRepositoriesCommand,
  ECRPUBLICClient,
  GetRegistryCatalogDataCommand,
  GetRepositoryCatalogDataCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand
} from '@aws-sdk/client-ecr-public'
import { createHash } from 'node:crypto'
import type { RunningEmulator } from '../helpers/start-emulator.js'

/** What a registry holds, as plain values that can be compared. */
export interface RegistryState {
  readonly displayName: string | undefined
  readonly repositories: Readonly<Record<string, RepositoryState>>
}

export interface RepositoryState {
  readonly resourceTags: Readonly<Record<string, string>>
  readonly policy: unknown
  /** The fields as the API takes them; of the logo a digest. */
  readonly catalog: Readonly<Record<string, unknown>>
  /** Tag → digest. */
  readonly tags: Readonly<Record<string, string>>
  readonly images: readonly string[]
}

/** The client with which tests read an emulator. No fault must be active while it reads. */
export function createLooker(emulator: Pick<RunningEmulator, 'url'>): ECRPUBLICClient {
  return new ECRPUBLICClient({
    region: 'us-east-1',
    endpoint: emulator.url,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'looker' }
  })
}

/** All that a registry holds. */
export async function readRegistryState(
  emulator: Pick<RunningEmulator, 'url'>
): Promise<RegistryState> {
  const client = createLooker(emulator)
  const { repositories = [] } = await client.send(
    new DescribeRepositoriesCommand({ maxResults: 1000 })
  )
  const state: Record<string, RepositoryState> = {}
  for (const { repositoryName = '', repositoryArn = '' } of repositories) {
    state[repositoryName] = await readRepositoryState(client, repositoryName, repositoryArn)
  }
  const { registryCatalogData } = await client.send(new GetRegistryCatalogDataCommand({}))
  client.destroy()
  return { displayName: registryCatalogData?.displayName, repositories: state }
}

async function readRepositoryState(
  client: ECRPUBLICClient,
  repositoryName: string,
  resourceArn: string
): Promise<RepositoryState> {
  const resource = await client.send(new ListTagsForResourceCommand({ resourceArn }))
  const { catalogData = {} } = await client.send(
    new GetRepositoryCatalogDataCommand({ repositoryName })
  )
  const { logoUrl, ...catalog } = catalogData
  const page = { repositoryName, maxResults: 1000 }
  const { imageTagDetails = [] } = await client.send(new DescribeImageTagsCommand(page))
  const { imageDetails = [] } = await client.send(new DescribeImagesCommand(page))
  return {
    resourceTags: Object.fromEntries(
      (resource.tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])
    ),
    policy: await findPolicy(client, repositoryName),
    catalog: {
      ...catalog,
      ...(logoUrl === undefined ? {} : { logoImageBlob: await readLogo(logoUrl) })
    },
    tags: Object.fromEntries(
      imageTagDetails.map(({ imageTag = '', imageDetail }) => [
        imageTag,
        imageDetail?.imageDigest ?? ''
      ])
    ),
    images: imageDetails.map(({ imageDigest = '' }) => imageDigest).sort()
  }
}

/** The digest of what the address of a logo serves, as the address is another one with every write. */
async function readLogo(url: string): Promise<string> {
  const bytes = await (await fetch(url)).arrayBuffer()
  return createHash('sha256').update(Buffer.from(bytes)).digest('hex')
}

async function findPolicy(client: ECRPUBLICClient, repositoryName: string): Promise<unknown> {
  try {
    const { policyText = 'null' } = await client.send(
      new GetRepositoryPolicyCommand({ repositoryName })
    )
    return JSON.parse(policyText) as unknown
  } catch (error) {
    if ((error as Error).name === 'RepositoryPolicyNotFoundException') return undefined
    throw error
  }
}

/** Pulls everything that a tag or digest needs, at any depth. @throws if anything is missing or its digest is wrong */
export async function pullCompletely(
  emulator: Pick<RunningEmulator, 'url'>,
  repository: string,
  reference: string
): Promise<void> {
  const { token } = (await (await fetch(`${emulator.url}/token/`)).json()) as { token: string }
  const base = `${emulator.url}/v2/a1b2c3d4/${repository}`
  const accept = [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.list.v2+json'
  ].join(', ')
  const headers = { authorization: `Bearer ${token}`, accept }
  const download = async (path: string, digest?: string): Promise<Buffer> => {
    const response = await fetch(`${base}/${path}`, { headers })
    if (!response.ok) throw new Error(`${path} answers ${response.status}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (digest !== undefined && actual !== digest) throw new Error(`${path} has digest ${actual}`)
    return bytes
  }
  const pull = async (name: string, digest?: string): Promise<void> => {
    const manifest = JSON.parse((await download(`manifests/${name}`, digest)).toString()) as {
      manifests?: { digest: string }[]
      config?: { digest: string }
      layers?: { digest: string; urls?: string[] }[]
    }
    for (const child of manifest.manifests ?? []) await pull(child.digest, child.digest)
    const blobs = [
      ...(manifest.config === undefined ? [] : [manifest.config]),
      ...(manifest.layers ?? [])
    ]
    for (const blob of blobs) await download(`blobs/${blob.digest}`, blob.digest)
  }
  await pull(reference, reference.startsWith('sha256:') ? reference : undefined)
}

/** Checks that every tag of a repository refers to an image that can be pulled completely. */
export async function checkEveryTagPulls(
  emulator: Pick<RunningEmulator, 'url'>,
  repository: string
): Promise<void> {
  const { repositories } = await readRegistryState(emulator)
  for (const tag of Object.keys(repositories[repository]?.tags ?? {})) {
    await pullCompletely(emulator, repository, tag)
  }
}
