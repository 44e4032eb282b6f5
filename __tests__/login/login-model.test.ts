import fc from 'fast-check'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { writeCredential } from '../../src/login/write-credential.js'
import { restoreCredential } from '../../src/login/restore-credential.js'
import { createLoginReference } from '../../src/login/login-records.js'
import type { LoginReference } from '../../src/login/login-records.js'
import { temporaryDirectory } from './temporary-directory.js'
import { isSoak } from '../helpers/counts.js'

const deps = {
  sleep: () => setImmediate(),
  random: () => 0.5,
  now: () => new Date(),
  env: {},
  log: { debug: () => undefined }
}
const HOSTS = ['public.ecr.aws', '127.0.0.1:5111', 'localhost:5112']

/** One job: its host, its AWS access key, and the positions of its login and logout in the order of all steps. */
interface Job {
  readonly host: number
  readonly identity: number
  readonly start: number
  readonly end: number
}

const jobs: fc.Arbitrary<Job[]> = fc.array(
  fc.record({
    host: fc.nat(HOSTS.length - 1),
    identity: fc.nat(1),
    start: fc.nat(1000),
    end: fc.nat(1000)
  }),
  { minLength: 1, maxLength: 6 }
)

const before = fc.constantFrom(
  undefined,
  '{}',
  '{\n  "auths": {"public.ecr.aws": {"auth": "QVdTOmZpcnN0"}}\n}\n',
  '{"credsStore": "desktop"}',
  '{"credsStore": "desktop", "credHelpers": {"public.ecr.aws": "ecr-login", "gcr.io": "gcloud"}}',
  '{"credHelpers": {"127.0.0.1:5111": "x"}, "auths": {}}'
)

/** The changes of another program between the steps: nothing, or an entry for another host. */
const others = fc.constantFrom('nothing', 'entries')

async function run(list: readonly Job[], text: string | undefined, other: string): Promise<void> {
  const home = await temporaryDirectory()
  const directory = join(home, '.docker')
  const file = join(directory, 'config.json')
  if (text !== undefined) {
    await mkdir(directory)
    await writeFile(file, text)
  }
  const steps = list
    .flatMap((job, number) => [
      { number, at: Math.min(job.start, job.end), isLogin: true },
      { number, at: Math.max(job.start, job.end) + 0.5, isLogin: false }
    ])
    .sort((a, b) => a.at - b.at)
  const logins = new Map<number, LoginReference>()
  const written: string[] = []
  for (const { number, isLogin } of steps) {
    const { host, identity } = list[number]!
    if (isLogin) {
      const login = createLoginReference(file, { RUNNER_TEMP: join(home, 'temp') })
      const credential = {
        hosts: [HOSTS[host]!],
        auth: Buffer.from(`AWS:${number}`).toString('base64'),
        expiresAt: new Date(0),
        identity: String(identity)
      }
      logins.set(number, login)
      await writeCredential(login, { path: file, file, readers: ['docker'] }, credential, deps)
    } else {
      await restoreCredential(logins.get(number)!, deps)
      logins.delete(number)
    }
    for (const running of logins.keys()) {
      const { auths } = JSON.parse(await readFile(file, 'utf8'))
      const { auth } = auths[HOSTS[list[running]!.host]!]
      const owner = Number(Buffer.from(String(auth), 'base64').toString().slice('AWS:'.length))
      // The credential of this job, or an equivalent one of a job for the same host.
      const isAlive = [...logins.keys()].some((each) => {
        const { host, identity } = list[each]!
        return host === list[owner]?.host && identity === list[owner].identity
      })
      expect(isAlive).toBe(true)
    }
    if (other === 'entries' && text !== undefined) {
      const document = JSON.parse(await readFile(file, 'utf8'))
      const name = `${written.length}.example`
      await writeFile(
        file,
        JSON.stringify({ ...document, auths: { ...document.auths, [name]: {} } })
      )
      written.push(name)
    }
  }
  if (written.length === 0) {
    expect(await readFile(file, 'utf8').catch(() => undefined)).toBe(text)
  } else {
    const { auths, ...rest } = JSON.parse(text ?? '{}')
    const entries = Object.fromEntries(written.map((name) => [name, {}]))
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      ...rest,
      auths: { ...auths, ...entries }
    })
  }
  expect(await readdir(directory).catch(() => [])).toEqual(
    text === undefined ? [] : ['config.json']
  )
  expect(await readdir(join(home, 'temp'))).toEqual([])
  await rm(home, { recursive: true })
}

test('in any order of logins and logouts, each job has a credential and the last one restores the file', async () => {
  await fc.assert(fc.asyncProperty(jobs, before, others, run), {
    numRuns: isSoak ? 1000 : 30
  })
}, 600_000)
