import { jest } from '@jest/globals'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  CompleteLayerUploadCommand,
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  DescribeRepositoriesCommand,
  GetRepositoryCatalogDataCommand,
  GetRepositoryPolicyCommand,
  InitiateLayerUploadCommand,
  ListTagsForResourceCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import { Journal } from '../../../src/emulator/store/journal.js'
import { Store } from '../../../src/emulator/store/store.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { callApi } from '../call-api.js'
import { createClient } from '../create-client.js'
import { digestOf, pushImage, pushIndex } from '../service.js'

let data: string

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'store-'))
})

afterEach(() => rmSync(data, { recursive: true, force: true }))

const APP = { repositoryName: 'app' }
const SEED = {
  displayName: 'Team',
  repositories: [
    {
      name: 'app',
      createdAt: '2026-01-01T00:00:00Z',
      catalogData: {
        description: 'An app',
        logoImageBlob: Buffer.from('GIF89a\x3c\x00\x3c\x00', 'latin1').toString('base64')
      },
      resourceTags: { owner: 'team' },
      policy: { Statement: { Effect: 'Allow', Principal: '*', Action: '*' } },
      images: [
        { tags: ['v1', 'latest'], platforms: ['linux/amd64', 'linux/arm64'] },
        { referrers: ['application/spdx+json'] }
      ]
    },
    { name: 'gone' }
  ]
}

/** Returns all data that the API returns. */
async function everything(client: ECRPUBLICClient): Promise<unknown> {
  const resourceArn = 'arn:aws:ecr-public::123456789012:repository/app'
  const answers = await Promise.all([
    client.send(new DescribeRepositoriesCommand({})),
    client.send(new DescribeImagesCommand(APP)),
    client.send(new DescribeImageTagsCommand(APP)),
    client.send(new GetRepositoryPolicyCommand(APP)),
    client.send(new ListTagsForResourceCommand({ resourceArn }))
  ])
  const { catalogData } = await client.send(new GetRepositoryCatalogDataCommand(APP))
  const told = answers.map((answer) => ({ ...answer, $metadata: undefined }))
  return JSON.parse(
    JSON.stringify([told, { ...catalogData, logoUrl: new URL(catalogData!.logoUrl!).pathname }])
  )
}

/** The port is part of the URIs and changes with a restart. */
function withoutPort(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, 'HOST'))
}

test('a data directory keeps everything across two restarts', async () => {
  const first = await startEmulator({ data, seed: SEED })
  await callApi(first, 'DeleteRepository', { repositoryName: 'gone' })
  await callApi(first, 'BatchDeleteImage', { ...APP, imageIds: [{ imageTag: 'latest' }] })
  const before = withoutPort(await everything(createClient(first)))
  await first.close()
  for (let run = 0; run < 2; run++) {
    const next = await startEmulator({ data, seed: SEED })
    expect(withoutPort(await everything(createClient(next)))).toEqual(before)
    const { json } = await callApi(next, 'GetRegistryCatalogData')
    expect(json.registryCatalogData).toEqual({ displayName: 'Team' })
    await next.close()
  }
})

test('a page token remains valid after a restart', async () => {
  const first = await startEmulator({ data, seed: SEED })
  const { json } = await callApi(first, 'DescribeImages', { ...APP, maxResults: 1 })
  await first.close()
  const next = await startEmulator({ data })
  const { nextToken } = json
  const rest = await callApi(next, 'DescribeImages', { ...APP, nextToken })
  expect(rest.json.imageDetails).toHaveLength(4)
})

test('an upload continues after a restart with its acknowledged parts', async () => {
  const limits = { minPartBytes: 1 }
  const first = await startEmulator({ data, limits, seed: { repositories: [{ name: 'app' }] } })
  const layer = randomBytes(300)
  const part = (client: ECRPUBLICClient, uploadId: string, from: number): Promise<unknown> =>
    client.send(
      new UploadLayerPartCommand({
        ...APP,
        uploadId,
        partFirstByte: from,
        partLastByte: from + 99,
        layerPartBlob: layer.subarray(from, from + 100)
      })
    )
  const client = createClient(first)
  const { uploadId } = await client.send(new InitiateLayerUploadCommand(APP))
  await part(client, uploadId!, 0)
  await part(client, uploadId!, 100)
  await first.close()
  // Written, but never acknowledged.
  const file = join(data, 'uploads', uploadId!)
  writeFileSync(file, Buffer.concat([layer.subarray(0, 200), Buffer.from('more')]))
  const next = createClient(await startEmulator({ data, limits }))
  await part(next, uploadId!, 200)
  const layerDigests = [digestOf(layer)]
  const done = await next.send(new CompleteLayerUploadCommand({ ...APP, uploadId, layerDigests }))
  expect(done.layerDigest).toBe(digestOf(layer))
})

test('an index still protects an image that was deleted and pushed again', async () => {
  const seed = { repositories: [{ name: 'app' }] }
  const first = await startEmulator({ data, seed, childProtection: 'off' })
  const client = createClient(first)
  const child = await pushImage(client, 'app', 'one')
  await pushIndex(client, 'app', [child], 'v1')
  await callApi(first, 'BatchDeleteImage', { ...APP, imageIds: [{ imageDigest: child }] })
  await pushImage(client, 'app', 'one')
  await first.close()
  const next = await startEmulator({ data })
  const imageIds = [{ imageDigest: child }]
  const { json } = await callApi(next, 'BatchDeleteImage', { ...APP, imageIds })
  expect(json.failures[0]!.failureCode).toBe('ImageReferencedByManifestList')
})

