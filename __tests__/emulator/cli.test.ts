import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { helpText } from '../../src/emulator/cli-help.js'
import { parseCli } from '../../src/emulator/cli-options.js'
import { DEFAULT_LIMITS, SWITCHES } from '../../src/emulator/options.js'
import { callApi } from './call-api.js'
import { runEmulator } from './emulator-process.js'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

test('prints the export lines when it accepts connections, and ends on SIGTERM', async () => {
  const emulator = await runEmulator('--port', '0')
  expect(emulator.output().stdout).toBe(
    [
      `export AWS_ENDPOINT_URL_ECR_PUBLIC=${emulator.url}`,
      `export AWS_ENDPOINT_URL_STS=${emulator.url}`,
      'export AWS_REGION=us-east-1',
      'export AWS_DEFAULT_REGION=us-east-1',
      'export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE',
      'export AWS_SECRET_ACCESS_KEY=emulator-secret-access-key',
      ''
    ].join('\n')
  )
  expect((await callApi(emulator, 'DescribeRegistries')).status).toBe(200)
  emulator.child.kill('SIGTERM')
  expect(await emulator.ended).toBe(0)
  expect(emulator.output().stderr).toBe('')
})

test('ends on SIGTERM while calls are in progress', async () => {
  const emulator = await runEmulator(
    ...['--port', '0', '--fault', '{"operation":"*","fault":"slow","delayMs":600000}']
  )
  const call = callApi(emulator, 'DescribeRegistries').catch(() => 'cut off')
  const log = (): Promise<Response> => fetch(`${emulator.url}/_emulator/requests`)
  while (((await (await log()).json()) as unknown[]).length === 0);
  emulator.child.kill('SIGTERM')
  expect(await emulator.ended).toBe(0)
  expect(await call).toBe('cut off')
})

test('accepts seed, alias, account, switches, limits and faults on the command line', async () => {
  const seed = write('seed.json', '{"repositories":[{"name":"team/app"}]}')
  const emulator = await runEmulator(
    ...['--port', '0', '--seed', seed, '--alias', 'team', '--account', '000000000042'],
    ...['--catalog-data-missing', 'not-found', '--limit-repositories', '1', '--part-size', '7'],
    ...['--other-alias', 'other=PENDING', '--verified', '--registry-host', 'public.ecr.aws'],
    ...['--fault', '{"operation":"DescribeImages","fault":"throttle"}']
  )
  const { registries } = (await callApi(emulator, 'DescribeRegistries')).json
  expect(registries).toMatchObject([
    { registryId: '000000000042', registryUri: 'public.ecr.aws/team', verified: true }
  ])
  expect(registries[0]!.aliases[1]).toMatchObject({ name: 'other', status: 'PENDING' })
  const input = { repositoryName: 'team/app' }
  const typeOf = async (operation: string, more: object = {}): Promise<unknown> =>
    (await callApi(emulator, operation, { ...input, ...more })).json.__type
  expect(await typeOf('GetRepositoryCatalogData')).toBe('RepositoryCatalogDataNotFoundException')
  expect(await typeOf('CreateRepository', { repositoryName: 'b2' })).toBe('LimitExceededException')
  expect(await typeOf('DescribeImages')).toBe('ThrottlingException')
  expect((await callApi(emulator, 'InitiateLayerUpload', input)).json.partSize).toBe(7)
  emulator.child.kill('SIGINT')
  expect(await emulator.ended).toBe(0)
})

test('accepts a seed file with a byte order mark', () => {
  const seed = write('seed.json', '\ufeff{"repositories":[]}\r\n')
  expect(parseCli(['--seed', seed])).toMatchObject({ options: { seed: { repositories: [] } } })
})

test('accepts permissions in repeated and comma-separated options', () => {
  const request = parseCli([
    ...['--allow', 'ecr-public:PutImage,ecr-public:Describe*', '--allow', 'sts:*']
  ])
  expect(request).toMatchObject({
    kind: 'serve',
    options: { allow: ['ecr-public:PutImage', 'ecr-public:Describe*', 'sts:*'] }
  })
})

test('the help lists every option, switch, value, quota and fault', async () => {
  const help = await runEmulator('--help')
  expect(await help.ended).toBe(0)
  const { stdout } = help.output()
  expect(stdout).toBe(helpText())
  const flags = ['port', 'host', 'data', 'seed', 'alias', 'account', 'allow', 'fault', 'profile']
  const dashed = (name: string): string => name.replace(/[A-Z]/g, (one) => `-${one.toLowerCase()}`)
  const names = [
    ...flags,
    ...Object.keys(SWITCHES).map(dashed),
    ...Object.keys(DEFAULT_LIMITS).map((name) => `limit-${dashed(name)}`)
  ]
  for (const name of names) expect(stdout).toContain(`--${name} `)
  for (const value of Object.values(SWITCHES).flat()) expect(stdout).toContain(value)
  expect(stdout).toContain('curl -X DELETE http://127.0.0.1:5111/_emulator/faults')
})

