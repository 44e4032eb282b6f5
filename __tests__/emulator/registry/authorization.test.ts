import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import { startEmulator } from '../../helpers/start-emulator.js'
import { createClient } from '../create-client.js'
import { ALIAS, openRegistry } from './open-registry.js'

test.each(['/v2', '/v2/', `/v2/${ALIAS}/team/app/tags/list`, '/v2/_catalog'])(
  'without a token, %s returns a challenge exactly like public.ecr.aws',
  async (path) => {
    const { send, emulator } = await openRegistry()
    const answer = await send('GET', path, { as: 'none' })
    expect(answer.status).toBe(401)
    expect(answer.text).toBe('{"errors":[{"code":"DENIED","message":"Not Authorized"}]}\n')
    expect(answer.bytes).toHaveLength(58)
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="${emulator.url}/token/",service="public.ecr.aws",scope="aws"`
    )
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  }
)

test.each(['Bearer wrong', 'Basic QVdTOnB3', 'Bearer', 'Negotiate x'])(
  'Authorization "%s" returns 400 without a challenge',
  async (authorization) => {
    const { send } = await openRegistry()
    const answer = await send('GET', '/v2/', { as: 'none', headers: { authorization } })
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({
      errors: [{ code: 'DENIED', message: 'Your Authorization Token is invalid.' }]
    })
    expect(answer.headers.get('www-authenticate')).toBeNull()
  }
)

test('accepts the token of GetAuthorizationToken as a bearer token', async () => {
  const { send, credentials } = await openRegistry()
  const authorization = `Bearer ${Buffer.from(credentials).toString('base64')}`
  const answer = await send('GET', '/v2/', { as: 'none', headers: { authorization } })
  expect(answer.status).toBe(200)
})

test.each([
  '/token',
  '/token/',
  '/token/?service=public.ecr.com&scope=repository:x:pull&account=AWS'
])('%s returns a token without credentials', async (path) => {
  const { send } = await openRegistry()
  const answer = await send('GET', path, { as: 'none' })
  expect(answer.status).toBe(200)
  const authorization = `Bearer ${(answer.json() as { token: string }).token}`
  const read = await send('GET', '/v2/', { as: 'none', headers: { authorization } })
  expect(read.status).toBe(200)
})

test('rejects wrong credentials', async () => {
  const { send } = await openRegistry()
  for (const credentials of ['AWS:wrong', 'somebody:else', '']) {
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
    const answer = await send('GET', '/token/', { as: 'none', headers: { authorization } })
    expect(answer.status).toBe(403)
    expect(answer.json()).toEqual({ errors: [{ code: 'DENIED', message: 'Not Authorized' }] })
  }
})

test('refuses an expired password at /v2/, and rejects an expired token as invalid', async () => {
  let hours = 0
  const now = (): Date => new Date(Date.UTC(2026, 0, 1) + hours * 3_600_000 + 1_000)
  const { send, credentials } = await openRegistry({ now })
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  const token = (): ReturnType<typeof send> =>
    send('GET', '/token/', { as: 'none', headers: { authorization } })

  hours = 1
  expect((await send('GET', '/v2/')).status).toBe(400)
  hours = 11.9
  expect((await token()).status).toBe(200)
  hours = 12
  const answer = await token()
  expect(answer.status).toBe(200)
  const bearer = `Bearer ${(answer.json() as { token: string }).token}`
  for (const path of ['/v2/', `/v2/${ALIAS}/team/app/manifests/v1`]) {
    const refused = await send('GET', path, { as: 'none', headers: { authorization: bearer } })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain(
      'Your authorization token has expired. Reauthenticate and try again.'
    )
  }
})

const formOf = (fields: Readonly<Record<string, string>>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams({ service: 'public.ecr.aws', client_id: 'test', ...fields })
})

test('returns an access token to the OAuth2 form of containerd, BuildKit and oras', async () => {
  const { credentials, emulator } = await openRegistry()
  const [username = '', password = ''] = credentials.split(':')
  for (const path of ['/token', '/token/']) {
    const form = formOf({ grant_type: 'password', username, password })
    const response = await fetch(`${emulator.url}${path}`, form)
    expect(response.status).toBe(200)
    const json = (await response.json()) as { access_token: string; token: string }
    expect(json.token).toBe(json.access_token)
    const upload = await fetch(`${emulator.url}/v2/${ALIAS}/team/app/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${json.access_token}` }
    })
    expect(upload.status).toBe(202)
  }
})

test.each([
  { grant_type: 'password', username: 'AWS', password: 'wrong' },
  { grant_type: 'password' },
  { grant_type: 'refresh_token', refresh_token: 'x' }
])('rejects the OAuth2 form %j', async (fields) => {
  const { emulator } = await openRegistry()
  const response = await fetch(`${emulator.url}/token`, formOf(fields))
  expect(response.status).toBe(403)
  expect(await response.text()).toContain('Not Authorized')
})

test('returns an anonymous token to a POST without credentials', async () => {
  const { emulator } = await openRegistry()
  const response = await fetch(`${emulator.url}/token`, formOf({}))
  const { access_token: token } = (await response.json()) as { access_token: string }
  const authorization = `Bearer ${token}`
  expect((await fetch(`${emulator.url}/v2/`, { headers: { authorization } })).status).toBe(200)
})

test.each([
  ['POST', `/v2/${ALIAS}/team/app/blobs/uploads/`],
  ['PUT', `/v2/${ALIAS}/team/app/manifests/v1`],
  ['DELETE', `/v2/${ALIAS}/team/app/manifests/v1`]
])('requires a login to %s', async (method, path) => {
  const { send } = await openRegistry()
  const answer = await send(method, path, { as: 'anonymous' })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /)
})

test('returns the IAM error if an identity-based policy does not allow the operation', async () => {
  const { send } = await openRegistry({
    allow: ['ecr-public:CreateRepository', 'ecr-public:GetAuthorizationToken', 'sts:*']
  })
  const answer = await send('POST', `/v2/${ALIAS}/team/app/blobs/uploads/`)
  expect(answer.status).toBe(403)
  expect(answer.text).toMatch(
    /not authorized to perform: ecr-public:InitiateLayerUpload on resource: arn:aws:ecr-public::\d{12}:repository\/team\/app because/
  )
})

test('returns 404 in plain text for unknown paths', async () => {
  const { send } = await openRegistry()
  const answer = await send('GET', '/v2/_catalog')
  expect([answer.status, answer.text]).toEqual([404, '404 page not found\n'])
  expect((await send('PATCH', '/v2/')).status).toBe(405)
})

test('passwords, tokens and signed URLs remain valid after a restart', async () => {
  const data = await mkdtemp(join(tmpdir(), 'registry-restart-'))
  try {
    const first = await startEmulator({ data })
    const { authorizationData } = await createClient(first).send(
      new GetAuthorizationTokenCommand({})
    )
    await first.close()
    const second = await startEmulator({ data })
    const response = await fetch(`${second.url}/v2/`, {
      headers: { authorization: `Bearer ${authorizationData!.authorizationToken!}` }
    })
    expect(response.status).toBe(200)
    await second.close()
  } finally {
    await rm(data, { recursive: true, force: true })
  }
})
