import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startJob } from './helpers/action-job.js'
import type { ActionJob } from './helpers/action-job.js'
import { runAction } from './helpers/run-action.js'
import { startEmulator } from './helpers/start-emulator.js'
import type { RunningEmulator } from './helpers/start-emulator.js'

const LOGIN = { mode: 'login' }
const DOCKER = '.docker/config.json'
const CONTAINERS = '.config/containers/auth.json'

async function setUp(): Promise<{ readonly emulator: RunningEmulator; readonly job: ActionJob }> {
  const emulator = await startEmulator()
  const job = await startJob({ ...emulator.env, XDG_RUNTIME_DIR: '/nonexistent' })
  return { emulator, job }
}

async function put(job: ActionJob, path: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(join(job.home, path, '..'), { recursive: true })
  await writeFile(join(job.home, path), text)
  await chmod(join(job.home, path), mode)
}

async function get(job: ActionJob, path: string): Promise<string> {
  return readFile(join(job.home, path), 'utf8')
}

test('restores the bytes and the modes of both files', async () => {
  const { emulator, job } = await setUp()
  const docker = `{\r\n   "credsStore":"desktop", "auths" : {"${emulator.host}": {"auth":"b2xkOng="}}\r\n}`
  const containers = '\n{"auths": {}, "credHelpers": {"quay.io": "secretservice"}}\n\n'
  await put(job, DOCKER, docker, 0o644)
  await put(job, CONTAINERS, containers)
  const main = await job.main(LOGIN)
  expect(main.errors).toEqual([])
  for (const path of [DOCKER, CONTAINERS]) {
    const { auths } = JSON.parse(await get(job, path))
    const auth = Buffer.from(`AWS:${main.outputs['docker-password'] ?? ''}`).toString('base64')
    expect(auths[emulator.host]).toEqual({ auth })
    expect((await stat(join(job.home, path))).mode & 0o777).toBe(0o600)
  }
  const post = await job.post(main)
  expect(post.exitCode).toBe(0)
  expect(
    post.log
      .split('\n')
      .filter((line) => line.startsWith('Restored to the content before the login: '))
  ).toHaveLength(2)
  expect(await get(job, DOCKER)).toBe(docker)
  expect(await get(job, CONTAINERS)).toBe(containers)
  expect((await stat(join(job.home, DOCKER))).mode & 0o777).toBe(0o644)
  expect(await readdir(join(job.home, '.docker'))).toEqual(['config.json'])
})

test('deletes all files on a machine without credential files', async () => {
  const { job } = await setUp()
  const main = await job.main(LOGIN)
  expect(await readdir(job.home)).toEqual(['.docker'])
  await job.post(main)
  expect(await readdir(job.home)).toEqual([])
  expect((await readdir(job.runnerTemp)).filter((name) => name.includes('login'))).toEqual([])
})

test('neither the state nor the log contains the password or the old credential', async () => {
  const { emulator, job } = await setUp()
  const before = Buffer.from('me:earlier password').toString('base64')
  await put(job, DOCKER, JSON.stringify({ auths: { [emulator.host]: { auth: before } } }))
  const main = await job.main(LOGIN, { env: { RUNNER_DEBUG: '1' } })
  const post = await job.post(main)
  const password = main.outputs['docker-password'] ?? ''
  const token = Buffer.from(`AWS:${password}`).toString('base64')
  const text = [main.log, main.stderr, JSON.stringify(main.state), main.summary, post.log].join()
  const masks = [token, password].map((secret) => `::add-mask::${secret}`)
  const rest = masks.reduce((rest, mask) => rest.replaceAll(mask, ''), text)
  for (const secret of [password, token, before, 'earlier password']) {
    expect(rest).not.toContain(secret)
  }
  // The secrets are masked before any other line is logged.
  const lines = main.log.split('\n')
  const masked = lines.filter((line) => line.startsWith('::add-mask::'))
  expect(masked).toEqual(expect.arrayContaining(masks))
  expect(lines.slice(0, masked.length)).toEqual(masked)
})

