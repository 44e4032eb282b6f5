import { rmSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps } from '../../src/runner/deps.js'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { digestOf } from '../../src/login/credential-document.js'
import { lockPathOf, parseLogins } from '../../src/login/login-records.js'
import { login } from '../../src/login/login.js'
import { restoreCredential } from '../../src/login/restore-credential.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { installStore } from './install-store.js'

let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'login-test-'))
})

afterEach(() => rm(home, { recursive: true, force: true }))

interface Setup {
  readonly emulator: RunningEmulator
  readonly deps: TestDeps
}

async function setUp(options: EmulatorOptions = {}, more: Partial<Deps> = {}): Promise<Setup> {
  const emulator = await startEmulator(options)
  const env = {
    HOME: home,
    RUNNER_TEMP: join(home, 'temp'),
    DOCKER_CONFIG: join(home, 'docker'),
    REGISTRY_AUTH_FILE: join(home, 'containers', 'auth.json'),
    ...more.env
  }
  return { emulator, deps: makeDeps(emulator, { ...more, env }) }
}

const inputs = makeInputs('login', {})

function textOf(output: unknown): string {
  if (typeof output !== 'string') throw new Error('no text')
  return output
}

async function authsIn(...path: string[]): Promise<Record<string, { auth: string }>> {
  const { auths } = JSON.parse(await readFile(join(home, ...path), 'utf8'))
  return auths as Record<string, { auth: string }>
}

