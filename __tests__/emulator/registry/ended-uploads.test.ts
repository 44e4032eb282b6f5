import { request } from 'node:http'
import type { ClientRequest } from 'node:http'
import { jest } from '@jest/globals'
import { Blobs } from '../../../src/emulator/store/blobs.js'
import { Store } from '../../../src/emulator/store/store.js'
import { callApi } from '../call-api.js'
import { digestOf } from './images.js'
import { ALIAS, openRegistry } from './open-registry.js'
import type { TestRegistry } from './open-registry.js'

const path = `/v2/${ALIAS}/team/app`
const repositoryName = 'team/app'

afterEach(() => jest.restoreAllMocks())

interface Body {
  readonly call: ClientRequest
  readonly status: Promise<number>
}

/** Begins a request with a body and resolves when the emulator has begun to append it. */
async function begin(registry: TestRegistry, method: string, target: string): Promise<Body> {
  const headers = { authorization: `Bearer ${registry.tokens.account}` }
  const call = request(new URL(target, registry.emulator.url), { method, headers })
  const status = new Promise<number>((resolve, reject) => {
    call.once('error', reject)
    call.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
  })
  const append = jest.spyOn(Store.prototype, 'appendToUpload')
  call.write('first ')
  while (append.mock.calls.length === 0) await new Promise((resolve) => setImmediate(resolve))
  return { call, status }
}

async function control({ emulator }: TestRegistry, name: string, body?: object): Promise<unknown> {
  const init = { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  return (await fetch(`${emulator.url}/_emulator/${name}`, init)).json()
}

const ENDS: [string, (registry: TestRegistry) => Promise<unknown>][] = [
  ['a reset', (registry) => control(registry, 'reset')],
  [
    'a restore',
    async (registry) =>
      control(registry, 'restore', (await control(registry, 'snapshot')) as { id: string })
  ],
  [
    'DeleteRepository',
    ({ emulator }) => callApi(emulator, 'DeleteRepository', { repositoryName, force: true })
  ]
]

describe.each(ENDS)('%s while a client sends', (_, end) => {
  test.each(['PATCH', 'PUT', 'POST'])('the body of a %s returns 404', async (method) => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    const registry = await openRegistry()
    const query = `?digest=${digestOf(Buffer.from('first second'))}`
    const started = await registry.send('POST', `${path}/blobs/uploads/`)
    const location = started.headers.get('location')!
    const target = {
      PATCH: location,
      PUT: `${location}${query}`,
      POST: `${path}/blobs/uploads/${query}`
    }[method]!
    const { call, status } = await begin(registry, method, target)
    await end(registry)
    call.end('second')
    expect(await status).toBe(404)
    expect(logged).not.toHaveBeenCalled()
  })
})

test('an upload can be continued after a reset that is not valid', async () => {
  const registry = await openRegistry()
  const started = await registry.send('POST', `${path}/blobs/uploads/`)
  const location = started.headers.get('location')!
  const { call, status } = await begin(registry, 'PATCH', location)
  expect(await control(registry, 'reset', { repos: [] })).toHaveProperty('error')
  call.end('second')
  expect(await status).toBe(201)
  const digest = digestOf(Buffer.from('first second'))
  expect((await registry.send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
})

test('a layer part or a completion returns UploadNotFoundException after a reset', async () => {
  const { emulator } = await openRegistry()
  const { json } = await callApi(emulator, 'InitiateLayerUpload', { repositoryName })
  const { uploadId } = json
  const part = { partFirstByte: 0, partLastByte: 3, layerPartBlob: 'Zm91cg==' }
  const input = { repositoryName, uploadId }
  const recreate = async (): Promise<unknown> => {
    await callApi(emulator, 'DeleteRepository', { repositoryName, force: true })
    return callApi(emulator, 'CreateRepository', { repositoryName })
  }
  await callApi(emulator, 'UploadLayerPart', { ...input, ...part })
  const digest = digestOf(Buffer.from('four'))
  jest.spyOn(Store.prototype, 'uploadDigest').mockImplementationOnce(async () => {
    await recreate()
    return digest
  })
  const completion = { ...input, layerDigests: [digest] }
  const completed = await callApi(emulator, 'CompleteLayerUpload', completion)
  expect(completed.json.__type).toBe('UploadNotFoundException')

  const again = await callApi(emulator, 'InitiateLayerUpload', { repositoryName })
  jest.spyOn(Blobs.prototype, 'append').mockImplementationOnce(async () => {
    await recreate()
    return 4
  })
  const next = { repositoryName, uploadId: again.json.uploadId, ...part }
  const appended = await callApi(emulator, 'UploadLayerPart', next)
  expect(appended.json.__type).toBe('UploadNotFoundException')
})

test('an error of a handler that has read the body is logged', async () => {
  const logged = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const { emulator } = await openRegistry()
  const bug = new Error('A bug')
  jest.spyOn(Store.prototype, 'createRepository').mockImplementation(() => {
    throw bug
  })
  const { status } = await callApi(emulator, 'CreateRepository', { repositoryName: 'other' })
  expect(status).toBe(500)
  expect(logged.mock.calls).toEqual([[bug]])
})
