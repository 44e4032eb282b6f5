import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EmulatorOptions } from '../../src/emulator/options.js'
import { readInputs } from '../../src/runner/inputs/inputs.js'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { malformedArchives } from '../helpers/malformed-archives.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { startTlsFront } from '../helpers/tls.js'
import { serveText, serveTunnel, TLS_ALERT } from '../helpers/who-answers.js'
import { runInProcess } from '../robustness/run-in-process.js'

type Texts = Readonly<Record<string, string>>

/** Causes an error and returns its message, or the log that contains it. */
export type Provocation = () => Promise<string>

const SYNC = { mode: 'sync-catalog', repository: 'team/app', description: 'text' }
const ENSURE = { mode: 'ensure-repo', repository: 'team/app' }
const CLEANUP = { mode: 'cleanup-tags', repository: 'team/app', 'keep-latest': '1' }
const PUSH = { mode: 'push-tar', repository: 'team/app' }
const ROLE = 'arn:aws:iam::123456789012:role/publisher'
const SEED = {
  repositories: [{ name: 'team/app', images: [{ tags: [{ tag: 'v1' }, { tag: 'v2' }] }] }]
}

const directories: string[] = []
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  for (const path of directories.splice(0)) await rm(path, { recursive: true, force: true })
})

async function makeDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'provoke-'))
  directories.push(path)
  return path
}

/** Runs a mode in this process and returns its error. */
async function errorOf(inputs: Texts, env: Texts): Promise<string> {
  try {
    const { errors } = await runInProcess({ 'max-attempts': '2', ...inputs }, env, 60_000)
    return errors.join('\n')
  } catch (error) {
    return (error as Error).message
  }
}

/** Returns the error of a mode against an emulator with these options. */
function against(inputs: Texts, options: EmulatorOptions = {}, fault?: Texts): Provocation {
  return async () => {
    const emulator = await startEmulator(options)
    if (fault !== undefined) await emulator.fault(fault)
    return errorOf(inputs, emulator.env)
  }
}

/** Returns the error of a step of `sync-catalog` with these files in its workspace. */
function withFiles(inputs: Texts, files: Readonly<Record<string, string>>): Provocation {
  return async () => {
    const emulator = await startEmulator({ seed: SEED })
    const workspace = await makeDirectory()
    for (const [name, text] of Object.entries(files)) await writeFile(join(workspace, name), text)
    return errorOf({ ...SYNC, ...inputs }, { ...emulator.env, GITHUB_WORKSPACE: workspace })
  }
}

/** Returns the error for an archive of `malformed-archives.ts` whose message matches. */
function malformed(message: RegExp): Provocation {
  return async () => {
    const archive = malformedArchives.find((each) => message.test(each.message.source))
    if (archive === undefined) throw new Error(`No archive has an error like ${message.source}`)
    const tar = await archive.build(await makeDirectory())
    return against({ ...PUSH, tar, 'image-tags': 'v1' }, { seed: SEED })()
  }
}

/** Returns the log of the bundle as a step, with this environment. */
async function logOf(inputs: Texts, env: Texts): Promise<string> {
  const { log } = await runAction({ 'max-attempts': '1', ...inputs }, { env })
  return log
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

/** Returns the error of a mode if the API returns this one. */
function apiError(type: string, message: string): Provocation {
  return async () => {
    const url = await serve((_, response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify({ __type: type, message }))
    })
    return errorOf(ENSURE, { AWS_ENDPOINT_URL_ECR_PUBLIC: url })
  }
}

/** Returns the log of a step whose proxy answers with a status. */
function behindProxy(status: number): Provocation {
  return async () => {
    const proxy = createServer().on('connect', (_, socket) => {
      socket.end(`HTTP/1.1 ${String(status)} No\r\ncontent-length: 0\r\n\r\n`)
    })
    servers.push(proxy)
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    return logOf({ mode: 'login' }, { ...KEYS, HTTPS_PROXY: `http://127.0.0.1:${String(port)}` })
  }
}

const KEYS = {
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true'
}

const endpoint = (url: string): Texts => ({ ...KEYS, AWS_ENDPOINT_URL_ECR_PUBLIC: url })

