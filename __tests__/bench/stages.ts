import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import * as http from 'node:http'
import { availableParallelism } from 'node:os'
import zlib from 'node:zlib'
import type { StoredContent } from '../../src/image-archive/contents.js'
import { openLocalFile } from '../../src/image-archive/local-file.js'
import { storedSlices } from '../../src/image-archive/tar/stored-slices.js'
import { createEcrPublicClient } from '../../src/ecr-public/client.js'
import { createChunkRing } from '../../src/push-tar/compress/block-memory.js'
import { createCompressor, DEFAULT_LEVEL } from '../../src/push-tar/compress/compressor.js'
import { BLOCK_SIZE_BYTES } from '../../src/push-tar/compress/gzip.js'
import { readAhead } from '../../src/push-tar/read-ahead.js'
import { createLayerApi } from '../../src/push-tar/upload/layer-api.js'
import { bodySize, PartBody } from '../../src/push-tar/upload/part-body.js'
import { verifyLayer } from '../../src/push-tar/verify.js'
import { measureAction } from './action.ts'
import type { BenchArchives } from './archive.ts'
import { startBenchEmulator } from './emulator.ts'
import type { BenchEmulator } from './emulator.ts'
import type { Line } from './table.ts'

const MIB = 1024 * 1024
const PART_BYTES = 10 * MIB
/** Number of parts for the stages `encoding` and `sending`. */
const PARTS = 24
const LEVEL = DEFAULT_LEVEL.gzip
/** Memory that all runs reuse, as a push does. The first use of new memory takes longer than some stages. */
const partMemory = Buffer.alloc(bodySize(PART_BYTES))
const chunkMemory = Buffer.alloc(MIB)
const ring = createChunkRing(2)

/** A shorter stage is repeated until it takes this time, because short measurements vary by 10 %. */
const MINIMUM_SECONDS = 0.5

type Stage = () => Promise<unknown>

/** Compares each stage of a push with a bare loop over the same primitive. */
export async function* benchStages(archives: BenchArchives, runs: number): AsyncGenerator<Line> {
  const file = await openLocalFile(archives.layer)
  const content = storedSlices(file, 'layer', file.size, [
    { at: 0, position: 0, length: file.size }
  ])
  const digest = await hashFile(archives.layer)
  const expected = { diffId: `sha256:${digest}`, compression: 'none', isRequired: true } as const
  const bytes = (await readFile(archives.layer)).subarray(0, PARTS * PART_BYTES)
  const emulator = await startBenchEmulator()
  try {
    await measureAction({ mode: 'ensure-repo', repository: 'app' }, emulator.env)
    const { signal } = new AbortController()
    const stages: readonly [string, Stage, Stage][] = [
      ['reading', () => drain(content.read(ring)), () => readLoop(archives.layer)],
      [
        'hashing',
        () => drain(verifyLayer(readAhead(content.read(ring)), content.name, expected, signal)),
        () => hashFile(archives.layer)
      ],
      ['compressing', () => compress(content), () => deflateLoop(archives.layer)],
      ['encoding', () => encode(bytes), () => encodeLoop(bytes)],
      ['sending', () => send(bytes, emulator), () => postLoop(bytes, emulator)]
    ]
    for (const [name, own, bare] of stages) yield compare(name, own, bare, runs)
  } finally {
    await emulator.stop()
    await file.close()
  }
}

async function compare(name: string, own: Stage, bare: Stage, runs: number): Promise<Line> {
  const ours: number[] = []
  const peer: number[] = []
  // Warms up the JavaScript compiler, as the earlier stages of a push do.
  await own()
  const turns = Math.ceil(MINIMUM_SECONDS / (await seconds(bare, 1)))
  for (let run = 0; run < runs; run++) {
    ours.push(await seconds(own, turns))
    peer.push(await seconds(bare, turns))
    process.stderr.write('.')
  }
  return {
    work: `stage of a push: ${name}`,
    ours,
    peer,
    peerName: 'bare loop',
    unit: 's',
    target: 1.1
  }
}

/** Returns the mean time of several turns of a stage, in seconds. */
async function seconds(stage: Stage, turns: number): Promise<number> {
  const before = performance.now()
  for (let turn = 0; turn < turns; turn++) await stage()
  return (performance.now() - before) / 1000 / turns
}

async function drain(chunks: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0
  for await (const chunk of chunks) bytes += chunk.length
  return bytes
}

