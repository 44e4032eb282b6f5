import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { scenarioEnv } from './scenarios.js'

/** What a hostile service answers to one call; `undefined` leaves it to the honest part. */
type Attack = (
  request: IncomingMessage,
  response: ServerResponse,
  operation: string,
  body: Buffer
) => boolean

/** A service that is honest as far as it goes, and an attack on top. */
interface HostileService {
  readonly url: string
  readonly host: string
  /** The requests that it got, with their headers. */
  readonly seen: readonly { readonly url: string; readonly authorization: string | undefined }[]
}

const DIGEST = `sha256:${'a'.repeat(64)}`
const servers: Server[] = []
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-registry-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await rm(folder, { recursive: true, force: true })
})

function json(response: ServerResponse, value: unknown, status = 200): true {
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    .end(JSON.stringify(value))
  return true
}

/** The honest answers: one repository with one index that cannot be judged without reading it. */
function answerHonestly(host: string, operation: string, response: ServerResponse): true {
  const repository = {
    repositoryName: 'team/app',
    repositoryUri: `${host}/a1b2c3d4/team/app`,
    repositoryArn: 'arn:aws:ecr-public::123456789012:repository/team/app',
    registryId: '123456789012',
    createdAt: 1_700_000_000
  }
  const image = {
    imageDigest: DIGEST,
    imagePushedAt: 1_700_000_000,
    imageSizeInBytes: 10,
    imageManifestMediaType: 'application/vnd.oci.image.index.v1+json'
  }
  switch (operation) {
    case 'DescribeRepositories':
      return json(response, { repositories: [repository] })
    case 'DescribeRegistries':
      return json(response, {
        registries: [
          {
            registryId: '123456789012',
            registryUri: `${host}/a1b2c3d4`,
            aliases: [{ name: 'a1b2c3d4' }]
          }
        ]
      })
    case 'GetAuthorizationToken':
      return json(response, {
        authorizationData: {
          authorizationToken: Buffer.from('AWS:hostile-password').toString('base64'),
          expiresAt: 4e9
        }
      })
    case 'DescribeImages':
      return json(response, { imageDetails: [{ ...image, imageTags: ['v1'] }] })
    case 'DescribeImageTags':
      return json(response, {
        imageTagDetails: [{ imageTag: 'v1', createdAt: 1_700_000_000, imageDetail: image }]
      })
    case 'BatchDeleteImage':
      return json(response, { imageIds: [], failures: [] })
    default:
      return json(response, { __type: 'UnsupportedCommandException', message: operation }, 400)
  }
}

async function serve(attack: Attack): Promise<HostileService> {
  const seen: { url: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', authorization: request.headers.authorization })
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '')
      if (attack(request, response, operation, Buffer.concat(chunks))) return
      if (operation !== '') answerHonestly(request.headers.host ?? '', operation, response)
      else response.writeHead(404).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `http://${host}`, host, seen }
}

function run(
  service: HostileService,
  inputs: Readonly<Record<string, string>>
): Promise<ActionRun> {
  return runAction(inputs, {
    cwd: folder,
    env: {
      AWS_ENDPOINT_URL_ECR_PUBLIC: service.url,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'x'.repeat(20),
      ...scenarioEnv(folder)
    }
  })
}

const CLEANUP = {
  mode: 'cleanup-tags',
  repository: 'team/app',
  'older-than': '1d',
  'keep-latest': '0',
  untagged: 'true'
}
const writes = (service: HostileService, log: string): boolean =>
  service.seen.length > 0 && log.includes('deleted 1')

describe('a hostile service', () => {
  it('that repeats a page token for ever ends the step with a clear error', async () => {
    const service = await serve((_request, response, operation) => {
      if (operation !== 'DescribeImageTags') return false
      return json(response, { imageTagDetails: [], nextToken: 'again' })
    })
    const result = await run(service, CLEANUP)
    expect(result.exitCode).toBe(1)
    expect(result.errors).toHaveLength(1)
    expect(result.errors[0]).toMatch(/never ends the list/)
    expect(service.seen.length).toBeLessThan(20)
  })

  it('that answers without end is cut off', async () => {
    const service = await serve((_request, response, operation) => {
      if (operation !== 'DescribeRepositories') return false
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      const chunk = Buffer.alloc(1024 * 1024, 0x20)
      const pump = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', pump)
      }
      pump()
      return true
    })
    const result = await run(service, { ...CLEANUP, 'max-attempts': '1' })
    expect(result.exitCode).toBe(1)
    expect(result.errors).toHaveLength(1)
  })

  it.each([
    ['another scheme', () => 'file:///etc/passwd'],
    ['plain http elsewhere', () => 'http://192.0.2.1/v2/'],
    ['itself for ever', (host: string) => `http://${host}/v2/loop`]
  ])('that redirects reads of manifests to %s gets nothing deleted', async (_, target) => {
    const service = await serve((request, response) => {
      if (request.headers['x-amz-target'] !== undefined) return false
      response.writeHead(307, { location: target(request.headers.host ?? '') }).end()
      return true
    })
    const result = await run(service, { ...CLEANUP, 'keep-latest': '1' })
    expect(result.errors.length).toBeLessThanOrEqual(1)
    expect(writes(service, result.log)).toBe(false)
    expect(service.seen.length).toBeLessThan(100)
  })

  it('that redirects to another host does not get the credential there', async () => {
    const other = await serve((_request, response) => {
      response.writeHead(200).end('{}')
      return true
    })
    const service = await serve((request, response) => {
      if (request.headers['x-amz-target'] !== undefined) return false
      response.writeHead(307, { location: `${other.url}/stolen` }).end()
      return true
    })
    await run(service, { ...CLEANUP, 'keep-latest': '1' })
    for (const { authorization } of other.seen) expect(authorization).toBeUndefined()
  })

  it('that serves a manifest of another digest is not believed', async () => {
    const service = await serve((request, response) => {
      if (request.headers['x-amz-target'] !== undefined) return false
      const index = {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: []
      }
      response
        .writeHead(200, {
          'content-type': 'application/vnd.oci.image.index.v1+json',
          'docker-content-digest': DIGEST
        })
        .end(JSON.stringify(index))
      return true
    })
    const result = await run(service, { ...CLEANUP, 'keep-latest': '1' })
    expect(result.errors.length).toBeLessThanOrEqual(1)
    expect(result.outputs['deleted-images'] ?? '[]').toBe('[]')
  })

  it('that puts a secret of the request into its error does not get it into the log', async () => {
    const service = await serve((request, response, operation) => {
      if (operation === '') return false
      return json(
        response,
        {
          __type: 'InvalidParameterException',
          message: `you sent ${request.headers.authorization ?? ''} and ${request.headers['x-amz-security-token'] as string}`
        },
        400
      )
    })
    const result = await runAction(
      { mode: 'login' },
      {
        cwd: folder,
        env: {
          AWS_ENDPOINT_URL_ECR_PUBLIC: service.url,
          AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'x'.repeat(20),
          AWS_SESSION_TOKEN: 'RecognisableSessionToken0123456789',
          ...scenarioEnv(folder)
        }
      }
    )
    expect(result.exitCode).toBe(1)
    const unmasked = result.log.split('\n').filter((line) => !line.startsWith('::add-mask::'))
    const isMasked = result.log.includes('::add-mask::RecognisableSessionToken0123456789')
    expect(isMasked || !unmasked.join('\n').includes('RecognisableSessionToken0123456789')).toBe(
      true
    )
  })
})