/** The environment of a job that assumes a role of an emulator. */
function roleEnv({ url }: RunningEmulator, tokenUrl = `${url}/_emulator/id-token?v=2`): Texts {
  return {
    AWS_ENDPOINT_URL_ECR_PUBLIC: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_EC2_METADATA_DISABLED: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: tokenUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
  }
}

async function pushTwice(): Promise<string> {
  const emulator = await startEmulator({ seed: SEED })
  const tar = join(await makeDirectory(), 'app.tar')
  await writeDockerArchive(tar, [buildImage({ tags: ['ex.com/app:v1'] })])
  return errorOf({ ...PUSH, tar, 'if-tag-exists': 'fail' }, emulator.env)
}

async function withoutTag(): Promise<string> {
  const tar = join(await makeDirectory(), 'app.tar')
  await writeDockerArchive(tar, [buildImage({ tags: [] })])
  return against({ ...PUSH, tar }, { seed: SEED })()
}

async function badCredentialFile(): Promise<string> {
  const emulator = await startEmulator()
  const directory = await makeDirectory()
  await mkdir(join(directory, 'docker'))
  await writeFile(join(directory, 'docker', 'config.json'), '{"auths": ')
  return logOf({ mode: 'login' }, { ...emulator.env, DOCKER_CONFIG: join(directory, 'docker') })
}

async function failedProfile(): Promise<string> {
  const file = join(await makeDirectory(), 'config')
  await writeFile(file, '[profile publish]\ncredential_process = /nowhere/helper\n')
  return logOf({ mode: 'login' }, { AWS_PROFILE: 'publish', AWS_CONFIG_FILE: file })
}

async function unknownInput(env: Texts): Promise<string> {
  try {
    readInputs(env, (name) => (name === 'mode' ? 'login' : ''))
  } catch (error) {
    return Promise.resolve((error as Error).message)
  }
  return 'no error'
}

const WITHOUT_REGISTRIES = {
  allow: ['ecr-public:DescribeRepositories', 'ecr-public:CreateRepository']
}