async function readLoop(path: string, take?: (chunk: Buffer) => void): Promise<void> {
  const handle = await open(path)
  try {
    for (;;) {
      const { bytesRead } = await handle.read(chunkMemory, 0, MIB)
      if (bytesRead === 0) return
      take?.(chunkMemory.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await readLoop(path, (chunk) => hash.update(chunk))
  return hash.digest('hex')
}

function compress(content: StoredContent): Promise<number> {
  const compressor = createCompressor('gzip', LEVEL)
  return drain(compressor.compress((memory) => content.read(memory)))
}

/** Compresses one block per core in parallel, without order, headers or reuse of memory. */
async function deflateLoop(path: string): Promise<void> {
  const handle = await open(path)
  const { size } = await handle.stat()
  let next = 0
  const work = async (): Promise<void> => {
    const memory = Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES)
    while (next < size) {
      const at = next
      next += BLOCK_SIZE_BYTES
      const { bytesRead } = await handle.read(memory, 0, BLOCK_SIZE_BYTES, at)
      await deflate(memory.subarray(0, bytesRead))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  await handle.close()
}

function deflate(block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { level: LEVEL, memLevel: 9, chunkSize: BLOCK_SIZE_BYTES / 2 }
    zlib.deflateRaw(block, options, (error, deflated) => {
      if (error) reject(error)
      else resolve(deflated)
    })
  })
}

const fieldsOf = (uploadId: string, partFirstByte: number) => ({
  repositoryName: 'app',
  uploadId,
  partFirstByte,
  partLastByte: partFirstByte + PART_BYTES - 1
})

async function encode(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    const part = new PartBody(partMemory, PART_BYTES)
    for (let chunk = at; chunk < at + PART_BYTES; chunk += 256 * 1024) {
      part.append(bytes.subarray(chunk, chunk + 256 * 1024))
    }
    part.finish(fieldsOf('u', at))
  }
  await Promise.resolve()
}

async function encodeLoop(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    let end = 0
    const hash = createHash('sha256')
    for (let slice = at; slice < at + PART_BYTES; slice += 48 * 1024) {
      const text = bytes.toString('base64', slice, Math.min(slice + 48 * 1024, at + PART_BYTES))
      const start = end
      end += partMemory.write(text, end, 'latin1')
      hash.update(partMemory.subarray(start, end))
    }
    hash.digest()
  }
  await Promise.resolve()
}

async function send(bytes: Buffer, emulator: BenchEmulator): Promise<void> {
  const { signal } = new AbortController()
  const quiet = (): void => undefined
  const log = { info: quiet, notice: quiet, warning: quiet, debug: quiet, group: groupless }
  const client = createEcrPublicClient({
    maxAttempts: 1,
    env: emulator.env,
    endpoints: { api: emulator.env.AWS_ENDPOINT_URL_ECR_PUBLIC, useDualStack: false },
    signal,
    log,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' }
  })
  const api = createLayerApi(client, { repositoryName: 'app' })
  const { uploadId } = await api.initiate()
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    const part = new PartBody(partMemory, PART_BYTES)
    part.append(bytes.subarray(at, at + PART_BYTES))
    await api.uploadPart(part.finish(fieldsOf(uploadId, at)), uploadId)
  }
  client.destroy()
}

const groupless = <T>(_title: string, body: () => Promise<T>): Promise<T> => body()

/** Sends the same bodies over a bare connection, including the hash that a signature requires. */
async function postLoop(bytes: Buffer, emulator: BenchEmulator): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const initiate = Buffer.from('{"repositoryName":"app"}')
  const begun = await post(emulator, 'InitiateLayerUpload', initiate, agent)
  const { uploadId } = JSON.parse(begun) as { uploadId: string }
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    const part = new PartBody(partMemory, PART_BYTES)
    part.append(bytes.subarray(at, at + PART_BYTES))
    const { bytes: body } = part.finish(fieldsOf(uploadId, at))
    await post(emulator, 'UploadLayerPart', body, agent)
  }
  agent.destroy()
}

function post(
  emulator: BenchEmulator,
  operation: string,
  body: Buffer,
  agent: http.Agent
): Promise<string> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': String(body.length),
    'x-amz-target': `SpencerFrontendService.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/ecr-public/aws4_request, SignedHeaders=host, Signature=0'
  }
  return new Promise((resolve, reject) => {
    const request = http.request(emulator.url, { method: 'POST', headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${operation}: ${String(response.statusCode)} ${text}`))
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
