import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr-public'
import fc from 'fast-check'
import { pushTar } from '../../src/push-tar/push-tar.js'
import type { Report } from '../../src/runner/report.js'
import {
  attestationDescriptor,
  buildAttestation,
  buildImage,
  buildIndex,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import type { TestImage, TestIndex } from '../helpers/archives.js'
import { isSoak } from '../helpers/counts.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { pullImage } from '../helpers/pull-image.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

/** Merges random archives, and compares the pushed index with a model that only uses the test images. */

const RUNS = isSoak ? 300 : 20
const WRITING = /^(?:Initiate|Upload|Complete|Put)/

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-tar-merge-model-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

interface TestPlatform {
  /** The platform in an index of the archive. */
  readonly listed: Readonly<Record<string, string>>
  readonly 'os.version'?: string
}

const PLATFORMS: readonly TestPlatform[] = [
  { listed: { architecture: 'amd64', os: 'linux' } },
  { listed: { architecture: 'arm64', os: 'linux' } },
  { listed: { architecture: 'arm', os: 'linux', variant: 'v6' } },
  { listed: { architecture: 'arm', os: 'linux', variant: 'v7' } },
  { listed: { architecture: 'amd64', os: 'windows', 'os.version': '10.0.17763.1' } },
  { listed: { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.1' } }
]

/** The image for a platform. Images with the same number for the same platform are equal. */
interface ImageChoice {
  readonly platform: number
  /** Images with other numbers have other files. */
  readonly number: number
  readonly hasAttestation: boolean
}

interface ArchiveChoice {
  readonly form: 'docker' | 'oci' | 'index' | 'nested'
  /** The first one is the image of an archive with one image. */
  readonly images: readonly ImageChoice[]
}

const archiveChoice = fc.record<ArchiveChoice>({
  form: fc.constantFrom('docker', 'oci', 'index', 'nested'),
  images: fc.uniqueArray(
    fc.record({
      platform: fc.nat({ max: PLATFORMS.length - 1 }),
      // Conflicts are rare, so that most merges succeed.
      number: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.constant(1)),
      hasAttestation: fc.boolean()
    }),
    { minLength: 1, maxLength: 3, selector: ({ platform, number }) => `${platform} ${number}` }
  )
})

function build({ platform, number }: ImageChoice): TestImage {
  const { listed } = PLATFORMS[platform]!
  const { 'os.version': version, ...known } = listed
  return buildImage({
    tags: [],
    layers: [{ 'base/file': 'of all images' }, { app: `${JSON.stringify(listed)} ${number}` }],
    platform: known as unknown as TestImage['platform'],
    ...(version === undefined ? {} : { config: { 'os.version': version } })
  })
}

/** A manifest that an archive contains, as the index of all archives must list it. */
interface Leaf {
  readonly image: TestImage
  /** Equal for manifests that are listed once. */
  readonly identity: string
  readonly isAttestation: boolean
  /** The members of the descriptor that the manifest does not contain. */
  readonly members: Readonly<Record<string, unknown>>
}

function leavesOf({ form, images }: ArchiveChoice): Leaf[] {
  const chosen = form === 'docker' || form === 'oci' ? images.slice(0, 1) : images
  return chosen.flatMap((choice) => {
    const image = build(choice)
    const leaf: Leaf = {
      image,
      identity: form === 'docker' ? `config ${image.configDigest}` : image.content.digest,
      isAttestation: false,
      members: { platform: PLATFORMS[choice.platform]!.listed }
    }
    if (!choice.hasAttestation || chosen !== images) return [leaf]
    const attestation = buildAttestation(image)
    const { platform } = attestation
    return [
      leaf,
      {
        image: attestation,
        identity: attestation.content.digest,
        isAttestation: true,
        members: { platform, ...attestationDescriptor(image) }
      }
    ]
  })
}

/** Returns the index of an archive. A nested one has the first manifest in an index of its own. */
function indexOf({ form, ...rest }: ArchiveChoice): TestIndex {
  const leaves = leavesOf({ form, ...rest })
  const of = (some: readonly Leaf[]): TestIndex =>
    buildIndex(
      some.map(({ image }) => image),
      { tags: [], descriptors: some.map(({ members }) => members) }
    )
  if (form !== 'nested') return of(leaves)
  const rest_ = leaves.slice(1)
  return buildIndex([of(leaves.slice(0, 1)), ...rest_.map(({ image }) => image)], {
    tags: [],
    descriptors: [undefined, ...rest_.map(({ members }) => members)]
  })
}

async function write(path: string, choice: ArchiveChoice): Promise<void> {
  const [first] = leavesOf(choice)
  if (choice.form === 'docker') await writeDockerArchive(path, [first!.image])
  else await writeOciArchive(path, [choice.form === 'oci' ? first!.image : indexOf(choice)])
}

/** The identity of the image of an archive as a whole. */
function rootOf(choice: ArchiveChoice): string {
  const [first] = leavesOf(choice)
  const isSingle = choice.form === 'docker' || choice.form === 'oci'
  return isSingle ? first!.identity : indexOf(choice).content.digest
}

interface Model {
  /** The indexes of two archives that have different images for one platform. */
  readonly hasConflict: boolean
  readonly leaves: readonly Leaf[]
  /** Blobs with a digest, and diff IDs of layers that the push compresses. */
  readonly blobs: ReadonlySet<string>
  readonly isSingle: boolean
}

function predict(archives: readonly ArchiveChoice[]): Model {
  const all = archives.map(leavesOf)
  const images = all.flatMap((leaves, archive) =>
    leaves.filter(({ isAttestation }) => !isAttestation).map((leaf) => ({ ...leaf, archive }))
  )
  const isSingle = new Set(archives.map(rootOf)).size === 1
  const keyOf = ({ members }: Leaf): string => JSON.stringify(members.platform)
  const hasConflict =
    !isSingle &&
    images.some((one) =>
      images.some(
        (other) =>
          one.archive !== other.archive &&
          keyOf(one) === keyOf(other) &&
          one.identity !== other.identity
      )
    )
  const leaves = all
    .flat()
    .filter((leaf, at, list) => list.findIndex((each) => each.identity === leaf.identity) === at)
  const blobs = leaves.flatMap(({ image, identity }) => [
    image.configDigest,
    ...(identity.startsWith('config ')
      ? image.diffIds.map((diffId) => `layer ${diffId}`)
      : image.layers.map(({ digest }) => digest))
  ])
  return { hasConflict, leaves, blobs: new Set(blobs), isSingle }
}

async function startWithRepository(): Promise<RunningEmulator> {
  const emulator = await startEmulator()
  await makeDeps(emulator).api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  await emulator.clearRequests()
  return emulator
}

async function push(paths: readonly string[], emulator: RunningEmulator): Promise<Report> {
  const texts = { repository: 'team/app', tar: paths.join('\n'), 'image-tags': 'v1' }
  return pushTar(makeInputs('push-tar', texts), makeDeps(emulator))
}

async function countWriting(emulator: RunningEmulator, name = WRITING): Promise<number> {
  return (await emulator.operations()).filter((operation) => name.test(operation)).length
}

/** Compares the pushed image with the model. Returns the digests of its manifests. */
async function checkPushed(
  model: Model,
  report: Report,
  emulator: RunningEmulator
): Promise<string[]> {
  const pulled = await pullImage(emulator, 'team/app', 'v1')
  expect(pulled.map(({ configDigest }) => configDigest)).toEqual(
    model.leaves.map(({ image }) => image.configDigest)
  )
  for (const [at, { image, identity, isAttestation }] of model.leaves.entries()) {
    if (!identity.startsWith('config ')) expect(pulled[at]!.digest).toBe(image.content.digest)
    if (!isAttestation) expect(pulled[at]!.diffIds).toEqual(image.diffIds)
  }
  expect(await countWriting(emulator, /^CompleteLayerUpload$/)).toBe(model.blobs.size)
  const platforms = report.outputs.platforms as { platform: string; digest: string }[]
  expect(platforms.map(({ platform, digest }) => [platform, digest])).toEqual(
    model.leaves.flatMap(({ members, isAttestation }, at) => {
      if (isAttestation) return []
      const { os, architecture, variant } = members.platform as Record<string, string>
      return [[[os, architecture, variant].filter(Boolean).join('/'), pulled[at]!.digest]]
    })
  )
  return pulled.map(({ digest }) => digest)
}

async function checkIndex(model: Model, emulator: RunningEmulator): Promise<void> {
  const registry = await makeDeps(emulator).openRegistry(emulator.host)
  const served = await registry.findManifest('a1b2c3d4/team/app', 'v1')
  const { manifests } = JSON.parse(served!.bytes.toString()) as {
    manifests: Readonly<Record<string, unknown>>[]
  }
  const members = manifests.map(({ platform, annotations }) => ({
    platform,
    ...(annotations === undefined ? {} : { annotations })
  }))
  expect(members).toEqual(model.leaves.map((leaf) => leaf.members))
}

test('any archives become the index of the model, or fail because of the same conflict', async () => {
  let merged = 0
  let conflicts = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(archiveChoice, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
      async (distinct, repeated) => {
        const archives = [...distinct, ...repeated.map((at) => distinct[at % distinct.length]!)]
        const paths = archives.map((_, at) => join(directory, `${at}.tar`))
        for (const [at, archive] of archives.entries()) await write(paths[at]!, archive)
        const model = predict(archives)
        const emulator = await startWithRepository()
        const reversed = await startWithRepository()
        if (model.hasConflict) {
          conflicts++
          const conflict = /^Two archives have different images for the same platform: /
          await expect(push(paths, emulator)).rejects.toThrow(conflict)
          await expect(push([...paths].reverse(), emulator)).rejects.toThrow(conflict)
          expect(await countWriting(emulator)).toBe(0)
        } else {
          merged++
          const report = await push(paths, emulator)
          const digests = await checkPushed(model, report, emulator)
          if (!model.isSingle) await checkIndex(model, emulator)

          const written = await countWriting(emulator)
          const again = await push(paths, emulator)
          expect([again.changed, again.outputs.digest]).toEqual([false, report.outputs.digest])
          expect(await countWriting(emulator)).toBe(written)

          // Another order changes only the order of the manifests.
          const backwards = predict([...archives].reverse())
          const other = await push([...paths].reverse(), reversed)
          const otherDigests = await checkPushed(backwards, other, reversed)
          expect(new Set(otherDigests)).toEqual(new Set(digests))
          const repeat = [...paths, ...paths.slice(0, distinct.length)]
          const repeatedRun = await push(repeat, emulator)
          expect(repeatedRun.changed).toBe(false)
        }
        await emulator.close()
        await reversed.close()
      }
    ),
    { numRuns: RUNS }
  )
  expect(merged).toBeGreaterThan(RUNS / 4)
  expect(conflicts).toBeGreaterThan(0)
}, 600_000)
