import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/nested-clients/sts'
import { DescribeRepositoriesCommand, ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { RunningEmulator } from '../../helpers/start-emulator.js'

const ROLE = 'arn:aws:iam::123456789012:role/ci'
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }

async function tokenOf(
  { url }: RunningEmulator,
  query = '?audience=sts.amazonaws.com'
): Promise<string> {
  const response = await fetch(`${url}/_emulator/id-token${query}`, {
    headers: { authorization: 'Bearer request-token' }
  })
  const { value } = (await response.json()) as { readonly value: string }
  return value
}

function assume(
  { url }: RunningEmulator,
  token: string,
  more: { readonly RoleArn?: string; readonly DurationSeconds?: number } = {}
) {
  const client = new STSClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: KEYS,
    maxAttempts: 1
  })
  return client.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: ROLE,
      RoleSessionName: 'session',
      WebIdentityToken: token,
      ...more
    })
  )
}

test('issues tokens as GitHub does, also for a URL without a query', async () => {
  const emulator = await startEmulator()
  for (const query of ['?audience=sts.amazonaws.com&sub=s', '&audience=sts.amazonaws.com&sub=s']) {
    const [, payload = ''] = (await tokenOf(emulator, query)).split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      aud: 'sts.amazonaws.com',
      sub: 's',
      iss: 'https://token.actions.githubusercontent.com'
    })
  }
  expect((await fetch(`${emulator.url}/_emulator/id-token`)).status).toBe(401)
})

test('returns credentials that expire by the clock of the emulator', async () => {
  let now = Date.now()
  const emulator = await startEmulator({ now: () => new Date(now) })
  const { Credentials: credentials, AssumedRoleUser: user } = await assume(
    emulator,
    await tokenOf(emulator),
    {
      DurationSeconds: 900
    }
  )
  expect(user?.Arn).toBe('arn:aws:sts::123456789012:assumed-role/ci/session')
  expect(credentials?.Expiration).toEqual(new Date(now + 900_000))
  const client = new ECRPUBLICClient({
    region: 'us-east-1',
    endpoint: emulator.url,
    maxAttempts: 1,
    credentials: {
      accessKeyId: credentials?.AccessKeyId ?? '',
      secretAccessKey: credentials?.SecretAccessKey ?? '',
      sessionToken: credentials?.SessionToken ?? ''
    }
  })
  await client.send(new DescribeRepositoriesCommand({}))
  now += 900_000
  await expect(client.send(new DescribeRepositoriesCommand({}))).rejects.toMatchObject({
    name: 'ExpiredTokenException'
  })
})

describe('refuses', () => {
  test('an expired token', async () => {
    let now = Date.now()
    const emulator = await startEmulator({ now: () => new Date(now) })
    const token = await tokenOf(emulator)
    now += 300_000
    await expect(assume(emulator, token)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
  })

  test.each<[string, (token: string) => string]>([
    ['a text that is not a token', () => 'nonsense'],
    ['a changed signature', (token) => `${token.split('.').slice(0, 2).join('.')}.AAAA`],
    [
      'a token of another issuer',
      () =>
        `e30.${Buffer.from('{"iss":"https://x","sub":"s","exp":9999999999}').toString('base64url')}.AAAA`
    ]
  ])('%s', async (_name, change) => {
    const emulator = await startEmulator()
    const token = await tokenOf(emulator)
    await expect(assume(emulator, change(token))).rejects.toMatchObject({
      name: 'InvalidIdentityTokenException'
    })
  })

  test('another audience', async () => {
    const emulator = await startEmulator()
    await expect(
      assume(emulator, await tokenOf(emulator, '?audience=other'))
    ).rejects.toMatchObject({
      name: 'InvalidIdentityTokenException',
      message: 'Incorrect token audience'
    })
  })

  test.each<[object, string]>([
    [{ RoleArn: 'arn:aws:iam::999999999999:role/ci' }, 'AccessDenied'],
    [{ RoleArn: 'arn:aws:iam::123456789012:user/ci' }, 'ValidationError'],
    [{ RoleArn: 'ci' }, 'ValidationError'],
    [{ DurationSeconds: 60 }, 'ValidationError'],
    [{ DurationSeconds: 43_201 }, 'ValidationError']
  ])('%j', async (more, name) => {
    const emulator = await startEmulator()
    await expect(assume(emulator, await tokenOf(emulator), more)).rejects.toMatchObject({ name })
  })
})

test('GetCallerIdentity requires a signature, and an unknown action is refused', async () => {
  const emulator = await startEmulator()
  const call = (action: string): Promise<Response> =>
    fetch(emulator.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: `Action=${action}&Version=2011-06-15`
    })
  const unsigned = await call('GetCallerIdentity')
  expect(unsigned.status).toBe(403)
  expect(await unsigned.text()).toContain('<Code>MissingAuthenticationToken</Code>')
  const unknown = await call('<x>')
  expect(await unknown.text()).toContain('<Code>InvalidAction</Code>')
})
