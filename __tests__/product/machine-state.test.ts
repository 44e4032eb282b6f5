import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface MachineState {
  readonly listPlaces: (machine: Readonly<Record<string, string>>) => string[]
  readonly findLeftovers: (
    before: readonly string[],
    after: readonly string[],
    hosts: readonly string[]
  ) => string[]
}
const script = '../../.github/scripts/machine-state.mjs'
const { listPlaces, findLeftovers } = (await import(script)) as MachineState

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'machine-state-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function machine(): Record<string, string> {
  const places = { home: 'home', runtime: 'runtime', run: 'run', temporary: 'temporary' }
  const paths = Object.entries(places).map(([name, path]) => [name, join(directory, path)])
  return Object.fromEntries(paths) as Record<string, string>
}

function write(path: string, text: string): void {
  mkdirSync(join(directory, path, '..'), { recursive: true })
  writeFileSync(join(directory, path), text)
}

const auths = (...hosts: string[]): string =>
  JSON.stringify({ auths: Object.fromEntries(hosts.map((host) => [host, { auth: 'x' }])) })

test('the tests use a separate temporary directory', () => {
  expect(tmpdir()).toMatch(/ecr-\w{6}$/)
})

test.each([
  ['home/.docker/config.json'],
  ['home/.config/containers/auth.json'],
  ['runtime/containers/auth.json'],
  ['run/auth.json']
])('a credential of the run in %s is found, but not the credentials of others', (path) => {
  write('temporary/other', '')
  write(path, auths('ghcr.io'))
  const before = listPlaces(machine())
  write(path, auths('ghcr.io', 'docker.io', '127.0.0.1:1', '127.0.0.1:2/team', '127.0.0.1:22'))
  const leftovers = findLeftovers(before, listPlaces(machine()), ['127.0.0.1:1', '127.0.0.1:2'])
  const file = join(directory, path)
  expect(leftovers).toEqual([`${file}: 127.0.0.1:1`, `${file}: 127.0.0.1:2/team`])
})

test('new directories of tools and temporary files of the action are found', () => {
  write('temporary/ecr-public-plan-1.json', '')
  const before = listPlaces(machine())
  write('home/.docker/config.json', 'not JSON')
  write('temporary/ecr-public-login-2.json', '')
  write('temporary/ecr-public-aB3dE6', '')
  write('temporary/ecr-public-emulator-aB3dE6', '')
  write('temporary/npm-1', '')
  expect(findLeftovers(before, listPlaces(machine()), []).sort()).toEqual(
    [
      join(directory, 'home/.docker'),
      join(directory, 'temporary/ecr-public-aB3dE6'),
      join(directory, 'temporary/ecr-public-login-2.json')
    ].sort()
  )
})