test('unused blobs are deleted immediately or at the next start', async () => {
  const first = await startEmulator({ data, seed: SEED })
  const blobs = (): string[] => readdirSync(join(data, 'blobs'))
  expect(blobs().length).toBeGreaterThan(5)
  writeFileSync(join(data, 'blobs', `sha256-${'0'.repeat(64)}`), 'left by a crash')
  writeFileSync(join(data, 'uploads', randomUUID()), 'left by a crash')
  await callApi(first, 'DeleteRepository', { ...APP, force: true })
  expect(blobs()).toEqual([`sha256-${'0'.repeat(64)}`])
  await first.close()
  await (await startEmulator({ data })).close()
  expect(blobs()).toEqual([])
  expect(readdirSync(join(data, 'uploads'))).toEqual([])
})

test('a start keeps files of another program next to its own', async () => {
  await (await startEmulator({ data, seed: SEED })).close()
  const photos = ['blobs', 'uploads'].map((name) => join(data, name, 'photos', 'photo.jpg'))
  for (const photo of photos) {
    mkdirSync(dirname(photo))
    writeFileSync(photo, 'photo')
    writeFileSync(`${dirname(photo)}.jpg`, 'photo')
  }
  await (await startEmulator({ data })).close()
  for (const photo of photos) {
    expect(readFileSync(photo, 'utf8')).toBe('photo')
    expect(readFileSync(`${dirname(photo)}.jpg`, 'utf8')).toBe('photo')
  }
})

test('without a data directory, no files remain', () => {
  const store = new Store(undefined, () => new Date())
  store.createRepository('app')
  const { digest } = store.addLayer('app', Buffer.from('a layer'))
  const path = store.blobs.path(digest)
  expect(existsSync(path)).toBe(true)
  store.close()
  expect(existsSync(path)).toBe(false)
})

test('rejects a data directory of another program', async () => {
  writeFileSync(join(data, 'journal.jsonl'), '{"journal":2}\n')
  await expect(startEmulator({ data })).rejects.toThrow('another version of the emulator')
  writeFileSync(join(data, 'journal.jsonl'), 'nonsense\n')
  await expect(startEmulator({ data })).rejects.toThrow(
    'is not valid JSON. The data directory is damaged.'
  )
})

test.each(['uploads', 'blobs'])('keeps the files of another program in "%s"', async (name) => {
  mkdirSync(join(data, name))
  const photo = join(data, name, 'photo.jpg')
  writeFileSync(photo, 'photo')
  const error = `The directory is not a data directory of the emulator: "${data}". "${name}" contains files, but "journal.jsonl" is missing or empty.`
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(startEmulator({ data })).rejects.toThrow(error)
  }
  // After a power failure, a file system can lose the contents of the journal.
  writeFileSync(join(data, 'journal.jsonl'), '')
  await expect(startEmulator({ data })).rejects.toThrow(error)
  expect(readFileSync(photo, 'utf8')).toBe('photo')
})

test.each(['{"entry":1}', 'null\n', '"text"\n'])(
  'keeps a journal of another program: %j',
  async (text) => {
    const path = join(data, 'journal.jsonl')
    writeFileSync(path, text)
    await expect(startEmulator({ data })).rejects.toThrow(path)
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
)

test.each([
  ['an event of a missing repository', '{"type":"repository-tags-set","name":"none","tags":{}}'],
  ['an event of an unknown type', '{"type":"other"}'],
  ['no event', 'null']
])('the line of a journal with %s is named', (_, line) => {
  const path = join(data, 'journal.jsonl')
  writeFileSync(path, `{"journal":1,"key":"${'00'.repeat(32)}"}\n${line}\n`)
  expect(() => new Store(data, () => new Date())).toThrow(
    `Line 2 of ${path} is not a valid event. The data directory is damaged.`
  )
})

test('a source that fails does not change the upload', async () => {
  const store = new Store(undefined, () => new Date())
  store.createRepository('app')
  const { id } = store.startUpload('app')
  await store.appendToUpload(id, Buffer.from('one '))
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from('half of')
    await Promise.resolve()
    throw new Error('gone')
  }
  await expect(store.appendToUpload(id, failing())).rejects.toThrow('gone')
  expect(store.findUpload('app', id)).toMatchObject({ size: 4, parts: [4] })
  await store.appendToUpload(id, Buffer.from('two'))
  expect(await store.uploadDigest(id)).toBe(digestOf('one two'))
  store.close()
})

test('a part that the journal cannot store is not a part of the upload', async () => {
  const store = new Store(data, () => new Date())
  store.createRepository('app')
  const { id } = store.startUpload('app')
  await store.appendToUpload(id, Buffer.from('one '))
  const append = jest.spyOn(Journal.prototype, 'append').mockImplementationOnce(() => {
    throw new Error('no space')
  })
  await expect(store.appendToUpload(id, Buffer.from('lost '))).rejects.toThrow('no space')
  append.mockRestore()
  const { size } = (await store.appendToUpload(id, Buffer.from('two')))!
  expect(size).toBe('one two'.length)
  expect(await store.uploadDigest(id)).toBe(digestOf(Buffer.from('one two')))
  store.close()
})