test.each([
  [['--nothing'], "Unknown option '--nothing'. Use --help to list the options."],
  [
    ['--port', '--host'],
    "Option '--port' argument is ambiguous. Use --help to list the options.\n"
  ],
  [['--port', 'http'], 'Option "--port" is not valid: "http". Use a whole number.'],
  [['--port', '99999'], 'Option "--port" is not valid: 99999. Use a whole number from 0 to 65535.'],
  [['--limit-parts', '-1'], '--limit-parts'],
  [['--limit-tags-per-page', '0'], 'Option "--limit-tags-per-page" is not valid: 0.'],
  [['--other-alias', 'A=ACTIVE'], 'Option "--other-alias" is not valid: [{'],
  [['--part-size', '0'], 'Option "--part-size" is not valid: 0. Use a whole number of 1 or more.'],
  [['--allow', ''], 'Option "--allow" is not valid: "".'],
  [['--data', ''], 'Option "--data" is not valid: "". Use the path of a directory.'],
  [['--registry-host', 'http://x/'], 'Option "--registry-host" is not valid: "http://x/".'],
  [['--clock', '2026-02-30'], 'The time is not valid: "2026-02-30".'],
  [['--alias', 'A'], 'Option "--alias" is not valid: "A". Use'],
  [['--account', '42'], 'Option "--account" is not valid: "42". Use 12 digits.'],
  [['--profile', 'other'], 'Option "--profile" is not valid: "other". Use faithful or strict-oci.'],
  [
    ['--catalog-put', 'other'],
    'Option "--catalog-put" is not valid: "other". Use merge or replace.'
  ],
  [['--other-alias', 'a=b'], 'Option "--other-alias" is not valid: "a=b". Use NAME=ACTIVE'],
  [['--seed', '/not/there.json'], 'The file of "--seed" cannot be read: "/not/there.json". ENOENT'],
  [['--fault', '{'], 'The value of "--fault" is not valid JSON.'],
  [['--fault', '{}'], 'Fault: "operation" is missing.'],
  [['--data', '/dev/null'], 'The data directory cannot be created: "/dev/null".'],
  [['--data', '/dev/null/nothing'], 'The data directory cannot be created: "/dev/null/nothing".']
])('an invalid command line (%j) ends with an error', async (args, message) => {
  const emulator = await runEmulator('--port', '0', ...args)
  expect(await emulator.ended).toBe(2)
  expect(emulator.output().stderr).toContain(message)
  expect(emulator.output().stdout).toBe('')
})

test('a port that is in use ends with an error', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const emulator = await runEmulator('--port', String(port))
  expect(await emulator.ended).toBe(1)
  expect(emulator.output().stderr).toContain(
    `The emulator cannot listen: "127.0.0.1:${String(port)}". Another process uses the port. Stop it, use another port, or use port 0 for a free one (listen EADDRINUSE`
  )
  server.close()
})

test('a host that is not an address of this machine ends with an error', async () => {
  const emulator = await runEmulator('--port', '0', '--host', '192.0.2.1')
  expect(await emulator.ended).toBe(1)
  expect(emulator.output().stderr).toContain(
    'The emulator cannot listen: "192.0.2.1:0". The host is not an address of this machine.'
  )
})

// procfs rejects new directories with ENOENT, although the parent directory exists.
const onLinux = process.platform === 'linux' ? test : test.skip
onLinux('a data directory that the file system rejects ends with an error', async () => {
  const emulator = await runEmulator('--port', '0', '--data', '/proc/nothing/data')
  expect(await emulator.ended).toBe(2)
  expect(emulator.output().stderr).toContain(
    'The data directory cannot be created: "/proc/nothing/data". ENOENT'
  )
})

test.each([
  ['0.0.0.0', /^http:\/\/127\.0\.0\.1:/],
  ['localhost', /^http:\/\/localhost:/]
])('with the host %s, it prints a URL that clients can use', async (host, expected) => {
  const emulator = await runEmulator('--port', '0', '--host', host)
  expect(emulator.url).toMatch(expected)
  expect((await callApi(emulator, 'DescribeRegistries')).status).toBe(200)
})
