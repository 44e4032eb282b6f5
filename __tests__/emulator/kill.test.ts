import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { callApi } from './call-api.js'
import type { WireAnswer, WireJson } from './call-api.js'
import { runEmulator } from './emulator-process.js'
import type { EmulatorProcess } from './emulator-process.js'
import { digestOf, TYPES } from './service.js'

// Sends `kill -9` at random moments of a push. After the restart, acknowledged changes must exist,
// and changes in progress must exist completely or not at all. SOAK=1 repeats it a hundred times.

const ROUNDS = isSoak ? 100 : 6
const PUSHERS = 4
const PART_BYTES = 40_000

/**
 * The changes that the emulator acknowledged to a client, and the call in progress when it was
 * killed.
 */
interface Pushed {
  readonly layers: Set<string>
  readonly tags: Map<string, string>
  /** Digest by tag, or `undefined` for a deletion. Empty if no such call was in progress. */
  underWay: { readonly tag: string; readonly digest: string | undefined } | undefined
  upload: Upload | undefined
}

interface Upload {
  readonly uploadId: string
  readonly bytes: Buffer
  /** Acknowledged bytes. */
  sent: number
  /** Size of the part in progress, in bytes. */
  sending: number
}

type Call = (operation: string, input: object) => Promise<WireAnswer>

class Pusher {
  readonly pushed: Pushed = {
    layers: new Set(),
    tags: new Map(),
    underWay: undefined,
    upload: undefined
  }

  constructor(
    readonly repositoryName: string,
    readonly random: () => number
  ) {}

  /** Pushes images until the emulator has ended. */
  async run(url: string, onAnswer: () => void): Promise<void> {
    const call: Call = async (operation, input) => {
      const answer = await callApi({ url }, operation, {
        repositoryName: this.repositoryName,
        ...input
      })
      if (answer.text === '') throw new Error('The answer was cut off')
      onAnswer()
      return answer
    }
    try {
      for (;;) await this.step(call)
    } catch {
      // Killed.
    }
  }

  private async step(call: Call): Promise<void> {
    const { pushed } = this
    if (pushed.upload !== undefined) return this.continueUpload(call, pushed.upload)
    const [tag] = pushed.tags.keys()
    if (tag !== undefined && pushed.tags.size > 5 && this.random() < 0.5) {
      pushed.underWay = { tag, digest: undefined }
      await call('BatchDeleteImage', { imageIds: [{ imageTag: tag }] })
      pushed.tags.delete(tag)
    } else if (pushed.layers.size > 1 && this.random() < 0.6) {
      await this.putImage(call, [...pushed.layers])
    } else {
      const { json } = await call('InitiateLayerUpload', {})
      const bytes = randomBytes(Math.ceil(this.random() * 3 * PART_BYTES) + 1)
      pushed.upload = { uploadId: json.uploadId, bytes, sent: 0, sending: 0 }
    }
    pushed.underWay = undefined
  }

  private async continueUpload(call: Call, upload: Upload): Promise<void> {
    const { uploadId, bytes, sent } = upload
    if (sent < bytes.length) {
      const part = bytes.subarray(sent, sent + PART_BYTES)
      upload.sending = part.length
      const { status, json } = await call('UploadLayerPart', {
        uploadId,
        partFirstByte: sent,
        partLastByte: sent + part.length - 1,
        layerPartBlob: part.toString('base64')
      })
      // The part in progress can have been stored before the kill.
      const isThere = status === 400 && json.lastValidByteReceived === sent + part.length - 1
      if (status !== 200 && !isThere) throw new Error(JSON.stringify(json))
      upload.sent += part.length
      upload.sending = 0
      return
    }
    const layerDigests = [digestOf(bytes)]
    const { status, json } = await call('CompleteLayerUpload', { uploadId, layerDigests })
    if (status !== 200 && json.__type !== 'UploadNotFoundException') throw new Error(json.message)
    this.pushed.layers.add(layerDigests[0]!)
    this.pushed.upload = undefined
  }