test('keeps and reports an entry that another program changed after the login', async () => {
  const { emulator, job } = await setUp()
  const main = await job.main(LOGIN)
  const changed = JSON.stringify({ auths: { [emulator.host]: { auth: 'dGhlaXJzOng=' } } })
  await put(job, DOCKER, changed)
  const post = await job.post(main)
  expect(post.exitCode).toBe(0)
  expect(post.log).toContain('Not changed, because the entry was changed after the login')
  expect(await get(job, DOCKER)).toBe(changed)
})

test('warns about a malformed file, keeps it and does not fail', async () => {
  const { job } = await setUp()
  await put(job, CONTAINERS, '{}')
  const main = await job.main(LOGIN)
  await put(job, CONTAINERS, '{"auths":')
  const post = await job.post(main)
  expect(post.exitCode).toBe(0)
  expect(post.log).toMatch(/::warning::.*auth\.json.*malformed/)
  expect(await get(job, CONTAINERS)).toBe('{"auths":')
  // The other file is restored.
  expect(await readdir(job.home)).not.toContain('.docker')
})

test('keeps the login with logout: false', async () => {
  const { emulator, job } = await setUp()
  const main = await job.main({ ...LOGIN, logout: 'false' })
  const after = await get(job, DOCKER)
  const post = await job.post(main)
  expect(post).toMatchObject({ exitCode: 0, log: '' })
  expect(await get(job, DOCKER)).toBe(after)
  expect(after).toContain(emulator.host)
})

test('a second login with logout: false changes nothing and reports it', async () => {
  const { job } = await setUp()
  const inputs = { ...LOGIN, logout: 'false' }
  expect((await job.main(inputs)).outputs.changed).toBe('true')
  const before = await get(job, DOCKER)
  const second = await job.main(inputs)
  expect(second.outputs.changed).toBe('false')
  expect(second.log).toContain('an equivalent credential already exists')
  expect(await get(job, DOCKER)).toBe(before)
  // A login that is undone keeps the credential as well, because it did not write it.
  const third = await job.main(LOGIN)
  expect(third.outputs.changed).toBe('false')
  expect((await job.post(third)).exitCode).toBe(0)
  expect(await get(job, DOCKER)).toBe(before)
  const other = await job.main(inputs, { env: { AWS_ACCESS_KEY_ID: 'AKIAANOTHER' } })
  expect(other.outputs.changed).toBe('true')
  expect(await readdir(join(job.home, '.docker'))).toEqual(['config.json'])
})

describe('after RUNNER_TEMP was deleted during the job', () => {
  test('the post step warns that the credential remains, and changes nothing', async () => {
    const { emulator, job } = await setUp()
    await put(job, DOCKER, '{"auths":{"quay.io":{"auth":"b2xkOng="}}}')
    await put(job, CONTAINERS, '{}')
    const main = await job.main(LOGIN)
    const after = [await get(job, DOCKER), await get(job, CONTAINERS)]
    await rm(job.runnerTemp, { recursive: true })
    await mkdir(job.runnerTemp)
    const post = await job.post(main)
    expect(post.exitCode).toBe(0)
    const warnings = post.log.split('\n').filter((line) => line.startsWith('::warning::'))
    expect(warnings).toHaveLength(2)
    for (const [path, command] of [
      [DOCKER, `docker --config ${join(job.home, '.docker')} logout`],
      [CONTAINERS, `podman logout --authfile ${join(job.home, CONTAINERS)}`]
    ] as const) {
      const file = join(job.home, path)
      const warning = warnings.find((line) =>
        line.includes(`The credential file ${file} was not restored.`)
      )
      expect(warning).toContain(`the credential of ${emulator.host} is still in the file`)
      expect(warning).toContain(`run "${command} ${emulator.host}"`)
    }
    expect(post.log).not.toContain('Nothing to restore')
    expect([await get(job, DOCKER), await get(job, CONTAINERS)]).toEqual(after)
  })

  test.each([
    ['another program changed the entry', '{"auths":{"HOST":{"auth":"dGhlaXJzOng="}}}'],
    ['the entry is gone', '{"auths":{}}']
  ])('the post step does not warn if %s', async (_name, text) => {
    const { emulator, job } = await setUp()
    const main = await job.main(LOGIN)
    const changed = text.replace('HOST', emulator.host)
    await put(job, DOCKER, changed)
    await rm(job.runnerTemp, { recursive: true })
    const post = await job.post(main)
    expect(post.exitCode).toBe(0)
    expect(post.log).not.toContain('::warning::')
    expect(await get(job, DOCKER)).toBe(changed)
  })
})

