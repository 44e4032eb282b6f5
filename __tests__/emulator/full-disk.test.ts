import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callApi } from './call-api.js'
import type { WireJson } from './call-api.js'
import { runEmulator, runEmulatorWithFileLimit } from './emulator-process.js'
import { digestOf } from './service.js'

// A limit of the file size has the effects of a full disk without a file system for the test.

const LIMIT_KIB = 64
const LOG_LINE = 'The disk is full, so the emulator cannot store data.'

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'full-disk-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const isFull = { status: 500, type: 'ServerException' }

async function call(
  url: string,
  operation: string,
  input: object
): Promise<{ status: number; type?: string; json: WireJson }> {
  const { status, json } = await callApi({ url }, operation, input)
  return { status, type: json.__type, json }
}

async function listNames(url: string): Promise<string[]> {
  const { json } = await call(url, 'DescribeRepositories', { maxResults: 1000 })
  return json.repositories.map(({ repositoryName }) => repositoryName)
}

test('a full disk returns ServerException, is logged, and loses no acknowledged change', async () => {
  const full = await runEmulatorWithFileLimit(LIMIT_KIB, '--port', '0', '--data', data)
  const names: string[] = []
  const create = async (aboutText: string): Promise<number> => {
    const repositoryName = `app-${String(names.length)}`
    const answer = await call(full.url, 'CreateRepository', {
      repositoryName,
      catalogData: { aboutText }
    })
    if (answer.status === 200) names.push(repositoryName)
    else
      expect(answer).toMatchObject({
        ...isFull,
        json: { message: 'The disk of the emulator is full.' }
      })
    return answer.status
  }
  while ((await create('x'.repeat(10_000))) === 200);
  expect(names.length).toBeGreaterThan(3)
  expect(full.output().stderr).toContain(LOG_LINE)
  // Smaller changes still fit, until they do not.
  while ((await create('')) === 200);
  expect(await listNames(full.url)).toEqual(names)
  full.child.kill('SIGKILL')
  await full.ended

  const restarted = await runEmulator('--port', '0', '--data', data)
  expect(await listNames(restarted.url)).toEqual(names)
  const { status } = await call(restarted.url, 'CreateRepository', { repositoryName: 'more' })
  expect(status).toBe(200)
}, 120_000)

test('a part or a blob that does not fit changes nothing, and smaller ones still work', async () => {
  const { url, output } = await runEmulatorWithFileLimit(
    LIMIT_KIB,
    ...['--port', '0', '--data', data, '--limit-min-part-bytes', '1']
  )
  const app = { repositoryName: 'app' }
  await call(url, 'CreateRepository', app)
  const { json } = await call(url, 'InitiateLayerUpload', app)
  const sendPart = (bytes: Buffer): ReturnType<typeof call> =>
    call(url, 'UploadLayerPart', {
      ...app,
      uploadId: json.uploadId,
      partFirstByte: 0,
      partLastByte: bytes.length - 1,
      layerPartBlob: bytes.toString('base64')
    })
  expect(await sendPart(Buffer.alloc(100_000))).toMatchObject(isFull)
  expect(output().stderr).toContain(LOG_LINE)

  const { json: login } = await call(url, 'GetAuthorizationToken', {})
  const token = (login as unknown as { authorizationData: { authorizationToken: string } })
    .authorizationData.authorizationToken
  const body = Buffer.alloc(100_000)
  const pushed = await fetch(
    `${url}/v2/a1b2c3d4/app/blobs/uploads/?digest=${encodeURIComponent(digestOf(body))}`,
    { method: 'POST', headers: { authorization: `Bearer ${await bearer(url, token)}` }, body }
  )
  expect(pushed.status).toBe(500)
  expect(await pushed.json()).toMatchObject({ errors: [{ code: 'UNKNOWN' }] })

  const small = Buffer.from('a small layer')
  expect(await sendPart(small)).toMatchObject({ status: 200 })
  const { status } = await call(url, 'CompleteLayerUpload', {
    ...app,
    uploadId: json.uploadId,
    layerDigests: [digestOf(small)]
  })
  expect(status).toBe(200)
})

test('a seed that does not fit returns 500 and changes nothing', async () => {
  const { url, output } = await runEmulatorWithFileLimit(LIMIT_KIB, '--port', '0', '--data', data)
  const repositories = Array.from({ length: 1_000 }, (_, at) => ({ name: `app-${String(at)}` }))
  for (const path of ['seed', 'reset']) {
    const response = await fetch(`${url}/_emulator/${path}`, {
      method: 'POST',
      body: JSON.stringify({ repositories })
    })
    expect([response.status, await response.json()]).toEqual([
      500,
      { error: expect.stringMatching(/disk .* full/) as string }
    ])
  }
  expect(output().stderr).toContain(LOG_LINE)
  expect(await listNames(url)).toEqual([])
})

async function bearer(url: string, basic: string): Promise<string> {
  const response = await fetch(`${url}/token/`, { headers: { authorization: `Basic ${basic}` } })
  return ((await response.json()) as { token: string }).token
}
