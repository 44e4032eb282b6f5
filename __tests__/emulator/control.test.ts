import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { callApi } from './call-api.js'

async function log({ url }: RunningEmulator): Promise<unknown[]> {
  return (await (await fetch(`${url}/_emulator/requests`)).json()) as unknown[]
}

test('the request log contains every call with its input and outcome', async () => {
  const emulator = await startEmulator({ now: () => new Date('2026-01-01T00:00:00Z') })
  await callApi(emulator, 'CreateRepository', { repositoryName: 'app' })
  await callApi(emulator, 'CreateRepository', { repositoryName: 'app' })
  await fetch(`${emulator.url}/nothing?here`)
  const entries = await log(emulator)
  const call = {
    time: '2026-01-01T00:00:00.000Z',
    operation: 'CreateRepository',
    method: 'POST',
    path: '/',
    requestBytes: '{"repositoryName":"app"}'.length,
    input: { repositoryName: 'app' }
  }
  expect(entries).toEqual([
    { ...call, status: 200, responseBytes: expect.any(Number) },
    {
      ...call,
      status: 400,
      responseBytes: expect.any(Number),
      error: 'RepositoryAlreadyExistsException'
    },
    expect.objectContaining({ method: 'GET', path: '/nothing?here', status: 404, requestBytes: 0 })
  ])
  expect(JSON.stringify(entries)).not.toContain('Credential')
})

test('the request log contains the fault, omits large inputs, and can be cleared', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: '*', fault: 'throttle', count: 1 })
  await callApi(emulator, 'DescribeRegistries')
  await callApi(emulator, 'DescribeRegistries', { more: 'a'.repeat(20_000) })
  const [struck, large] = await log(emulator)
  expect(struck).toMatchObject({ fault: 'throttle', error: 'ThrottlingException', status: 400 })
  expect(large).not.toHaveProperty('input')
  await fetch(`${emulator.url}/_emulator/requests`, { method: 'DELETE' })
  expect(await log(emulator)).toEqual([])
})

test('the request log omits the contents of layers and logos', async () => {
  const emulator = await startEmulator()
  await callApi(emulator, 'CreateRepository', { repositoryName: 'app' })
  const { uploadId } = (await callApi(emulator, 'InitiateLayerUpload', { repositoryName: 'app' }))
    .json
  const part = { repositoryName: 'app', uploadId, partFirstByte: 0, partLastByte: 5 }
  const blob = Buffer.from('secret').toString('base64')
  await callApi(emulator, 'UploadLayerPart', { ...part, layerPartBlob: blob })
  const texts = { description: 'An app', architectures: ['x86-64'] }
  await callApi(emulator, 'PutRepositoryCatalogData', {
    repositoryName: 'app',
    catalogData: { ...texts, logoImageBlob: blob }
  })
  const inputs = (await log(emulator)).slice(2).map((entry) => (entry as { input: unknown }).input)
  expect(inputs).toEqual([part, { repositoryName: 'app', catalogData: texts }])
})

test('the request log counts the bytes of a chunked body', async () => {
  const emulator = await startEmulator()
  await new Promise((resolve) => {
    const call = request(emulator.url, { method: 'POST' }, (response) =>
      response.resume().on('end', resolve)
    )
    call.write('12345')
    call.end('678')
  })
  const entries = await log(emulator)
  expect(entries[0]).toMatchObject({ requestBytes: 8, status: 404 })
})

test('the request log drops the oldest entries', async () => {
  const { RequestLog } = await import('../../src/emulator/request-log.js')
  const requests = new RequestLog(() => new Date())
  const noStream = { method: 'GET', push: () => true, write: () => true, end: () => undefined }
  for (let at = 0; at < 100_001; at++) {
    requests.begin({ ...noStream, url: `/${String(at)}` } as never, { ...noStream } as never)
  }
  expect(requests.entries).toHaveLength(50_001)
  expect(requests.entries.at(-1)!.path).toBe('/100000')
})

test.each([
  ['GET', 'health', 200],
  ['GET', 'nothing', 404],
  ['PUT', 'faults', 404]
])('%s of the control endpoint %s returns %d', async (method, path, status) => {
  const emulator = await startEmulator()
  expect((await fetch(`${emulator.url}/_emulator/${path}`, { method })).status).toBe(status)
})

test.each([
  ['faults', '{'],
  ['seed', '{"repositories": 1}']
])('an invalid body for %s is rejected with the reason', async (path, body) => {
  const emulator = await startEmulator()
  const response = await fetch(`${emulator.url}/_emulator/${path}`, { method: 'POST', body })
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({ error: expect.stringMatching(/./) })
})