describe('entries that container tools prefer to the new credential', () => {
  test.each([
    ['true', 'at the end of the job'],
    ['false', 'is not restored, because "logout" is false']
  ])('are removed with one log line each, with logout: %s', async (logout, restored) => {
    const { emulator, job } = await setUp()
    const { host } = emulator
    const before = JSON.stringify({
      auths: { [`${host}/alias`]: { auth: 'b2xkOng=' } },
      credHelpers: { [host]: 'ecr-login', 'quay.io': 'other' }
    })
    await put(job, DOCKER, before)
    const main = await job.main({ ...LOGIN, logout })
    const lines = main.log.split('\n').filter((line) => line.startsWith('Removed '))
    const file = join(job.home, DOCKER)
    expect(lines).toEqual([
      expect.stringContaining(`Removed the entry "${host}/alias" from ${file}, because`),
      expect.stringContaining(
        `Removed the credential helper "ecr-login" of ${host} from ${file}, because`
      )
    ])
    for (const line of lines) expect(line).toContain(restored)
    expect(main.log).not.toContain('b2xkOng=')
    const { auths, credHelpers } = JSON.parse(await get(job, DOCKER))
    expect(Object.keys(auths as object)).toEqual([host])
    expect(credHelpers).toEqual({ 'quay.io': 'other' })
    await job.post(main)
    if (logout === 'true') expect(await get(job, DOCKER)).toBe(before)
  })

  test('are not logged if there are none', async () => {
    const { job } = await setUp()
    expect((await job.main(LOGIN)).log).not.toContain('Removed')
  })
})

test('does nothing after another mode or a failed login', async () => {
  const { emulator, job } = await setUp()
  const other = await job.main({ mode: 'ensure-repo', repository: 'app' })
  expect(await job.post(other)).toMatchObject({ exitCode: 0, log: '' })
  await emulator.fault({ operation: 'GetAuthorizationToken', fault: 'access-denied', count: 9 })
  const failed = await job.main(LOGIN)
  expect(failed.exitCode).toBe(1)
  expect(failed.errors).toHaveLength(1)
  expect(await job.post(failed)).toMatchObject({ exitCode: 0, log: '' })
  expect(await readdir(job.home)).toEqual([])
})

test('restores two logins of one job in reverse order', async () => {
  const { job } = await setUp()
  const before = '{"auths":{}}'
  await put(job, DOCKER, before)
  const first = await job.main(LOGIN)
  const second = await job.main(LOGIN, { env: { AWS_ACCESS_KEY_ID: 'AKIAANOTHER' } })
  expect(second.outputs.changed).toBe('true')
  await job.post(second)
  expect(await get(job, DOCKER)).toContain(
    Buffer.from(`AWS:${first.outputs['docker-password'] ?? ''}`).toString('base64')
  )
  await job.post(first)
  expect(await get(job, DOCKER)).toBe(before)
})

test('a second login of the job changes nothing and reports it', async () => {
  const { job } = await setUp()
  await job.main(LOGIN)
  const before = await get(job, DOCKER)
  const second = await job.main(LOGIN)
  expect(second.outputs.changed).toBe('false')
  expect(await get(job, DOCKER)).toBe(before)
})

