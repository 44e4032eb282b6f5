import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateRepositoryCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import { pushTar } from '../../src/push-tar/push-tar.js'
import type { EcrPublicApi } from '../../src/runner/deps.js'
import type { Report } from '../../src/runner/report.js'
import {
  attestationDescriptor,
  buildAttestation,
  buildImage,
  buildIndex,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import type { TestImage } from '../helpers/archives.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const MIB = 1024 * 1024
/**
 * The first bytes of a layer are read more than once: with the header of its file, which is read in windows of this size,
 * and to compare them with its media type before anything is sent.
 */
const START_BYTES = 16 * 1024

/** The number of reads of each byte of these files, from the start of the counting. */
interface ReadCounts {
  readonly of: (path: string) => Uint8Array
  readonly stop: () => void
}

/** Counts reads of files through every `FileHandle` of this process. */
async function countReads(paths: readonly string[]): Promise<ReadCounts> {
  const counts = new Map<bigint, Uint8Array>()
  const inodes = new Map<string, bigint>()
  for (const path of paths) {
    const { ino, size } = await stat(path, { bigint: true })
    inodes.set(path, ino)
    counts.set(ino, new Uint8Array(Number(size)))
  }
  const handle = await open(paths[0]!)
  const prototype = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const original = Object.getOwnPropertyDescriptor(prototype, 'read')!
  const read = original.value as (...args: unknown[]) => Promise<{ bytesRead: number }>
  Object.defineProperty(prototype, 'read', {
    ...original,
    value: async function (this: FileHandle, ...args: unknown[]) {
      const { ino } = await this.stat({ bigint: true })
      const result = await read.apply(this, args)
      const counted = counts.get(ino)
      const position = args[3]
      if (counted === undefined) return result
      if (typeof position !== 'number') throw new Error('A read does not have a position')
      for (let at = position; at < position + result.bytesRead; at++) counted[at]!++
      return result
    }
  })
  return {
    of: (path) => counts.get(inodes.get(path)!)!,
    stop: () => Object.defineProperty(prototype, 'read', original)
  }
}

/** Incompressible bytes that are different for each seed. */
function noise(bytes: number, seed: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  for (let at = 0, state = seed; at + 4 <= bytes; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    buffer.writeUInt32LE((state ^ (state >>> 13)) >>> 0, at)
  }
  return buffer
}

const build = (architecture: string, seed: number, base = seed + 1): TestImage =>
  buildImage({
    tags: ['ex.com/app:1'],
    platform: { os: 'linux', architecture },
    layers: [{ base: noise(300_000, base) }, { app: noise(2 * MIB, seed) }]
  })

let directory: string
let counts: ReadCounts | undefined
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-tar-reads-'))
})
afterEach(async () => {
  counts?.stop()
  await rm(directory, { recursive: true, force: true })
})

async function startWithRepository(): Promise<RunningEmulator> {
  const emulator = await startEmulator()
  await makeDeps(emulator).api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  return emulator
}

/** Returns how often the bytes after the start of a layer were read, as the minimum and maximum of all bytes. */
async function readsOf(path: string, layer: Buffer): Promise<readonly [number, number]> {
  const position = (await readFile(path)).indexOf(layer)
  expect(position).toBeGreaterThan(0)
  let [least, most] = [Infinity, 0]
  for (const count of counts!.of(path).subarray(position + START_BYTES, position + layer.length)) {
    least = Math.min(least, count)
    most = Math.max(most, count)
  }
  return [least, most]
}