/** For each message of the page a run that causes it. */
export const PROVOCATIONS: Readonly<Record<string, Provocation>> = {
  'AWS credentials were not found': () =>
    logOf({ mode: 'login' }, { AWS_EC2_METADATA_DISABLED: 'true' }),
  'The profile of the environment variable AWS_PROFILE does not exist': () =>
    logOf({ mode: 'login' }, { AWS_PROFILE: 'missing' }),
  'The credentials of the profile of AWS_PROFILE could not be loaded': failedProfile,
  'Access denied: … is not allowed': against(ENSURE, {
    allow: ['ecr-public:DescribeRepositories']
  }),
  'Access denied: … is denied by': apiError(
    'AccessDeniedException',
    'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr-public:DescribeRepositories with an explicit deny in a service control policy'
  ),
  'The AWS session has expired': against(ENSURE, {}, { operation: '*', fault: 'expired-token' }),
  'The AWS credentials are invalid': apiError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.'
  ),
  'AWS rejected the signature of the request': against(
    ENSURE,
    {},
    { operation: '*', fault: 'invalid-signature' }
  ),
  'The clock of the runner is wrong': against(ENSURE, {}, { operation: '*', fault: 'clock-skew' }),
  'could not be assumed': async () => {
    const sts = await serve((_, response) => {
      response.writeHead(403, { 'content-type': 'text/xml' })
      response.end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>'
      )
    })
    const env = { ...roleEnv(await startEmulator()), AWS_ENDPOINT_URL_STS: sts }
    return logOf({ mode: 'login', 'role-to-assume': ROLE }, env)
  },
  'The job does not have the permission "id-token: write"': () =>
    logOf({ mode: 'login', 'role-to-assume': ROLE }, { AWS_EC2_METADATA_DISABLED: 'true' }),
  'GitHub refused to issue an OIDC token': async () => {
    const url = await serve((_, response) => void response.writeHead(403).end())
    const env = roleEnv(await startEmulator(), `${url}/?v=2`)
    return logOf({ mode: 'login', 'role-to-assume': ROLE }, env)
  },
  'The name of the … cannot be resolved': () =>
    logOf({ mode: 'login' }, endpoint('https://nothing.invalid')),
  'The host refused the connection': async () => {
    const emulator = await startEmulator()
    await emulator.close()
    return logOf({ mode: 'login' }, emulator.env)
  },
  'refused the request to': behindProxy(403),
  'requires a user name and password': behindProxy(407),
  'The response did not come from': async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Blocked</html>')
    })
    return logOf({ mode: 'login' }, endpoint(url))
  },
  'The server certificate is not trusted (unknown issuer)': async () => {
    const { url } = await startTlsFront(new URL((await startEmulator()).url))
    return logOf({ mode: 'login' }, endpoint(url))
  },
  'but the response is not TLS': async () => {
    const proxy = `http://${await serveTunnel('<html>Blocked</html>')}`
    return logOf({ mode: 'login' }, { ...KEYS, HTTPS_PROXY: proxy })
  },
  'The server does not support TLS': async () =>
    logOf(
      { mode: 'login' },
      endpoint(`https://${await serveText('HTTP/1.1 400 Bad Request\r\n\r\n')}`)
    ),
  'The TLS handshake with the server failed': async () =>
    logOf({ mode: 'login' }, endpoint(`https://${await serveText(TLS_ALERT)}`)),
  'The connection to … was lost': async () => {
    const emulator = await startEmulator()
    await emulator.fault({ operation: '*', fault: 'reset-before' })
    return logOf({ mode: 'login' }, emulator.env)
  },
  '… was throttled': against(ENSURE, {}, { operation: '*', fault: 'throttle' }),
  'HTTP without TLS is allowed on the loopback interface only': async () => {
    const { env } = await startEmulator({ seed: SEED })
    const github = { GITHUB_API_URL: 'http://example.com', GITHUB_REPOSITORY: 'team/app' }
    const inputs = { ...CLEANUP, 'closed-pull-requests': 'v{number}', 'github-token': 'token' }
    return logOf(inputs, { ...env, ...github })
  },
  'The endpoint of … uses http': () => logOf({ mode: 'login' }, endpoint('http://example.com')),

  'Input "…" is not supported in mode …': against({ mode: 'login', tar: 'app.tar' }),
  'Input "…" is unknown': () => unknownInput({ INPUT_FOO: 'x' }),
  'Input "…" is not supported': () => unknownInput({ INPUT_SCAN_ON_PUSH: 'true' }),
  'Input "repository" has a pattern that does not match any repository': against({
    ...SYNC,
    repository: 'other/*'
  }),
  'Input "…" contains the host or alias of another registry': against({
    ...ENSURE,
    repository: 'public.ecr.aws/zzzzzzzz/team/app'
  }),
  'Input "…" contains a host or alias that the API does not confirm': against(
    { ...ENSURE, repository: 'z1zzzzzz/team/app' },
    { seed: SEED, ...WITHOUT_REGISTRIES }
  ),
  'Input "…" is ambiguous': against(
    { ...SYNC, repository: 'a1b2c3d4/app' },
    { seed: { repositories: [{ name: 'a1b2c3d4/app' }, { name: 'app' }] } }
  ),
  'Input "…" contains an ARN': against({
    ...ENSURE,
    repository: 'arn:aws:ecr-public::123456789012:repository/app'
  }),
  'Input "…" contains a tag or digest': against({ ...ENSURE, repository: 'team/app:v1' }),
  'The repository does not exist': against(SYNC),

  'The repository contains images': against({ ...ENSURE, state: 'absent' }, { seed: SEED }),
  '… would exceed a quota': against(
    { ...ENSURE, repository: 'team/new' },
    { seed: SEED, limits: { repositories: 1 } }
  ),

  'Input "…" names a file that does not exist': withFiles({ about: 'about.md' }, {}),
  'Input "…" names a file that must not be read': withFiles({ about: '/etc/hostname' }, {}),
  'Input "…" names a file that is not Markdown': withFiles(
    { readme: 'README.rst' },
    { 'README.rst': 'Title' }
  ),
  'Input "logo" names a file that the gallery does not accept': withFiles(
    { logo: 'logo.png' },
    { 'logo.png': 'text' }
  ),
  'The … text is too long': withFiles(
    { readme: 'README.md', 'on-too-long': 'fail' },
    { 'README.md': `# Title\n\n${'word '.repeat(8000)}` }
  ),
  'Input "…" has a value that the gallery does not have a badge for': against(
    { ...SYNC, architectures: 'linux/s390x' },
    { seed: SEED }
  ),

  'The archive does not contain a tag for the image': withoutTag,
  'The archive does not contain an image': malformed(/does not contain an image/),
  '… is truncated at byte …': malformed(/is truncated at byte/),
  'The archive does not contain the whole image': malformed(/does not contain the whole image/),
  'A tag already refers to another image': pushTwice,
  'Input "image" requires docker or podman, but neither is installed': async () =>
    logOf(
      { ...PUSH, image: 'app:v1' },
      { ...(await startEmulator({ seed: SEED })).env, PATH: '/nowhere' }
    ),
  'The archive is compressed with …, which is not supported': malformed(
    /Decompress the file first with "xz/
  ),
  'A layer is too large for ECR Public': malformed(/is too large for ECR Public/),

  'Mode cleanup-tags requires a rule': against({ mode: 'cleanup-tags', repository: 'team/app' }),
  'Inputs "lifecycle-policy" and "…" cannot be used together': against({
    ...CLEANUP,
    'lifecycle-policy': '{}'
  }),
  '… is not a valid duration': against({ ...CLEANUP, 'older-than': '30 days' }),
  'The plan has more deletions … than the input "max-deletions" allows': against(
    { ...CLEANUP, 'keep-latest': '0', 'exclude-tags': 'none', 'max-deletions': '1' },
    { seed: SEED }
  ),

  'Index … could not be read. No image of the repository is deleted.': async () => {
    const platforms = ['linux/amd64', 'linux/arm64']
    const pushedAt = '2026-01-01T00:00:00Z'
    const images = ['v1', 'v2'].map((tag) => ({ tags: [{ tag }], platforms, pushedAt }))
    const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app', images }] } })
    await emulator.fault({ operation: 'GetManifest', fault: 'access-denied' })
    return logOf({ ...CLEANUP, untagged: 'true' }, emulator.env)
  },

  'Artifact … could not be read. No untagged image of the repository is deleted.': async () => {
    const pushedAt = '2026-01-01T00:00:00Z'
    const signed = { tags: [{ tag: 'v1' }], referrers: ['application/spdx+json'], pushedAt }
    const images = [signed, { tags: [], pushedAt }]
    const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app', images }] } })
    await emulator.fault({ operation: 'GetManifest', fault: 'access-denied' })
    return logOf({ ...CLEANUP, untagged: 'true' }, emulator.env)
  },

  'The credential file is malformed': badCredentialFile
}