test('a login that is cancelled during an API call changes nothing', async () => {
  const { emulator, job } = await setUp()
  await emulator.fault({ operation: 'GetAuthorizationToken', fault: 'server-error', count: 1000 })
  const main = await job.main(
    { ...LOGIN, 'max-attempts': '20' },
    {
      onStart: (child) => {
        let isCancelled = false
        child.stdout?.on('data', (chunk: string) => {
          if (isCancelled || !chunk.includes('attempt')) return
          isCancelled = true
          child.kill('SIGINT')
        })
      }
    }
  )
  expect(main.exitCode).toBe(1)
  expect(main.errors).toEqual([expect.stringContaining('The run was cancelled (SIGINT)')])
  expect((await job.post(main)).exitCode).toBe(0)
  expect(await readdir(job.home)).toEqual([])
})

test('keeps a symbolic link, and writes and restores its target', async () => {
  const { emulator, job } = await setUp()
  await put(job, 'dotfiles/docker.json', '{ }\n')
  await mkdir(join(job.home, '.docker'))
  await symlink('../dotfiles/docker.json', join(job.home, DOCKER))
  const main = await job.main(LOGIN)
  expect(await get(job, 'dotfiles/docker.json')).toContain(emulator.host)
  await job.post(main)
  expect(await get(job, 'dotfiles/docker.json')).toBe('{ }\n')
  expect(await readdir(join(job.home, 'dotfiles'))).toEqual(['docker.json'])
})

describe('an unusable credential file fails the login with one error and is not changed', () => {
  test.each([
    ['malformed', '{"auths": {"x": {"auth": "c2VjcmV0"}}', 0o600, 'malformed'],
    ['read-only', '{}', 0o444, 'read-only']
  ])('%s', async (_name, text, mode, reason) => {
    const { emulator, job } = await setUp()
    await put(job, DOCKER, text, mode)
    const main = await job.main(LOGIN)
    expect(main.exitCode).toBe(1)
    expect(main.errors).toEqual([expect.stringContaining(reason)])
    expect(main.log).not.toContain('c2VjcmV0')
    expect(await get(job, DOCKER)).toBe(text)
    expect(await readdir(join(job.home, '.docker'))).toEqual(['config.json'])
    expect(await emulator.operations()).toEqual([])
  })
})

describe('the post step of a main step that was killed', () => {
  test.each<Readonly<Record<string, string>>>([
    LOGIN,
    { mode: 'ensure-repo', repository: 'team/app' },
    { mode: 'cleanup-tags', repository: 'team/app', tags: '*', 'keep-latest': '0', force: 'true' }
  ])('only restores files, with the inputs %j', async (inputs) => {
    const { emulator, job } = await setUp()
    await put(job, DOCKER, '{}')
    const main = await job.main(inputs, { onStart: (child) => void child.kill('SIGKILL') })
    expect(main).toMatchObject({ exitCode: null, state: {}, log: '' })
    const post = await job.post(main, inputs)
    expect(post).toMatchObject({ exitCode: 0, log: '', stderr: '', outputs: {}, summary: '' })
    expect(await emulator.operations()).toEqual([])
    expect(await get(job, DOCKER)).toBe('{}')
    expect(await readdir(job.home, { recursive: true })).toEqual(['.docker', DOCKER])
    expect(await readdir(job.runnerTemp)).toEqual([])
  })

  test('restores the files of a login that was killed after it wrote them', async () => {
    const { job } = await setUp()
    await put(job, DOCKER, '{ "auths":{} }')
    const { state } = await job.main(LOGIN)
    const inputs = { mode: 'ensure-repo', repository: 'team/app' }
    const killed = await job.main(inputs, { onStart: (child) => void child.kill('SIGKILL') })
    const post = await job.post({ ...killed, state }, inputs)
    expect(post.log).toBe(`Restored to the content before the login: ${join(job.home, DOCKER)}\n`)
    expect(await get(job, DOCKER)).toBe('{ "auths":{} }')
  })
})