test('writes the credential into both credential files, for the registry host of the API response', async () => {
  const { emulator, deps } = await setUp()
  const report = await login(inputs, deps)
  const { outputs } = report
  const auth = Buffer.from(
    `${textOf(outputs['docker-username'])}:${textOf(outputs['docker-password'])}`
  ).toString('base64')
  expect(await authsIn('docker', 'config.json')).toEqual({ [emulator.host]: { auth } })
  expect(await authsIn('containers', 'auth.json')).toEqual({ [emulator.host]: { auth } })
  expect(outputs).toMatchObject({
    registry: emulator.host,
    'registry-uri': `${emulator.host}/a1b2c3d4`,
    'registry-alias': 'a1b2c3d4',
    'registry-id': '123456789012',
    'docker-username': 'AWS'
  })
  expect(outputs['expires-at']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(report.changed).toBe(true)
  expect(report.plan).toMatchObject([
    { action: 'create', kind: 'credential', target: expect.stringContaining('config.json') },
    { action: 'create', kind: 'credential', target: expect.stringContaining('auth.json') }
  ])
})

test('reports the registry, the files and the expiration time in the log and in the summary', async () => {
  const { emulator, deps } = await setUp()
  const { outputs, summary } = await login(inputs, deps)
  const expiresAt = textOf(outputs['expires-at'])
  const files = [join(home, 'docker', 'config.json'), join(home, 'containers', 'auth.json')]
  expect(deps.lines).toEqual([
    `info: Registry: 123456789012 (${emulator.host}/a1b2c3d4)`,
    ...files.map((file) => `info: create credential ${emulator.host} in ${file}`),
    `info: Logged in to ${emulator.host}. The credential expires at ${expiresAt}.`
  ])
  expect(summary).toEqual([
    {
      kind: 'table',
      columns: ['Registry', 'Credential file', 'Credential', 'Expires'],
      rows: files.map((file) => [emulator.host, file, 'create', expiresAt])
    }
  ])
})

test.each([true, false])('logs the entries that it removes (logout: %p)', async (logout) => {
  const { emulator, deps } = await setUp()
  const file = join(home, 'docker', 'config.json')
  const auths = { [`${emulator.host}/alias`]: { auth: 'dGhlaXJzOnNlY3JldA==' } }
  await mkdir(join(home, 'docker'))
  await writeFile(file, JSON.stringify({ auths, credHelpers: { [emulator.host]: 'ecr-login' } }))
  await login(makeInputs('login', { logout: String(logout) }), deps)
  const kept = 'It is not restored, because "logout" is false.'
  expect(deps.lines.filter((line) => line.startsWith('info: Removed'))).toEqual([
    `info: Removed the entry "${emulator.host}/alias" from ${file}, because podman, buildah and skopeo would use it instead of the new credential. ` +
      (logout ? 'It is restored at the end of the job unless it has expired.' : kept),
    `info: Removed the credential helper "ecr-login" of ${emulator.host} from ${file}, because container tools would use it instead of the new credential. ` +
      (logout ? 'It is restored at the end of the job.' : kept)
  ])
})

test('masks the encoded token first, then the password, and returns them only as an output', async () => {
  const { deps } = await setUp()
  const { outputs, ...rest } = await login(inputs, deps)
  const password = textOf(outputs['docker-password'])
  const token = Buffer.from(`AWS:${password}`).toString('base64')
  expect(deps.masked[0]).toBe(token)
  expect(deps.masked[1]).toBe(password)
  const text = JSON.stringify([rest, deps.lines, deps.loginStates])
  expect(text).not.toContain(password)
  expect(text).not.toContain(token)
})

test.each<[string, (host: string) => string, number]>([
  ['the host', (host) => `{"auths":{"${host}":{"auth":"eDp5"}}}`, 1],
  ['the URL of the host', (host) => `{"auths":{"https://${host}/v1/":{"auth":"eDp5"}}}`, 1],
  ['another host', () => '{"auths":{"ghcr.io":{"auth":"eDp5"}}}', 0],
  ['no JSON', () => '{"auths":', 0],
  ['an empty value', () => '', 0]
])(
  'warns about DOCKER_AUTH_CONFIG with %s only if Docker uses it',
  async (_, textOfHost, count) => {
    const { emulator, deps } = await setUp()
    const env = { ...deps.env, DOCKER_AUTH_CONFIG: textOfHost(emulator.host) }
    await login(inputs, { ...deps, env })
    const warnings = deps.lines.filter((line) => line.startsWith('warning'))
    expect(warnings).toHaveLength(count)
    expect(warnings.join()).not.toContain('eDp5')
    if (count > 0) {
      expect(warnings[0]).toContain(
        `DOCKER_AUTH_CONFIG contains a credential for ${emulator.host}.`
      )
    }
  }
)

test('is idempotent', async () => {
  const { deps, emulator } = await setUp()
  const file = join(home, 'docker', 'config.json')
  const first = await login(inputs, deps)
  const before = await readFile(file, 'utf8')
  const { ino, mtimeMs } = await stat(file)
  const second = await login(inputs, deps)
  expect(first.changed).toBe(true)
  expect(second.changed).toBe(false)
  expect(second.plan.map(({ action }) => action)).toEqual(['keep', 'keep'])
  expect(first.plan.map(({ reason }) => reason)).toEqual([undefined, undefined])
  const reason = 'an equivalent credential already exists'
  expect(second.plan.map((change) => change.reason)).toEqual([reason, reason])
  expect(await readFile(file, 'utf8')).toBe(before)
  // The file is not written again.
  expect(await stat(file)).toMatchObject({ ino, mtimeMs })
  expect(new Set(await emulator.operations())).toEqual(
    new Set(['GetAuthorizationToken', 'DescribeRegistries'])
  )
})

test('saves the credential files for the post step', async () => {
  const { deps } = await setUp()
  await login(inputs, deps)
  expect(deps.loginStates).toHaveLength(1)
  const auths = await authsIn('docker', 'config.json')
  const [host = ''] = Object.keys(auths)
  // The post step finds the credential by its digest if the record of the login does not exist anymore.
  const entries = { hosts: Object.keys(auths), authDigest: digestOf({ auth: auths[host]!.auth }) }
  expect(JSON.parse(deps.loginStates[0]!)).toMatchObject([
    { file: join(home, 'docker', 'config.json'), entries },
    { file: join(home, 'containers', 'auth.json'), entries }
  ])
})

test('with logout: false, saves nothing for the post step and keeps no old content', async () => {
  const { deps } = await setUp()
  await login(makeInputs('login', { logout: 'false' }), deps)
  expect(deps.loginStates.at(-1)).toBe('[]')
  expect(await readdir(join(home, 'docker'))).toEqual(['config.json'])
  const names = await readdir(join(home, 'temp'))
  expect(names).toHaveLength(2)
  for (const name of names) {
    // A later login of the job finds the credential by its digest.
    const kept = JSON.parse(await readFile(join(home, 'temp', name), 'utf8')) as object
    expect(Object.keys(kept)).toEqual(['hosts', 'identity', 'expiresAt'])
    expect(JSON.stringify(kept)).not.toContain('"auth"')
  }
})

test('with logout: false, keeps the credential of an earlier login of the job', async () => {
  const { deps } = await setUp()
  const keeping = makeInputs('login', { logout: 'false' })
  await login(keeping, deps)
  const { plan } = await login(keeping, deps)
  expect(plan.map(({ action }) => action)).toEqual(['keep', 'keep'])
})

test.each<[string, string | object]>([
  ['not JSON', '{'],
  ['null', 'null'],
  ['a list', '[]'],
  ['a text', '"x"'],
  ['without an identity', { identity: undefined }],
  ['without an expiration time', { expiresAt: undefined }],
  ['without hosts', { hosts: null }],
  ['with a host that is null', { hosts: [{}, null] }],
  ['with a host that is a number', { hosts: [1] }]
])('with logout: false, ignores the data of an earlier login if it is %s', async (_name, data) => {
  const { deps } = await setUp()
  const keeping = makeInputs('login', { logout: 'false' })
  await login(keeping, deps)
  for (const name of await readdir(join(home, 'temp'))) {
    const path = join(home, 'temp', name)
    const kept = JSON.parse(await readFile(path, 'utf8')) as object
    await writeFile(path, typeof data === 'string' ? data : JSON.stringify({ ...kept, ...data }))
  }
  const { plan } = await login(keeping, deps)
  expect(plan.map(({ action }) => action)).toEqual(['update', 'update'])
})

describe('without access to the registry', () => {
  test.each<[string, EmulatorOptions, string]>([
    [
      'DescribeRegistries is not allowed',
      { allow: ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'] },
      'DescribeRegistries is not allowed'
    ],
    [
      'the account does not have a registry yet',
      { registryBeforeRepository: 'empty' },
      'does not have a public registry yet'
    ]
  ])(
    '%s: logs in to both names of the default host, with a notice',
    async (_name, options, notice) => {
      const { deps } = await setUp(options)
      const { outputs } = await login(inputs, deps)
      expect(Object.keys(await authsIn('docker', 'config.json'))).toEqual([
        'public.ecr.aws',
        'ecr-public.aws.com'
      ])
      expect(outputs).toMatchObject({
        registry: 'public.ecr.aws',
        'registry-uri': '',
        'registry-alias': '',
        'registry-id': ''
      })
      expect(deps.lines.filter((line) => line.startsWith('notice'))).toEqual([
        expect.stringContaining(notice)
      ])
    }
  )
})

test('with registry-id, logs in although the account does not have a registry yet', async () => {
  const { deps } = await setUp({ registryBeforeRepository: 'empty' })
  const { outputs } = await login(makeInputs('login', { 'registry-id': 'a1b2c3d4' }), deps)
  expect(outputs).toMatchObject({ registry: 'public.ecr.aws', 'registry-id': '' })
  expect(deps.lines).toContainEqual(
    expect.stringMatching(/^notice: .* The input registry-id was not checked\.$/)
  )
})

test('requires registry-id to be the account ID or alias of the registry', async () => {
  const { deps } = await setUp()
  for (const id of ['123456789012', 'a1b2c3d4']) {
    const { outputs } = await login(makeInputs('login', { 'registry-id': id }), deps)
    expect(outputs['registry-alias']).toBe('a1b2c3d4')
  }
  const other = login(makeInputs('login', { 'registry-id': '999999999999' }), deps)
  await expect(other).rejects.toThrow(/not the registry of these credentials.*999999999999/)
})

/** Returns a signal that is aborted when it is checked for the `at`-th time. */
function cancelAt(
  at: number,
  controller: AbortController,
  before = (): void => undefined
): AbortSignal {
  let reads = 0
  return new Proxy(controller.signal, {
    get: (target, name) => {
      if (name === 'throwIfAborted' && ++reads === at) {
        before()
        controller.abort(new Error('cancelled'))
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
  })
}

test('reports the first error, warns of a file that cannot be restored, and restores the others', async () => {
  const controller = new AbortController()
  const { deps } = await setUp({}, { signal: controller.signal })
  await mkdir(join(home, 'docker'))
  await writeFile(join(home, 'docker', 'config.json'), '{"auths":{}}')
  const file = join(home, 'containers', 'auth.json')
  const signal = cancelAt(3, controller, () => writeFileSync(file, '{'))
  await expect(login(inputs, { ...deps, signal })).rejects.toThrow(/^cancelled$/)
  expect(deps.lines.filter((line) => line.startsWith('warning: '))).toEqual([
    expect.stringMatching(`^warning: The credential file ${file} was not restored. .*malformed`)
  ])
  expect(await readFile(file, 'utf8')).toBe('{')
  expect(await readFile(join(home, 'docker', 'config.json'), 'utf8')).toBe('{"auths":{}}')
})

describe('changes nothing', () => {
  test('if one of the files is malformed, and does not request a token', async () => {
    const { emulator, deps } = await setUp()
    await mkdir(join(home, 'containers'))
    await writeFile(join(home, 'containers', 'auth.json'), '{')
    await expect(login(inputs, deps)).rejects.toThrow(/malformed.*auth\.json/)
    expect(await readdir(home)).toEqual(['containers'])
    expect(await emulator.operations()).toEqual([])
  })

  test.each<[string, Record<string, unknown>]>([
    [
      'GetAuthorizationToken is denied',
      { operation: 'GetAuthorizationToken', fault: 'access-denied' }
    ],
    ['DescribeRegistries fails', { operation: 'DescribeRegistries', fault: 'server-error' }]
  ])('if %s', async (_name, fault) => {
    const { emulator, deps } = await setUp()
    await emulator.fault({ ...fault, count: 100 })
    await expect(login(inputs, deps)).rejects.toThrow()
    expect(await readdir(home)).toEqual([])
  })

  test('if the run is cancelled between two files', async () => {
    const controller = new AbortController()
    const { deps } = await setUp({}, { signal: controller.signal })
    const original = '{ "auths": {}}\n'
    await mkdir(join(home, 'docker'))
    await writeFile(join(home, 'docker', 'config.json'), original)
    const signal = cancelAt(2, controller)
    await expect(login(inputs, { ...deps, signal })).rejects.toThrow('cancelled')
    expect(await readFile(join(home, 'docker', 'config.json'), 'utf8')).toBe(original)
    expect(await readdir(join(home, 'docker'))).toEqual(['config.json'])
    expect(await readdir(join(home, 'temp'))).toEqual([])
    expect(await readdir(home)).not.toContain('containers')
  })

  test('if the run is cancelled after both files, and one is in the directory of the other', async () => {
    const controller = new AbortController()
    const REGISTRY_AUTH_FILE = join(home, 'docker', 'containers', 'auth.json')
    const { deps } = await setUp({}, { signal: controller.signal, env: { REGISTRY_AUTH_FILE } })
    const signal = cancelAt(3, controller)
    await expect(login(inputs, { ...deps, signal })).rejects.toThrow('cancelled')
    expect(await readdir(home)).toEqual(['temp'])
  })

  test('if the run is cancelled while another process holds the lock of a file', async () => {
    const controller = new AbortController()
    const { deps } = await setUp({}, { signal: controller.signal })
    const lock = lockPathOf(join(home, 'docker', 'config.json'))
    const signal = cancelAt(3, controller, () => {
      writeFileSync(lock, '{}')
      setTimeout(() => rmSync(lock), 100)
    })
    await expect(login(inputs, { ...deps, signal })).rejects.toThrow('cancelled')
    expect(await readdir(home)).toEqual(['temp'])
  })

  test('if the second file cannot be written', async () => {
    const { deps } = await setUp()
    // Before login creates the directory of the second file, a file with its name is created.
    const mask = (): void => undefined
    const api = {
      ...deps.api,
      send: async (command: never) => {
        await writeFile(join(home, 'containers'), '')
        return deps.api.send(command)
      }
    }
    await expect(login(inputs, { ...deps, mask, api })).rejects.toThrow('cannot be written')
    expect(await readdir(home)).toEqual(['containers', 'temp'])
    expect(await readdir(join(home, 'temp'))).toEqual([])
  })
})

test('adds the credential to the credential store of the file', async () => {
  const store = await installStore()
  await mkdir(join(home, 'docker'))
  await writeFile(join(home, 'docker', 'config.json'), '{"credsStore": "test"}')
  const { emulator, deps } = await setUp({}, { env: store.deps.env })
  const { outputs } = await login(inputs, deps)
  const entry = JSON.parse(await readFile(join(store.store, emulator.host), 'utf8')) as unknown
  expect(entry).toMatchObject({ Username: 'AWS', Secret: outputs['docker-password'] })
})

test('replaces the entry of an earlier login of helm, which helm would use instead', async () => {
  const { emulator, deps } = await setUp({}, { env: { HELM_CONFIG_HOME: join(home, 'helm') } })
  const file = join(home, 'helm', 'registry', 'config.json')
  await mkdir(join(home, 'helm', 'registry'), { recursive: true })
  const before = JSON.stringify({ auths: { [emulator.host]: { auth: encode('AWS:old') } } })
  await writeFile(file, before)
  const { outputs } = await login(inputs, deps)
  const auth = encode(`AWS:${textOf(outputs['docker-password'])}`)
  expect(await authsIn('helm', 'registry', 'config.json')).toEqual({ [emulator.host]: { auth } })
  for (const reference of parseLogins(deps.loginStates.at(-1) ?? '')) {
    await restoreCredential(reference, deps)
  }
  expect(await readFile(file, 'utf8')).toBe(before)
})

test('warns if Docker and podman share a file with a credential store', async () => {
  const file = join(home, 'docker', 'config.json')
  await mkdir(join(home, 'docker'))
  await writeFile(file, '{"credsStore": "desktop"}')
  const { emulator, deps } = await setUp({}, { env: { REGISTRY_AUTH_FILE: file } })
  await login(inputs, deps)
  expect(JSON.parse(await readFile(file, 'utf8')).credHelpers).toEqual({ [emulator.host]: '' })
  expect(deps.lines.filter((line) => line.startsWith('warning'))).toHaveLength(1)
})

/** Returns a client that answers every call with these members. */
function answerWith(authorizationData: object, registries: readonly object[] = []): Deps['api'] {
  return {
    send: () => Promise.resolve({ authorizationData, registries })
  } as unknown as Deps['api']
}

const encode = (text: string): string => Buffer.from(text).toString('base64')

test.each(['no colon', ':secret', 'AWS:'])(
  'rejects the malformed token "%s" without showing it',
  async (text) => {
    const { deps } = await setUp()
    const token = { authorizationToken: encode(text), expiresAt: new Date() }
    const attempt = login(inputs, { ...deps, api: answerWith(token) })
    await expect(attempt).rejects.toThrow('authorization token that cannot be decoded')
    await expect(attempt).rejects.not.toThrow(new RegExp(`${text}|${encode(text).slice(0, 4)}`))
    expect(await readdir(home)).toEqual([])
  }
)

test('masks the value that the credential files contain if the token is encoded in another way', async () => {
  const { deps } = await setUp()
  const auth = encode('AWS:password1')
  const token = auth.replace(/=+$/, '')
  expect(token).not.toBe(auth)
  await login(inputs, {
    ...deps,
    api: answerWith({ authorizationToken: token, expiresAt: new Date(Date.now() + 1000) })
  })
  expect(Object.values(await authsIn('docker', 'config.json'))[0]).toEqual({ auth })
  expect(deps.masked).toEqual([token, 'password1', auth])
})

test('rejects a token without an expiration time', async () => {
  const { deps } = await setUp()
  const api = answerWith({ authorizationToken: encode('AWS:password') })
  await expect(login(inputs, { ...deps, api })).rejects.toThrow('without an expiration time')
  expect(await readdir(home)).toEqual([])
})

test.each<[string, object, string]>([
  [
    'the primary alias',
    { aliases: [{ name: 'a' }, { name: 'b', primaryRegistryAlias: true }] },
    'b'
  ],
  ['the alias of the URI without a primary one', { aliases: [{ name: 'a' }] }, 'uri'],
  ['the alias of the URI without a list of aliases', {}, 'uri']
])('returns %s', async (_name, registry, alias) => {
  const { deps } = await setUp()
  const token = { authorizationToken: encode('AWS:password'), expiresAt: new Date() }
  const registryUri = 'ecr-public.aws.com/uri'
  const api = answerWith(token, [{ registryId: '123456789012', registryUri, ...registry }])
  const { outputs } = await login(inputs, { ...deps, api })
  expect(outputs).toMatchObject({ 'registry-alias': alias, registry: 'ecr-public.aws.com' })
  // Both names belong to the same registry.
  const names = ['public.ecr.aws', 'ecr-public.aws.com']
  expect(Object.keys(await authsIn('docker', 'config.json'))).toEqual(names)
})

test.each([[[]], [undefined]])(
  'rejects a registry without an alias if registry-id is another one (%j)',
  async (aliases) => {
    const { deps } = await setUp()
    const token = { authorizationToken: encode('AWS:password'), expiresAt: new Date() }
    const api = answerWith(token, [{ registryId: '123456789012', aliases }])
    const attempt = login(makeInputs('login', { 'registry-id': 'a1b2c3d4' }), { ...deps, api })
    await expect(attempt).rejects.toThrow(/not the registry of these credentials.*123456789012/)
    expect(await readdir(home)).toEqual([])
  }
)