/** Messages that only a test with a replaced dependency can cause: the file of the test, and the words in it. */
export const PROVOKED_ELSEWHERE: Readonly<Record<string, readonly [path: string, words: string]>> =
  {
    'ECR Public rejected the policy of … for a minute': [
      '__tests__/ensure-repo/set-policy.test.ts',
      'ECR Public rejected the policy of'
    ],
    'Some fields of … were not saved as sent': [
      '__tests__/sync-catalog/sync-catalog.test.ts',
      'were not saved as sent'
    ],
    'The disk does not have enough space to decompress …': [
      '__tests__/image-archive/compression/decompress-archive.test.ts',
      'does not have enough space to decompress'
    ],
    '… ImageReferencedByManifestList …': [
      '__tests__/cleanup-tags/cleanup-tags.test.ts',
      'ImageReferencedByManifestList'
    ],
    'Another process keeps the credential file locked': [
      '__tests__/login/file-lock.test.ts',
      'keeps the credential file locked'
    ],
    'The credential file is read-only': [
      '__tests__/login/credential-file.test.ts',
      'credential file is read-only'
    ],
    'is still in': ['__tests__/post.test.ts', 'is still in'],
    'did not respond': ['__tests__/robustness/hanging-counterparts.test.ts', 'did not respond']
  }