test('after SIGKILL at 50 moments of the main step, the post step only restores', async () => {
  const { emulator, job } = await setUp()
  const before = '{ "auths": {"quay.io": {"auth":"b2xkOng="}},  "credsStore":"none" }'
  await put(job, DOCKER, before)
  const startedAt = performance.now()
  await job.post(await job.main(LOGIN))
  const wholeMs = Math.max(200, performance.now() - startedAt)
  const outcomes = new Set<string>()
  const killAt = async (milliseconds: number, limit: number): Promise<void> => {
    const main = await job.main(LOGIN, {
      onStart: (child) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds)
        child.once('close', () => clearTimeout(timer))
      }
    })
    const calls = await emulator.operations()
    const post = await job.post(main, LOGIN)
    const context = `killed after ${milliseconds} of ${limit} ms: ${main.log}${post.log}`
    expect({
      context,
      exitCode: post.exitCode,
      stderr: post.stderr,
      outputs: post.outputs
    }).toEqual({
      context,
      exitCode: 0,
      stderr: '',
      outputs: {}
    })
    expect(await emulator.operations()).toEqual(calls)
    expect([context, await get(job, DOCKER)]).toEqual([context, before])
    expect([context, await readdir(join(job.home, '.docker'))]).toEqual([context, ['config.json']])
    outcomes.add(`${main.exitCode} ${post.log.split(':')[0]}`)
  }
  for (let run = 0; run < 25; run++) await killAt(Math.random() * 200, 200)
  // On a slow machine, the first 200 ms are the start of Node.js.
  for (let run = 0; run < 25; run++) await killAt(Math.random() * wholeMs, wholeMs)
  expect([...outcomes]).toEqual(expect.arrayContaining(['null ']))
}, 300_000)

test('deletes temporary files of a main step that was killed while it wrote a file', async () => {
  const { job } = await setUp()
  const before = '{"auths":{}}'
  await put(job, DOCKER, before)
  const main = await job.main(LOGIN)
  await put(job, '.docker/.config.json.ecr-public-1', 'secret')
  await put(job, '.docker/.config.json.other', 'theirs')
  await job.post(main)
  expect(await readdir(join(job.home, '.docker'))).toEqual(['.config.json.other', 'config.json'])
  expect(await get(job, DOCKER)).toBe(before)
})

/** Creates an entry with a token of ECR. */
function entryOf(expiresInSeconds: number): { readonly auth: string } {
  const expiration = Math.floor(Date.now() / 1000) + expiresInSeconds
  const password = Buffer.from(JSON.stringify({ payload: 'x', expiration })).toString('base64')
  return { auth: Buffer.from(`AWS:${password}`).toString('base64') }
}

test('does not restore the expired leftover of a job that was killed', async () => {
  const { emulator, job } = await setUp()
  const auths = { [emulator.host]: entryOf(-1), [`${emulator.host}/alias`]: entryOf(60) }
  await put(job, DOCKER, JSON.stringify({ auths }))
  const main = await job.main(LOGIN)
  const { auths: during } = JSON.parse(await get(job, DOCKER))
  expect(Object.keys(during as object)).toEqual([emulator.host])
  await job.post(main)
  expect(JSON.parse(await get(job, DOCKER))).toEqual({
    auths: { [`${emulator.host}/alias`]: auths[`${emulator.host}/alias`] }
  })
})

test('refuses a file that is not UTF-8 and keeps its bytes', async () => {
  const { emulator, job } = await setUp()
  const bytes = Buffer.concat([
    Buffer.from('{"HttpHeaders":{"X":"'),
    Buffer.from([0xe9]),
    Buffer.from('"}}')
  ])
  await mkdir(join(job.home, '.docker'))
  await writeFile(join(job.home, DOCKER), bytes)
  const main = await job.main(LOGIN)
  expect(main.errors).toEqual([expect.stringContaining('The credential file is not UTF-8 text')])
  expect(await readFile(join(job.home, DOCKER))).toEqual(bytes)
  expect(await emulator.operations()).toEqual([])
})

