import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, writeDockerArchive } from '../../helpers/archives.js'
import { runAction } from '../../helpers/run-action.js'
import type { ActionRun } from '../../helpers/run-action.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { RunningEmulator } from '../../helpers/start-emulator.js'

const ROLE = 'arn:aws:iam::123456789012:role/path/ci'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'role-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** The environment of a job without AWS credentials. */
function environmentOf({ url }: RunningEmulator): Record<string, string> {
  return {
    PATH: '/nowhere',
    XDG_RUNTIME_DIR: '/nonexistent',
    GITHUB_ENV: join(directory, 'env'),
    AWS_ENDPOINT_URL_ECR_PUBLIC: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_EC2_METADATA_DISABLED: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/_emulator/id-token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
  }
}

/** Returns the masked secrets of a run, and checks that nothing else contains them. */
function checkSecrets(run: ActionRun): string[] {
  const lines = run.log.split('\n')
  const secrets = lines
    .filter((line) => line.startsWith('::add-mask::'))
    .map((line) => decodeURIComponent(line.slice('::add-mask::'.length)))
  const rest = lines.filter((line) => !line.startsWith('::add-mask::'))
  const outputs = Object.entries(run.outputs).filter(([name]) => name !== 'docker-password')
  const text = [...rest, run.stderr, run.summary, JSON.stringify([outputs, run.state])].join('\n')
  for (const secret of secrets) expect(text).not.toContain(secret)
  return secrets
}

test.each<Record<string, string>>([
  { mode: 'login' },
  { mode: 'ensure-repo', repository: 'team/new' },
  { mode: 'sync-catalog', repository: 'team/app', description: 'text' },
  { mode: 'push-tar', repository: 'team/app' },
  { mode: 'push-tar', repository: 'team/app', from: 'team/rc:v1', 'image-tags': 'v2' },
  { mode: 'cleanup-tags', repository: 'team/app', 'keep-latest': '1' }
])(
  'the role is assumed without AWS variables, and no other step gets its credentials: %j',
  async (inputs) => {
    const images = [{ tags: [{ tag: 'v1' }] }]
    const emulator = await startEmulator({
      seed: { repositories: [{ name: 'team/app' }, { name: 'team/rc', images }] }
    })
    const tar = join(directory, 'image.tar')
    if (inputs.mode === 'push-tar' && inputs.from === undefined) {
      await writeDockerArchive(tar, [buildImage({ compression: 'none' })])
      inputs.tar = tar
    }
    const run = await runAction(
      { ...inputs, 'role-to-assume': ROLE },
      { env: environmentOf(emulator) }
    )
    expect(run.errors).toEqual([])
    const secrets = checkSecrets(run)
    // The request token, the OIDC token, and the three parts of the credentials.
    expect(secrets.length).toBeGreaterThanOrEqual(5)
    expect(secrets[0]).toBe('request-token')
    expect(
      run.log
        .split('\n')
        .slice(0, 5)
        .every((line) => line.startsWith('::add-mask::'))
    ).toBe(true)
    expect(await readdir(directory)).not.toContain('env')
    const operations = await emulator.operations()
    expect(operations.filter((name) => name === 'AssumeRoleWithWebIdentity')).toHaveLength(1)
    expect(operations[0]).toBe('AssumeRoleWithWebIdentity')
    const [request] = (await emulator.requests()).slice(0, 1)
    expect(JSON.stringify(request)).not.toContain('eyJ')
  }
)

test('the role wins over the keys of the environment', async () => {
  const emulator = await startEmulator()
  const env = {
    ...environmentOf(emulator),
    AWS_ACCESS_KEY_ID: 'AKIAOTHER\n',
    AWS_PROFILE: 'missing'
  }
  const run = await runAction(
    { mode: 'ensure-repo', repository: 'app', 'role-to-assume': ROLE },
    { env }
  )
  expect(run.errors).toEqual([])
  expect(await emulator.operations()).toContain('AssumeRoleWithWebIdentity')
})

test('credentials that expire early are renewed, and the call is repeated', async () => {
  const emulator = await startEmulator()
  const env = environmentOf(emulator)
  const tar = join(directory, 'image.tar')
  await writeDockerArchive(tar, [buildImage({ compression: 'none' })])
  const inputs = { repository: 'team/app', 'role-to-assume': ROLE }
  await runAction({ ...inputs, mode: 'ensure-repo' }, { env })
  await emulator.clearRequests()
  for (const operation of ['UploadLayerPart', 'PutImage', 'CompleteLayerUpload']) {
    await emulator.fault({ operation, fault: 'expired-token', count: 1 })
  }
  const run = await runAction({ ...inputs, mode: 'push-tar', tar, concurrency: '1' }, { env })
  expect(run.errors).toEqual([])
  checkSecrets(run)
  const operations = await emulator.operations()
  expect(operations.filter((name) => name === 'AssumeRoleWithWebIdentity')).toHaveLength(4)
})

test('credentials that are expired again after the renewal fail the step', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: 'DescribeRepositories', fault: 'expired-token', count: 9 })
  const run = await runAction(
    { mode: 'ensure-repo', repository: 'app', 'role-to-assume': ROLE },
    { env: environmentOf(emulator) }
  )
  expect(run.errors).toEqual([expect.stringContaining('The AWS session has expired')])
})

test('a role of another account is named with the subject of the token', async () => {
  const emulator = await startEmulator()
  const role = ROLE.replace('123456789012', '999999999999')
  const run = await runAction(
    { mode: 'login', 'role-to-assume': role },
    { env: environmentOf(emulator) }
  )
  expect(run.errors[0]).toContain(`The IAM role ${role} could not be assumed`)
  expect(run.errors[0]).toContain('"repo:octo-org/octo-repo:ref:refs/heads/main"')
})

test('max-attempts also holds for STS and for the token endpoint', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: 'AssumeRoleWithWebIdentity', fault: 'server-error', count: 1 })
  const inputs = { mode: 'ensure-repo', repository: 'app', 'role-to-assume': ROLE }
  const env = environmentOf(emulator)
  const retried = await runAction(inputs, { env })
  expect(retried.errors).toEqual([])
  expect(retried.log).toContain('AWS STS: attempt 1 of 5 failed')
  await emulator.fault({ operation: 'AssumeRoleWithWebIdentity', fault: 'server-error', count: 1 })
  const failed = await runAction({ ...inputs, 'max-attempts': '1' }, { env })
  expect(failed.errors[0]).toContain('AWS STS failed to process AssumeRoleWithWebIdentity')
})

describe('invalid inputs are refused before any request', () => {
  test.each<[Record<string, string>, string]>([
    [{ 'role-to-assume': 'ci' }, 'Input "role-to-assume" is not the ARN of an IAM role: "ci"'],
    [{ 'role-to-assume': 'arn:aws-cn:iam::123456789012:role/ci' }, 'is not the ARN'],
    [{ 'role-to-assume': 'arn:aws:iam::123456789012:user/ci' }, 'is not the ARN'],
    [{ 'role-session-name': 'x' }, 'Input "role-session-name" requires "role-to-assume"'],
    [{ 'role-to-assume': ROLE, 'role-session-name': 'a b' }, 'is not a valid session name: "a b"']
  ])('%j', async (inputs, text) => {
    const emulator = await startEmulator()
    const run = await runAction({ mode: 'login', ...inputs }, { env: environmentOf(emulator) })
    expect(run.errors).toEqual([expect.stringContaining(text)])
    expect(await emulator.requests()).toEqual([])
  })
})

test('the documentation has the section that errors name', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/permissions.md'), 'utf8')
  expect(page).toContain('\n## The role and its trust policy\n')
})
