import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePng } from '../helpers/make-workspace.js'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { runInProcess } from './run-in-process.js'
import { scenarioEnv } from './scenarios.js'

/** What a hostile service answers to one call; `undefined` leaves it to the honest part. */
type Attack = (request: IncomingMessage, response: ServerResponse, operation: string) => boolean

/** An honest service with one attack added. */
interface HostileService {
  readonly url: string
  readonly host: string
  /** The requests that it got. */
  readonly seen: readonly SeenRequest[]
}

interface SeenRequest {
  readonly operation: string
  readonly url: string
  readonly authorization: string | undefined
  /** All of its head, to be searched. */
  readonly head: string
}

/** The limit of a test whose step retries a read with random delays, in milliseconds. */
const LONG_MS = 300_000

const INDEX = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: []
})
const UNTAGGED = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf('{}'),
    size: 2
  },
  layers: []
})

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

const servers: Server[] = []
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-registry-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await rm(directory, { recursive: true, force: true })
})

function json(response: ServerResponse, value: unknown, status = 200): true {
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    .end(JSON.stringify(value))
  return true
}

/** The honest answers: one repository with an index that a tag names, and an old image that none does. */
function answerHonestly(host: string, operation: string, response: ServerResponse): true {
  const repository = {
    repositoryName: 'team/app',
    repositoryUri: `${host}/a1b2c3d4/team/app`,
    repositoryArn: 'arn:aws:ecr-public::123456789012:repository/team/app',
    registryId: '123456789012',
    createdAt: 1_700_000_000
  }
  const details = (text: string): object => ({
    imageDigest: digestOf(text),
    imagePushedAt: 1_700_000_000,
    imageSizeInBytes: 10,
    imageManifestMediaType: (JSON.parse(text) as { mediaType: string }).mediaType
  })
  const image = details(INDEX)
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
          authorizationToken: TOKEN,
          expiresAt: 4e9
        }
      })
    case 'DescribeImages':
      return json(response, { imageDetails: [{ ...image, imageTags: ['v1'] }, details(UNTAGGED)] })
    case 'DescribeImageTags':
      return json(response, {
        imageTagDetails: [{ imageTag: 'v1', createdAt: 1_700_000_000, imageDetail: image }]
      })
    case 'BatchDeleteImage':
      return json(response, { imageIds: [{ imageDigest: digestOf(UNTAGGED) }], failures: [] })
    default:
      return json(response, { __type: 'UnsupportedCommandException', message: operation }, 400)
  }
}

function serveManifest(url: string, response: ServerResponse): void {
  const text = [INDEX, UNTAGGED].find((each) => url.endsWith(`/manifests/${digestOf(each)}`))
  if (text === undefined) response.writeHead(404).end()
  else {
    const { mediaType } = JSON.parse(text) as { mediaType: string }
    response.writeHead(200, { 'content-type': mediaType }).end(text)
  }
}

async function serve(attack: Attack): Promise<HostileService> {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '')
    const { url = '', headers, rawHeaders } = request
    const head = [url, ...rawHeaders].join('\n')
    seen.push({ operation, url, authorization: headers.authorization, head })
    request.resume().on('end', () => {
      if (attack(request, response, operation)) return
      if (operation !== '') answerHonestly(headers.host ?? '', operation, response)
      else serveManifest(url, response)
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
  return runAction(inputs, { cwd: directory, env: envOf(service) })
}

function envOf(service: HostileService): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_ECR_PUBLIC: service.url,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'RecognisableSecretAccessKey',
    ...scenarioEnv(directory)
  }
}

const PASSWORD = 'hostile-password'
const TOKEN = Buffer.from(`AWS:${PASSWORD}`).toString('base64')

/** It was asked, and neither the registry's credential nor one of AWS came with it. */
function expectNoCredential({ seen }: HostileService): void {
  expect(seen.length).toBeGreaterThan(0)
  for (const { authorization, head } of seen) {
    expect([undefined, 'Bearer anonymous']).toContain(authorization)
    for (const secret of [PASSWORD, TOKEN, 'AKIAIOSFODNN7EXAMPLE', 'RecognisableSecret']) {
      expect(head).not.toContain(secret)
    }
  }
}

/** Keeps the tag, and deletes the old image without one, unless the index may refer to it. */
const CLEANUP = {
  mode: 'cleanup-tags',
  repository: 'team/app',
  'older-than': '1d',
  'keep-latest': '1',
  untagged: 'true'
}

/** Whether the service was asked to delete anything. */
const wasWritten = ({ seen }: HostileService): boolean =>
  seen.some(({ operation }) => operation === 'BatchDeleteImage')

/** Leaves the API honest and answers everything below `/v2/`. */
function attackReads(
  answer: (response: ServerResponse, host: string, request: IncomingMessage) => void
): Attack {
  return (request, response, operation) => {
    if (operation !== '') return false
    answer(response, request.headers.host ?? '', request)
    return true
  }
}

/** Sends blanks for as long as the other side takes them. */
function sendForEver(response: ServerResponse, count: (bytes: number) => void): void {
  const chunk = Buffer.alloc(1024 * 1024, 0x20)
  const pump = (): void => {
    let hasRoom = true
    while (hasRoom && !response.destroyed) {
      count(chunk.length)
      hasRoom = response.write(chunk)
    }
    if (!response.destroyed) response.once('drain', pump)
  }
  pump()
}