/** Creates a credential store that keeps its entries in files, or fails. */
async function putStore(job: ActionJob, name: string, script: string): Promise<string> {
  const bin = join(job.home, 'bin')
  await mkdir(bin, { recursive: true })
  const program = join(bin, `docker-credential-${name}`)
  await writeFile(program, `#!/bin/sh\nPATH=/usr/bin:/bin\ncd ${bin}\n${script}\n`)
  await chmod(program, 0o755)
  return bin
}

const STORE = `input=$(cat)
case $1 in
get) cat entry 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;;
store) printf %s "$input" > entry ;;
erase) rm -f entry; printf %s "$input" > erased ;;
esac`

test('a credential store gets the credential for the job, and the post step erases it', async () => {
  const { emulator, job } = await setUp()
  const before = '{"credsstore":"test"}'
  await put(job, DOCKER, before)
  const PATH = await putStore(job, 'test', STORE)
  const main = await job.main(LOGIN, { env: { PATH } })
  expect(main.errors).toEqual([])
  expect(JSON.parse(await get(job, 'bin/entry'))).toEqual({
    ServerURL: emulator.host,
    Username: 'AWS',
    Secret: main.outputs['docker-password']
  })
  const post = await runAction({}, { env: { ...job.env, PATH }, state: main.state })
  expect(post.exitCode).toBe(0)
  expect(await get(job, 'bin/erased')).toBe(emulator.host)
  expect(await readdir(PATH)).toEqual(['docker-credential-test', 'erased'])
  expect(await get(job, DOCKER)).toBe(before)
})

test('the post step does not pass an empty HOME to a credential store, as the main step', async () => {
  const { emulator, job } = await setUp()
  await put(job, DOCKER, '{"credsStore":"test"}')
  const PATH = await putStore(job, 'test', `${STORE}\necho "\${HOME-not set}" > home`)
  const main = await job.main(LOGIN, { env: { PATH } })
  expect(await get(job, 'bin/home')).toBe(`${job.home}\n`)
  await runAction({}, { env: { ...job.env, PATH, HOME: '' }, state: main.state })
  expect(await get(job, 'bin/erased')).toBe(emulator.host)
  expect(await get(job, 'bin/home')).toBe('not set\n')
})

test('the post step restores the entry that a credential store had, and keeps a changed one', async () => {
  const { emulator, job } = await setUp()
  await put(job, DOCKER, '{"credsStore":"test"}')
  const PATH = await putStore(job, 'test', STORE)
  const entry = { ServerURL: emulator.host, Username: 'me', Secret: 'theirs' }
  await put(job, 'bin/entry', JSON.stringify(entry))
  const first = await job.main(LOGIN, { env: { PATH } })
  expect(await get(job, 'bin/entry')).toContain('"AWS"')
  await runAction({}, { env: { ...job.env, PATH }, state: first.state })
  expect(JSON.parse(await get(job, 'bin/entry'))).toEqual(entry)
  const second = await job.main(LOGIN, { env: { PATH } })
  const changed = JSON.stringify({ ...entry, Secret: 'new' })
  await put(job, 'bin/entry', changed)
  await runAction({}, { env: { ...job.env, PATH }, state: second.state })
  expect(await get(job, 'bin/entry')).toBe(changed)
})

test.each([
  ['fails', 'exit 1'],
  ['does not exist', undefined]
])('a credential store that %s is skipped with a debug line', async (_name, script) => {
  const { emulator, job } = await setUp()
  await put(job, DOCKER, '{"credsStore":"test"}')
  const PATH = script === undefined ? '/nowhere' : await putStore(job, 'test', script)
  const main = await job.main(LOGIN, { env: { PATH, RUNNER_DEBUG: '1' } })
  expect(main.errors).toEqual([])
  expect(main.log).toContain('::debug::The credential store test was skipped')
  expect(await get(job, DOCKER)).toContain(emulator.host)
  expect(await job.post(main)).toMatchObject({ exitCode: 0 })
  expect(await get(job, DOCKER)).toBe('{"credsStore":"test"}')
})
