import { problem } from '../../runner/errors.js'

/** The maximum number of frames, because each one takes time. zstd:chunked writes one frame per file of a layer. */
const MAX_FRAMES = 1_000_000

/** The next field of a frame. A field can extend over several chunks. */
interface Scan {
  readonly kind: 'magic' | 'skip-size' | 'descriptor' | 'fields' | 'block' | 'content' | 'checksum'
  /** The size of the field in bytes. */
  readonly bytes: number
}

const MAGIC = 0xfd2fb528
/** The first of the 16 magic numbers of skippable frames, which do not contain data. */
const SKIPPABLE_MAGIC = 0x184d2a50
const START: Scan = { kind: 'magic', bytes: 4 }
const BLOCK: Scan = { kind: 'block', bytes: 3 }
const RLE_BLOCK = 1

/**
 * Splits zstd data after each frame (RFC 8878, "Zstandard Frames" and "Skippable Frames"). The decompressor of Node.js
 * ignores the rest of a chunk after the end of a frame, and pzstd and zstd:chunked write several frames.
 *
 * @throws ActionError if there are too many frames
 */
export async function* splitZstdFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const scanner = new FrameScanner()
  let frames = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let at = 0; at < chunk.length;) {
      at = scanner.advance(chunk, at)
      if (!scanner.isBetweenFrames) continue
      frames += 1
      if (frames > MAX_FRAMES) {
        throw problem({
          what: 'The zstd data have too many frames',
          expected: `The maximum is ${MAX_FRAMES} frames.`
        })
      }
      yield chunk.subarray(start, at)
      start = at
    }
    if (start < chunk.length) yield chunk.subarray(start)
  }
}

/** Finds the ends of frames by their headers. The decompressor reports data that are not a valid frame. */
class FrameScanner {
  private scan: Scan = START
  private left = START.bytes
  private header: number[] = []
  private hasChecksum = false
  private isLastBlock = false

  /** `true` at the end of a frame. */
  get isBetweenFrames(): boolean {
    return this.scan === START && this.left === START.bytes
  }

  /** Reads bytes of the current field from offset `at` and returns the offset of the first byte after them. */
  advance(chunk: Buffer, at: number): number {
    const taken = Math.min(this.left, chunk.length - at)
    const isHeader = this.scan.kind !== 'content' && this.scan.kind !== 'checksum'
    if (isHeader) this.header.push(...chunk.subarray(at, at + taken))
    this.left -= taken
    if (this.left === 0) this.enter(this.next(Buffer.from(this.header)))
    return at + taken
  }

  private enter(scan: Scan): void {
    this.header = []
    this.scan = scan
    this.left = scan.bytes
    // A block or a list of fields can be empty.
    if (scan.bytes === 0) this.enter(this.next(Buffer.alloc(0)))
  }

  private next(header: Buffer): Scan {
    switch (this.scan.kind) {
      case 'magic':
        return this.afterMagic(header.readUInt32LE())
      case 'skip-size':
        this.hasChecksum = false
        this.isLastBlock = true
        return { kind: 'content', bytes: header.readUInt32LE() }
      case 'descriptor':
        return this.afterDescriptor(header.readUInt8())
      case 'fields':
        return BLOCK
      case 'block':
        return this.afterBlockHeader(header.readUIntLE(0, 3))
      case 'content':
        if (!this.isLastBlock) return BLOCK
        return this.hasChecksum ? { kind: 'checksum', bytes: 4 } : START
      case 'checksum':
        return START
    }
  }

  private afterMagic(magic: number): Scan {
    if (magic === MAGIC) return { kind: 'descriptor', bytes: 1 }
    const isSkippable = (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC
    return isSkippable ? { kind: 'skip-size', bytes: 4 } : { kind: 'content', bytes: Infinity }
  }

  private afterDescriptor(descriptor: number): Scan {
    this.hasChecksum = (descriptor & 0x04) !== 0
    const isSingleSegment = (descriptor & 0x20) !== 0
    const windowBytes = isSingleSegment ? 0 : 1
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0
    const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
    return { kind: 'fields', bytes: windowBytes + dictionaryBytes + sizeBytes }
  }

  private afterBlockHeader(header: number): Scan {
    this.isLastBlock = (header & 1) !== 0
    const type = (header >> 1) & 0x03
    return { kind: 'content', bytes: type === RLE_BLOCK ? 1 : header >> 3 }
  }
}