test('a push of several archives reads each byte of their layers once', async () => {
  const [amd64, arm64, s390x] = [build('amd64', 1), build('arm64', 3, 2), build('s390x', 5)]
  const attestation = buildAttestation(s390x)
  const index = buildIndex([s390x, attestation], {
    descriptors: [undefined, attestationDescriptor(s390x)]
  })
  const paths = ['amd64.tar', 'arm64.tar', 's390x.tar'].map((name) => join(directory, name))
  const [amdPath = '', armPath = '', indexPath = ''] = paths
  await writeDockerArchive(amdPath, [amd64])
  await writeDockerArchive(armPath, [arm64])
  await writeOciArchive(indexPath, [index])
  // Both docker-archives have the same lower layer.
  expect(amd64.diffIds[0]).toBe(arm64.diffIds[0])

  const emulator = await startWithRepository()
  const push = async (dryRun: string): Promise<unknown> => {
    counts?.stop()
    counts = await countReads(paths)
    const inputs = { repository: 'team/app', tar: paths.join('\n'), 'dry-run': dryRun }
    return (await pushTar(makeInputs('push-tar', inputs), makeDeps(emulator))).changed
  }
  const layers = [
    ...amd64.layers.map(({ tar }) => [amdPath, tar] as const),
    [armPath, arm64.layers[1]!.tar] as const,
    ...s390x.layers.map(({ blob }) => [indexPath, blob] as const)
  ]
  for (const dryRun of ['true', 'false']) {
    expect(await push(dryRun)).toBe(true)
    for (const [path, layer] of layers) expect(await readsOf(path, layer)).toEqual([1, 1])
    expect(await readsOf(armPath, arm64.layers[0]!.tar)).toEqual([0, 0])
  }
  // The repository has all layers.
  expect(await push('false')).toBe(false)
  for (const [path, layer] of layers) expect(await readsOf(path, layer)).toEqual([0, 0])
}, 120_000)

describe('the largest layer', () => {
  /** Larger than the blocks that are compressed before the layer is uploaded. */
  const bytes = noise(16 * MIB, 7)
  const buildLarge = (name: string): TestImage =>
    buildImage({ layers: [{ large: bytes }, { name: Buffer.from(name) }] })

  interface LargePush {
    readonly report: Report
    /** The reads of its first and last byte. */
    readonly reads: readonly [number, number]
    readonly isReadDuringSearch: boolean
  }

  /** Pushes an image and lets its search wait for the first read of the layer, but not long. */
  async function push(
    image: TestImage,
    tags: string,
    emulator: RunningEmulator
  ): Promise<LargePush> {
    const path = join(directory, 'large.tar')
    await writeDockerArchive(path, [image])
    const position = (await readFile(path)).indexOf(bytes.subarray(0, 4096))
    counts?.stop()
    counts = await countReads([path])
    const readsAt = (byte: number): number => counts!.of(path)[position + byte]!
    let isReadDuringSearch = false
    const { api } = makeDeps(emulator)
    const send = async (command: object): Promise<unknown> => {
      if (command instanceof DescribeImagesCommand && command.input.imageIds === undefined) {
        for (let waits = 0; waits < 40 && readsAt(MIB) === 0; waits++) await delay(25)
        isReadDuringSearch = readsAt(MIB) > 0
      }
      return api.send(command as never)
    }
    const inputs = { repository: 'team/app', tar: path, 'image-tags': tags }
    const deps = makeDeps(emulator, { api: { send } as EcrPublicApi })
    const report = await pushTar(makeInputs('push-tar', inputs), deps)
    return { report, reads: [readsAt(MIB), readsAt(bytes.length - 1)], isReadDuringSearch }
  }

  it('is read while the repository is searched if all tags are new', async () => {
    const emulator = await startWithRepository()
    const { report, ...reads } = await push(buildLarge('1'), 'v1\nlatest', emulator)
    expect(reads).toEqual({ reads: [1, 1], isReadDuringSearch: true })
    expect(report.outputs['uploaded-bytes']).toBeGreaterThan(bytes.length)
  })

  it('is not read to its end if the repository has it', async () => {
    const emulator = await startWithRepository()
    await push(buildLarge('1'), 'v1', emulator)
    const { report, ...reads } = await push(buildLarge('2'), 'v2', emulator)
    expect(reads).toEqual({ reads: [1, 0], isReadDuringSearch: true })
    expect(report.outputs['uploaded-bytes']).toBeLessThan(MIB)
  })

  it('is not read before the search ends if a tag exists', async () => {
    const emulator = await startWithRepository()
    await push(buildLarge('1'), 'latest', emulator)
    const { report, ...reads } = await push(buildLarge('2'), 'v2\nlatest', emulator)
    expect(reads).toEqual({ reads: [0, 0], isReadDuringSearch: false })
    expect(report.changed).toBe(true)
  })
})