test.each([
  ['DELETE', 'faults?operation=PutImage', undefined, 'query'],
  ['DELETE', 'faults', '{"operation": "PutImage"}', 'body'],
  ['DELETE', 'requests?route=Ping', undefined, 'query'],
  ['POST', 'reset?repository=app', undefined, 'query'],
  ['POST', 'seed?dry-run', '{"repositories": [{"name": "tool"}]}', 'query'],
  ['POST', 'faults?count=1', '{"operation": "*", "fault": "slow"}', 'query'],
  ['POST', 'clock?now=2030-01-01T00:00:00Z', '{"advance": "9w"}', 'query'],
  ['POST', 'snapshot', '{"id": "mine"}', 'body']
])('%s %s with the body %s is refused and changes nothing', async (method, path, body, part) => {
  const emulator = await startEmulator({ now: () => new Date('2026-01-01T00:00:00Z') })
  await callApi(emulator, 'CreateRepository', { repositoryName: 'app' })
  await emulator.fault({ operation: 'PutImage', fault: 'throttle' })
  const stateOf = (): Promise<unknown[]> =>
    Promise.all([
      fetch(`${emulator.url}/_emulator/faults`).then((response) => response.json()),
      fetch(`${emulator.url}/_emulator/clock`).then((response) => response.json()),
      log(emulator)
    ])
  const before = await stateOf()
  const init = body === undefined ? { method } : { method, body }
  const response = await fetch(`${emulator.url}/_emulator/${path}`, init)
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({
    error: expect.stringMatching(
      new RegExp(`^The ${part} of "${method} \\w+" is not supported: .+ Nothing was changed\\.$`)
    )
  })
  expect(await stateOf()).toEqual(before)
  const { json: found } = await callApi(emulator, 'DescribeRepositories')
  expect(found).toEqual({ repositories: [expect.objectContaining({ repositoryName: 'app' })] })
})

test('a restore with an unknown member is refused, and a request can have an empty query or body', async () => {
  const { url } = await startEmulator()
  const send = (path: string, method: string, body: string): Promise<Response> =>
    fetch(`${url}/_emulator/${path}`, { method, body })
  const { id } = (await (await send('snapshot?', 'POST', 'null')).json()) as { id: string }
  expect((await send('restore', 'POST', JSON.stringify({ id, dryRun: true }))).status).toBe(400)
  expect((await send('restore?', 'POST', JSON.stringify({ id }))).status).toBe(200)
  expect((await send('faults?', 'DELETE', '{}')).status).toBe(200)
  expect((await fetch(`${url}/_emulator/health?now`, { method: 'HEAD' })).status).toBe(200)
})

test('HEAD of a control endpoint has the status of GET', async () => {
  const { url } = await startEmulator()
  const statusOf = async (name: string): Promise<number> =>
    (await fetch(`${url}/_emulator/${name}`, { method: 'HEAD' })).status
  expect(await statusOf('health')).toBe(200)
  expect(await statusOf('requests')).toBe(200)
  expect(await statusOf('seed')).toBe(404)
})

test('a body can begin with a byte order mark, and the error for invalid JSON names the body', async () => {
  const { url } = await startEmulator()
  const seed = (body: string): Promise<Response> =>
    fetch(`${url}/_emulator/seed`, { method: 'POST', body })
  expect((await seed('\ufeff{"repositories":[{"name":"app"}]}')).status).toBe(200)
  const invalid = await seed('{"repositories"')
  expect(invalid.status).toBe(400)
  expect(await invalid.json()).toEqual({
    error: expect.stringContaining('The body is not valid JSON.')
  })
})

test('requests to the control endpoints are not logged', async () => {
  const emulator = await startEmulator()
  await fetch(`${emulator.url}/_emulator/health`)
  expect(await log(emulator)).toEqual([])
})

test('every control endpoint is documented with a curl line', async () => {
  const { url } = await startEmulator()
  const { error } = (await (await fetch(`${url}/_emulator/unknown`)).json()) as { error: string }
  const endpoints = [...error.matchAll(/([A-Z]+) ([a-z]+)/g)].map(([, method, path]) => {
    const option = method === 'GET' ? '' : `-X ${method ?? ''} `
    return `curl ${option}http://127.0.0.1:5111/_emulator/${path ?? ''}`
  })
  expect(endpoints).toHaveLength(12)
  const text = readFileSync(join(import.meta.dirname, '../../docs/emulator.md'), 'utf8')
  // `curl -s` reads the ID of a snapshot in a script.
  const documented = text.replaceAll('curl -s ', 'curl ')
  expect(endpoints.filter((line) => !documented.includes(line))).toEqual([])
})
