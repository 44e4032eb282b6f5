import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Clock } from '../../src/emulator/clock.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { callApi } from './call-api.js'

const fixed = (): Date => new Date('2026-11-30T12:00:00Z')

test.each([
  ['90s', '2026-11-30T12:01:30.000Z'],
  ['15m', '2026-11-30T12:15:00.000Z'],
  ['13h', '2026-12-01T01:00:00.000Z'],
  ['30d', '2026-12-30T12:00:00.000Z'],
  ['2w', '2026-12-14T12:00:00.000Z']
])('moves forward by %s', (duration, expected) => {
  const clock = new Clock(fixed)
  clock.advance(duration)
  expect(clock.now().toISOString()).toBe(expected)
})

test.each([undefined, 5, '', '5', '5y', '-5h', '1.5h', '5h 3m', '999999999w'])(
  'rejects the duration %j and keeps the time',
  (duration) => {
    const clock = new Clock(fixed)
    expect(() => clock.advance(duration)).toThrow(/^"advance" is (missing|not valid)/)
    expect(clock.now()).toEqual(fixed())
  }
)

test('runs on from the time that was set', () => {
  let system = 1000
  const clock = new Clock(() => new Date(system), '2026-12-24T00:00:00Z')
  system += 5000
  expect(clock.now().toISOString()).toBe('2026-12-24T00:00:05.000Z')
})

test.each(['tomorrow', '24', 5, null, '2026-12-24', '2026-13-01T00:00:00Z'])(
  'rejects the time %j',
  (time) => {
    expect(() => new Clock(fixed, time)).toThrow('is not valid')
  }
)

test('tokens, dates and the Date header follow the clock', async () => {
  const emulator = await startEmulator({ clock: '2026-12-24T00:00:00Z' })
  const control = (body: unknown): Promise<Response> =>
    fetch(`${emulator.url}/_emulator/clock`, { method: 'POST', body: JSON.stringify(body) })
  const { json } = await callApi(emulator, 'GetAuthorizationToken')
  const { authorizationToken, expiresAt } = (json as unknown as Record<string, unknown>)
    .authorizationData as {
    authorizationToken: string
    expiresAt: number
  }
  expect(new Date(expiresAt * 1000).toISOString()).toMatch(/^2026-12-24T12:00/)
  const read = (): Promise<Response> =>
    fetch(`${emulator.url}/v2/`, { headers: { authorization: `Bearer ${authorizationToken}` } })
  expect((await read()).status).toBe(200)

  const moved = (await (await control({ advance: '13h' })).json()) as { now: string }
  expect(moved.now).toMatch(/^2026-12-24T13:00/)
  const response = await read()
  expect(response.status).not.toBe(200)
  expect(response.headers.get('date')).toMatch(/^Thu, 24 Dec 2026 13:00/)

  await control({ now: '2027-01-01T00:00:00Z' })
  await callApi(emulator, 'CreateRepository', { repositoryName: 'app' })
  const { json: described } = await callApi(emulator, 'DescribeRepositories')
  const [repository] = described.repositories as unknown as { createdAt: number }[]
  expect(new Date((repository?.createdAt ?? 0) * 1000).toISOString()).toMatch(/^2027-01-01/)
})

test('an upload that is not completed expires after 24 hours and is deleted', async () => {
  const data = mkdtempSync(join(tmpdir(), 'clock-'))
  const emulator = await startEmulator({ clock: '2026-12-24T00:00:00Z', data })
  const control = (body: unknown): Promise<Response> =>
    fetch(`${emulator.url}/_emulator/clock`, { method: 'POST', body: JSON.stringify(body) })
  const initiate = async (): Promise<string> =>
    (await callApi(emulator, 'InitiateLayerUpload', { repositoryName: 'app' })).json.uploadId
  const upload = async (uploadId: string, partFirstByte: number): Promise<string | undefined> => {
    const part = { partFirstByte, partLastByte: partFirstByte + 2, layerPartBlob: 'AAAA' }
    const input = { repositoryName: 'app', uploadId, ...part }
    return (await callApi(emulator, 'UploadLayerPart', input)).json.__type
  }
  await callApi(emulator, 'CreateRepository', { repositoryName: 'app' })
  const uploadId = await initiate()
  await control({ advance: '23h' })
  expect(await upload(uploadId, 0)).toBeUndefined()
  await control({ advance: '2h' })
  expect(await upload(uploadId, 3)).toBe('UploadNotFoundException')
  const next = await initiate()
  expect(readdirSync(join(data, 'uploads'))).toEqual([next])
  expect(await upload(next, 0)).toBeUndefined()
  await emulator.close()
  rmSync(data, { recursive: true })
})

test.each([{}, { advance: '1h', now: '2027-01-01T00:00:00Z' }, { advance: '1h', by: 1 }, []])(
  'rejects the control body %j',
  async (body) => {
    const emulator = await startEmulator()
    const response = await fetch(`${emulator.url}/_emulator/clock`, {
      method: 'POST',
      body: JSON.stringify(body)
    })
    expect(response.status).toBe(400)
  }
)
