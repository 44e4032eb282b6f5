import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  DescribeImageTagsCommand,
  DescribeRepositoriesCommand,
  ECRPUBLICClient
} from '@aws-sdk/client-ecr-public'
import { createEmulator } from '../../src/emulator/library.js'
import type { CreateEmulatorOptions, Emulator } from '../../src/emulator/library.js'
import { VERSION } from '../../src/emulator/version.js'

const running = new Set<Emulator>()
afterEach(async () => {
  for (const emulator of running) await emulator.close()
  running.clear()
})

async function start(options: CreateEmulatorOptions = {}): Promise<Emulator> {
  const emulator = await createEmulator(options)
  running.add(emulator)
  return emulator
}

async function namesIn({ env, url }: Emulator): Promise<string[]> {
  const client = new ECRPUBLICClient({
    region: env.AWS_REGION ?? '',
    endpoint: url,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? ''
    }
  })
  const { repositories } = await client.send(new DescribeRepositoriesCommand({}))
  client.destroy()
  return (repositories ?? []).map(({ repositoryName = '' }) => repositoryName)
}

const seedOf = (...names: string[]): object => ({
  repositories: names.map((name) => ({ name, images: [{ tags: ['v1'] }] }))
})

test('starts with a seed on a free port, and two emulators do not share anything', async () => {
  const [one, other] = [await start({ seed: seedOf('one/app') }), await start()]
  expect(one.url).not.toBe(other.url)
  one.clock.set('2030-01-01T00:00:00Z')
  one.faults.add({ operation: 'CreateRepository', fault: 'throttle' })
  expect(await namesIn(one)).toEqual(['one/app'])
  expect(await namesIn(other)).toEqual([])
  expect(other.clock.now().getFullYear()).not.toBe(2030)
  expect(other.faults.list()).toEqual([])
})

test('adds seeds, resets, and restores snapshots', async () => {
  const emulator = await start()
  await emulator.seed(seedOf('team/a'))
  const id = await emulator.snapshot()
  await emulator.seed(seedOf('team/b'))
  expect(await namesIn(emulator)).toEqual(['team/a', 'team/b'])
  await emulator.reset()
  expect(await namesIn(emulator)).toEqual([])
  await emulator.restore(id)
  expect(await namesIn(emulator)).toEqual(['team/a'])
  await emulator.reset(seedOf('team/c'))
  expect(await namesIn(emulator)).toEqual(['team/c'])
  await emulator.restore(id)
  expect(await namesIn(emulator)).toEqual(['team/a'])
})

test('rejects a seed that is not valid, and an unknown snapshot, and changes nothing', async () => {
  const emulator = await start({ seed: seedOf('team/a') })
  const bad = {
    repositories: [{ name: 'team/b' }, { name: 'team/c', images: [{ tags: ['not ok!'] }] }]
  }
  await expect(emulator.seed(bad)).rejects.toThrow(
    '"repositories[1].images[0]" of repository "team/c"'
  )
  await expect(emulator.reset(bad)).rejects.toThrow(
    '"repositories[1].images[0]" of repository "team/c"'
  )
  await expect(emulator.restore('unknown')).rejects.toThrow(
    'The snapshot does not exist: "unknown".'
  )
  expect(await namesIn(emulator)).toEqual(['team/a'])
})

test('lists and clears requests and faults', async () => {
  const emulator = await start()
  await namesIn(emulator)
  expect(emulator.requests.list()).toMatchObject([
    { operation: 'DescribeRepositories', status: 200 }
  ])
  emulator.requests.clear()
  expect(emulator.requests.list()).toEqual([])
  emulator.faults.add({ operation: '*', fault: 'throttle', count: 2 })
  expect(emulator.faults.list()).toMatchObject([{ operation: '*', fault: 'throttle', count: 2 }])
  emulator.faults.clear()
  expect(emulator.faults.list()).toEqual([])
})

test('rejects a port that is in use, and options that are not valid', async () => {
  const emulator = await start()
  const port = Number(new URL(emulator.url).port)
  await expect(createEmulator({ port })).rejects.toThrow('EADDRINUSE')
  await expect(createEmulator({ account: '12' })).rejects.toThrow('Option "account"')
  await expect(createEmulator({ allow: ['ecr-public:PutImge'] })).rejects.toThrow('Option "allow"')
})

test('can be closed again', async () => {
  const emulator = await createEmulator()
  await Promise.all([emulator.close(), emulator.close()])
  await emulator.close()
})

test('does not change the process', async () => {
  const listeners = (): number[] => process.eventNames().map((name) => process.listenerCount(name))
  const before = listeners()
  const emulator = await start()
  expect(listeners()).toEqual(before)
  expect(process.env.AWS_ENDPOINT_URL_ECR_PUBLIC).toBeUndefined()
  await emulator.close()
  running.delete(emulator)
})

test('restores the tags, dates and order of a snapshot', async () => {
  const images = ['c', 'a', 'b'].map((tag, at) => ({
    tags: [{ tag, createdAt: `2026-01-0${String(at + 1)}T00:00:00Z` }]
  }))
  const emulator = await start({ seed: { repositories: [{ name: 'app', images }] } })
  const client = new ECRPUBLICClient({
    region: 'us-east-1',
    endpoint: emulator.url,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' }
  })
  const tags = async (): Promise<unknown> =>
    (await client.send(new DescribeImageTagsCommand({ repositoryName: 'app' }))).imageTagDetails
  const before = await tags()
  const id = await emulator.snapshot()
  await emulator.reset(seedOf('app'))
  expect(await tags()).not.toEqual(before)
  await emulator.restore(id)
  expect(await tags()).toEqual(before)
  client.destroy()
})

test('has the version of the package', () => {
  const path = join(import.meta.dirname, '..', '..', 'package.json')
  expect(VERSION).toBe((JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version)
})