  private async putImage(call: Call, layers: readonly string[]): Promise<void> {
    const digest = layers[Math.floor(this.random() * layers.length)]!
    const config = { mediaType: TYPES.config, digest, size: 1 }
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: TYPES.manifest,
      config,
      layers: [],
      annotations: { n: String(this.random()) }
    })
    const tag = `v${String(Math.floor(this.random() * 12))}`
    this.pushed.underWay = { tag, digest: digestOf(imageManifest) }
    const { status } = await call('PutImage', { imageManifest, imageTag: tag })
    if (status === 200) this.pushed.tags.set(tag, digestOf(imageManifest))
  }

  /** Checks that all acknowledged changes exist. */
  async check(url: string): Promise<void> {
    const { layers, tags, underWay, upload } = this.pushed
    const { repositoryName } = this
    const ask = async (operation: string, input: object): Promise<WireJson> =>
      (await callApi({ url }, operation, { repositoryName, ...input })).json
    const layerDigests = [...layers]
    for (let at = 0; at < layerDigests.length; at += 100) {
      const page = layerDigests.slice(at, at + 100)
      const answer = await ask('BatchCheckLayerAvailability', { layerDigests: page })
      for (const layer of answer.layers) expect(layer.layerAvailability).toBe('AVAILABLE')
    }
    const { imageTagDetails } = await ask('DescribeImageTags', { maxResults: 1000 })
    const found = new Map<string, string>(
      imageTagDetails.map(({ imageTag, imageDetail }) => [imageTag, imageDetail.imageDigest])
    )
    const either = new Map(tags)
    if (underWay?.digest !== undefined) either.set(underWay.tag, underWay.digest)
    else if (underWay !== undefined) either.delete(underWay.tag)
    expect([Object.fromEntries(tags), Object.fromEntries(either)]).toContainEqual(
      Object.fromEntries(found)
    )
    this.settle(found)
    if (upload !== undefined)
      expect(upload.sent + upload.sending).toBeLessThanOrEqual(upload.bytes.length)
  }

  /** Adds the outcome of the calls in progress. */
  private settle(found: ReadonlyMap<string, string>): void {
    const { tags, underWay } = this.pushed
    if (underWay === undefined) return
    const digest = found.get(underWay.tag)
    if (digest === undefined) tags.delete(underWay.tag)
    else tags.set(underWay.tag, digest)
    this.pushed.underWay = undefined
  }
}

function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test(`kill -9 loses no acknowledged change and leaves no partial change (${String(ROUNDS)} rounds)`, async () => {
  const data = mkdtempSync(join(tmpdir(), 'kill-'))
  const start = (): Promise<EmulatorProcess> =>
    runEmulator('--port', '0', '--data', data, '--limit-min-part-bytes', '1')
  const random = createRandom(SEED)
  const pushers = Array.from({ length: PUSHERS }, (_item, at) => {
    return new Pusher(`team/app-${String(at)}`, createRandom(at + 1))
  })
  let emulator = await start()
  for (const { repositoryName } of pushers) {
    await callApi(emulator, 'CreateRepository', { repositoryName })
  }
  let answers = 0
  for (let round = 0; round < ROUNDS; round++) {
    const { child, url } = emulator
    const last = answers + 1 + Math.floor(random() * 150)
    await Promise.all(
      pushers.map((pusher) =>
        pusher.run(url, () => {
          // The other clients have calls in progress now.
          if (++answers === last) child.kill('SIGKILL')
        })
      )
    )
    expect(await emulator.ended).toBe('SIGKILL')
    emulator = await start()
    expect(emulator.output().stderr).toBe('')
    for (const pusher of pushers) await pusher.check(emulator.url)
    for (const name of readdirSync(join(data, 'blobs'))) {
      const bytes = readFileSync(join(data, 'blobs', name))
      expect(`sha256-${createHash('sha256').update(bytes).digest('hex')}`).toBe(name)
    }
  }
  expect(answers).toBeGreaterThan(ROUNDS)
  tellCounts('kill -9 of the emulator', { kills: ROUNDS }, SEED)
  emulator.child.kill('SIGTERM')
  expect(await emulator.ended).toBe(0)
  rmSync(data, { recursive: true })
}, 3_600_000)
