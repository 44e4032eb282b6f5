import { CreateRepositoryCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import { createClient } from '../create-client.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { RunningEmulator } from '../../helpers/start-emulator.js'
import type { EmulatorOptions } from '../../../src/emulator/emulator.js'
import type { Content, TestImage } from './images.js'

/** A response of the registry. Redirects are not followed. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON. */
  json(): unknown
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** The credentials of the request. Default: the account; `none` sends no token. */
  readonly as?: 'account' | 'anonymous' | 'none'
}

/** A minimal registry client. */
export interface TestRegistry {
  readonly emulator: RunningEmulator
  /** `AWS:PASSWORD` for clients that log in. */
  readonly credentials: string
  readonly tokens: Readonly<Record<'account' | 'anonymous', string>>
  /** Sends a request. `target` is a path or a URL from the registry. */
  readonly send: (method: string, target: string, options?: RequestOptions) => Promise<Answer>
  /** Uploads a blob in one request. */
  readonly pushBlob: (repository: string, blob: Content) => Promise<Answer>
  /** Pushes the blobs, children and manifest, by tag or digest. */
  readonly pushImage: (repository: string, image: TestImage, tag?: string) => Promise<Answer>
}

/** Returns the path of a repository in the registry. */
export const ALIAS = 'a1b2c3d4'

/** Starts an emulator with these repositories and opens its registry. */
export async function openRegistry(
  options: EmulatorOptions = {},
  repositories: readonly string[] = ['team/app']
): Promise<TestRegistry> {
  const emulator = await startEmulator({ alias: ALIAS, ...options })
  const api = createClient(emulator)
  for (const repositoryName of repositories) {
    await api.send(new CreateRepositoryCommand({ repositoryName }))
  }
  const { authorizationData } = await api.send(new GetAuthorizationTokenCommand({}))
  const basic = authorizationData!.authorizationToken!
  const tokens = {
    anonymous: await fetchToken(emulator),
    account: await fetchToken(emulator, `Basic ${basic}`)
  }
  const send = async (
    method: string,
    target: string,
    { as = 'account', headers = {}, body }: RequestOptions = {}
  ): Promise<Answer> => {
    const response = await fetch(new URL(target, emulator.url), {
      method,
      redirect: 'manual',
      headers: { ...(as === 'none' ? {} : { authorization: `Bearer ${tokens[as]}` }), ...headers },
      ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> | string })
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const text = bytes.toString()
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      text,
      json: () => JSON.parse(text) as unknown
    }
  }
  const pushBlob = (repository: string, { bytes, digest }: Content): Promise<Answer> =>
    send('POST', `/v2/${ALIAS}/${repository}/blobs/uploads/?digest=${digest}`, {
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' }
    })
  const pushImage = async (repository: string, image: TestImage, tag?: string): Promise<Answer> => {
    for (const blob of image.blobs) await pushBlob(repository, blob)
    for (const child of image.children) await pushImage(repository, child)
    return send('PUT', `/v2/${ALIAS}/${repository}/manifests/${tag ?? image.digest}`, {
      body: image.bytes,
      headers: { 'content-type': image.mediaType }
    })
  }
  const credentials = Buffer.from(basic, 'base64').toString()
  return { emulator, credentials, tokens, send, pushBlob, pushImage }
}

async function fetchToken(emulator: RunningEmulator, authorization?: string): Promise<string> {
  const response = await fetch(`${emulator.url}/token/?service=public.ecr.aws&scope=aws`, {
    headers: authorization === undefined ? {} : { authorization }
  })
  return ((await response.json()) as { token: string }).token
}