describe('a hostile service', () => {
  it('that is honest for once gets its old image deleted, so that the others show something', async () => {
    const service = await serve(() => false)
    const result = await run(service, CLEANUP)
    expect(result.errors).toEqual([])
    expect(wasWritten(service)).toBe(true)
  })

  it('that repeats a page token for ever ends the step with a clear error', async () => {
    const service = await serve((_request, response, operation) => {
      if (operation !== 'DescribeImageTags') return false
      return json(response, { imageTagDetails: [], nextToken: 'again' })
    })
    const result = await run(service, CLEANUP)
    expect(result.exitCode).toBe(1)
    expect(result.errors).toHaveLength(1)
    expect(result.errors[0]).toMatch(/returns an endless list/)
    expect(service.seen.length).toBeLessThan(20)
  })

  it.each([
    ['DescribeRepositories', 'repositories'],
    ['DescribeImageTags', 'imageTagDetails'],
    ['DescribeImages', 'imageDetails']
  ])(
    'that has another page for ever ends the step with a clear error: %s',
    async (attacked, member) => {
      let pages = 0
      const service = await serve((_request, response, operation) => {
        if (operation !== attacked) return false
        return json(response, { [member]: [], nextToken: `page ${++pages}` })
      })
      const inputs = { ...CLEANUP, repository: 'team/*' }
      const result = await runInProcess(inputs, envOf(service), 120_000)
      expect(result.errors).toEqual([expect.stringMatching(/returns an endless list/)])
      expect(pages).toBeLessThanOrEqual(2000)
      expect(wasWritten(service)).toBe(false)
    }
  )

  it('that answers without end is cut off', async () => {
    let sent = 0
    const service = await serve((_request, response, operation) => {
      if (operation !== 'DescribeRepositories') return false
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      sendForEver(response, (bytes) => (sent += bytes))
      return true
    })
    const result = await run(service, { ...CLEANUP, 'max-attempts': '1' })
    expect(result.exitCode).toBe(1)
    expect(result.errors).toHaveLength(1)
    expect(sent).toBeLessThan(128 * 2 ** 20)
  })

  it('that serves manifests without end is cut off, and gets nothing deleted', async () => {
    let sent = 0
    const service = await serve(
      attackReads((response) => {
        response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' })
        sendForEver(response, (bytes) => (sent += bytes))
      })
    )
    const result = await run(service, CLEANUP)
    expect(result.errors.length).toBeLessThanOrEqual(1)
    expect(wasWritten(service)).toBe(false)
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThan(64 * 2 ** 20)
  })

  it.each([
    ['another scheme', () => 'file:///etc/passwd'],
    ['plain http elsewhere', () => 'http://192.0.2.1/v2/'],
    ['an address with a password', (host: string) => `http://user:password@${host}/v2/`],
    ['itself for ever', (host: string) => `http://${host}/v2/loop`]
  ])('that redirects reads of manifests to %s gets nothing deleted', async (_, target) => {
    const service = await serve(
      attackReads((response, host) => {
        response.writeHead(307, { location: target(host) }).end()
      })
    )
    const result = await run(service, CLEANUP)
    expect(result.errors.length).toBeLessThanOrEqual(1)
    expect(wasWritten(service)).toBe(false)
    expect(service.seen.some(({ operation }) => operation === '')).toBe(true)
    expect(service.seen.length).toBeLessThan(100)
  })

  it(
    'that redirects to another host does not get the credential there',
    async () => {
      const other = await serve(attackReads((response) => response.writeHead(200).end('{}')))
      const service = await serve(
        attackReads((response) => {
          response.writeHead(307, { location: `${other.url}/stolen` }).end()
        })
      )
      await run(service, CLEANUP)
      expect(
        service.seen.some(({ url, authorization }) => url.startsWith('/v2/') && authorization)
      ).toBeTruthy()
      expectNoCredential(other)
      expect(wasWritten(service)).toBe(false)
    },
    LONG_MS
  )

  it('that has its tokens given by another host does not get the credential there', async () => {
    const other = await serve(
      attackReads((response) => response.writeHead(200).end('{"token":"anonymous"}'))
    )
    const service = await serve(
      attackReads((response) => {
        const challenge = `Bearer realm="${other.url}/token",service="x"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      })
    )
    await run(service, CLEANUP)
    expectNoCredential(other)
    expect(wasWritten(service)).toBe(false)
  })

  it('that has its logos on another host does not get the credential there', async () => {
    const other = await serve(
      attackReads((response) => {
        response.writeHead(307, { location: '/elsewhere' }).end()
      })
    )
    const service = await serve((_request, response, operation) => {
      if (!operation.endsWith('RepositoryCatalogData')) return false
      return json(response, { catalogData: { logoUrl: `${other.url}/logo.png` } })
    })
    await writeFile(join(directory, 'logo.png'), makePng(64, 64))
    const result = await run(service, {
      mode: 'sync-catalog',
      repository: 'team/app',
      logo: 'logo.png'
    })
    expect(result.errors).toEqual([])
    // A logo that cannot be compared is sent.
    expect(result.outputs.changed).toBe('true')
    expectNoCredential(other)
  })

  it(
    'that serves a manifest with another digest is rejected',
    async () => {
      const service = await serve(
        attackReads((response, _host, { url = '' }) => {
          response
            .writeHead(200, {
              'content-type': 'application/vnd.oci.image.index.v1+json',
              'docker-content-digest': url.replace(/^.*\//, '')
            })
            .end(`${INDEX} `)
        })
      )
      const result = await run(service, CLEANUP)
      expect(result.errors.length).toBeLessThanOrEqual(1)
      expect(result.outputs['deleted-images'] ?? '[]').toBe('[]')
      expect(wasWritten(service)).toBe(false)
    },
    LONG_MS
  )

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
        cwd: directory,
        env: {
          AWS_ENDPOINT_URL_ECR_PUBLIC: service.url,
          AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'x'.repeat(20),
          AWS_SESSION_TOKEN: 'RecognisableSessionToken0123456789',
          ...scenarioEnv(directory)
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
