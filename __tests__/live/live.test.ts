import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SWITCHES } from '../../src/emulator/options.js'
import type { SwitchName } from '../../src/emulator/options.js'
import { createClient } from '../emulator/create-client.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { askAll } from './ask-all.js'
import type { LiveResult } from './ask-all.js'
import { OBSERVATIONS } from './questions/observations.js'

const ROOT = join(import.meta.dirname, '..', '..')
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }
beforeAll(() => Object.assign(process.env, CREDENTIALS))

const CASES = (Object.entries(SWITCHES) as [SwitchName, readonly string[]][]).flatMap(
  ([name, values]) => values.map((value) => [name, value] as const)
)

/** Asks one question of an emulator whose clock advances instead of waiting. */
function ask(emulator: RunningEmulator, ...names: readonly string[]): Promise<LiveResult> {
  const wait = async (milliseconds: number): Promise<void> => {
    const body = JSON.stringify({ advance: `${milliseconds / 1000}s` })
    const response = await fetch(`${emulator.url}/_emulator/clock`, { method: 'POST', body })
    expect(response.status).toBe(200)
  }
  return askAll({ endpoint: emulator.url, wait }, names)
}

async function listRepositories(emulator: RunningEmulator): Promise<string[]> {
  const { repositories = [] } = await createClient(emulator).send(
    new DescribeRepositoriesCommand({})
  )
  return repositories.map(({ repositoryName = '' }) => repositoryName)
}

it.each(CASES)('finds that %s is %s', async (name, value) => {
  const emulator = await startEmulator({ [name]: value })
  const { answers, leftovers } = await ask(emulator, name)
  expect(answers).toEqual([{ name, value }])
  expect(leftovers).toEqual([])
  expect(await listRepositories(emulator)).toEqual([])
})

it('observes behavior that does not have a switch', async () => {
  const emulator = await startEmulator()
  const { answers } = await ask(emulator, ...Object.keys(OBSERVATIONS))
  expect(Object.fromEntries(answers.map(({ name, value }) => [name, value]))).toEqual({
    logoOfAnotherFormat: 'InvalidParameterException',
    layerTypeWithoutManifest: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    partOfAnotherSize: 'InvalidLayerPartException',
    uploadOfExistingLayer: 'LayerAlreadyExistsException',
    otherManifestMediaType: 'InvalidParameterException',
    invalidTag: 'InvalidParameterException',
    invalidPageToken: 'InvalidParameterException',
    idsWithPaging: 'InvalidParameterException',
    layerAfterImageDeletion: 'AVAILABLE',
    blobDeletion: '405'
  })
  expect(await listRepositories(emulator)).toEqual([])
})

it('restores the display name of the registry', async () => {
  const emulator = await startEmulator()
  await ask(emulator, 'displayNameOf')
  const page = await (await fetch(emulator.url)).text()
  expect(page).not.toContain('ecr-public-action')
})

it('does not ask what the registry cannot answer', async () => {
  const seed = { repositories: [{ name: 'team/app' }] }
  const emulator = await startEmulator({ seed, verified: true })
  const { answers } = await ask(emulator, 'registryBeforeRepository', 'displayNameOf')
  expect(answers).toEqual([
    { name: 'registryBeforeRepository', value: 'not asked: the registry has repositories' },
    { name: 'displayNameOf', value: 'not asked: the account is verified' }
  ])
  expect(await listRepositories(emulator)).toEqual(['team/app'])
})

it('reports a question that failed, asks the others and deletes the repositories', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: 'PutImage', fault: 'access-denied', count: 1 })
  const { answers } = await ask(emulator, 'lastTagDeletion', 'listOrder')
  expect(answers).toEqual([
    { name: 'lastTagDeletion', value: expect.stringMatching(/^failed: AccessDeniedException: /) },
    { name: 'listOrder', value: 'pushed' }
  ])
  expect(await listRepositories(emulator)).toEqual([])
})

it('reports the repositories that it cannot delete', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: 'DeleteRepository', fault: 'access-denied', count: 1 })
  const { leftovers } = await ask(emulator, 'catalogPut')
  expect(leftovers).toEqual([expect.stringMatching(/^AccessDeniedException: /)])
})

describe('npm run live', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }

  /** Starts the command of the script `live`. */
  function start(emulator: RunningEmulator): {
    readonly child: ReturnType<typeof spawn>
    readonly output: () => string
    readonly progress: () => string
  } {
    const [program, ...args] = scripts.live!.split(' ')
    expect(program).toBe('node')
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...emulator.env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let [output, progress] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()))
    return { child, output: () => output, progress: () => progress }
  }

  it('prints a row for every switch, and the differences from the defaults of the emulator', async () => {
    const emulator = await startEmulator({ profile: 'strict-oci' })
    const { child, output, progress } = start(emulator)
    const [status] = (await once(child, 'close')) as [number]
    expect([status, progress()]).toEqual([0, expect.any(String)])
    const tables = output().trim().split('\n\n')
    const [lines = [], others = []] = tables.map((table) => table.split('\n'))
    expect(lines.slice(0, 2)).toEqual(['| switch | value |', '| --- | --- |'])
    const names = lines.slice(2).map((line) => line.split(' ')[1] ?? '')
    expect(names.sort()).toEqual(Object.keys(SWITCHES).sort())
    expect(others[0]).toBe('| observation | value |')
    expect(others.slice(2)).toHaveLength(Object.keys(OBSERVATIONS).length)
    for (const row of ['| tagListFormat | json |', '| mount | on |', '| catalogPut | merge |']) {
      expect(lines).toContain(row)
    }
    expect(progress()).toContain('mount is "on", the default of the emulator is "off"')
    expect(await listRepositories(emulator)).toEqual([])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('deletes its repositories after %s', async (signal) => {
    const emulator = await startEmulator()
    const { child } = start(emulator)
    let images = 0
    emulator.onRequest(() => {
      images += 1
      if (images === 40) child.kill(signal)
    })
    const [status] = (await once(child, 'close')) as [number]
    expect(status).toBe(130)
    const operations = await emulator.operations()
    expect(operations).toContain('CreateRepository')
    expect(await listRepositories(emulator)).toEqual([])
  })
})
