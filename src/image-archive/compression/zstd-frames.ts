import { problem } from '../../runner/errors.js'

/** The most frames; zstd:chunked makes one for every file of a layer. Each costs a call, however small. */
const MAX_FRAMES = 1_000_000

/** The end of a frame in a chunk has to be known to the byte, so headers are gathered over chunks. */
interface Scan {
  /** What the next bytes are. */
  readonly kind: 'magic' | 'skip-size' | 'descriptor' | 'fields' | 'block' | 'content' | 'checksum'
  /** How many of them there are. */
  readonly bytes: number
}

const MAGIC = 0xfd2fb528
/** The first of sixteen magic numbers of frames that hold no data. */
const SKIPPABLE_MAGIC = 0x184d2a50
const START: Scan = { kind: 'magic', bytes: 4 }
const BLOCK: Scan = { kind: 'block', bytes: 3 }
const RLE_BLOCK = 1

/**
 * Cuts zstd data after every frame (RFC 8878, "Zstandard Frames" and "Skippable Frames"), so that a
 * decompressor that gets each chunk on its own reads all frames. Node.js's stops without an error where a
 * frame ends in the middle of a chunk, while pzstd, `cat` and zstd:chunked write several frames.
 *
 * @throws ActionError where there are more frames than anyone writes
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
        throw problem({ what: 'zstd data of too many frames', expected: `at most ${MAX_FRAMES}` })
      }
      yield chunk.subarray(start, at)
      start = at
    }
    if (start < chunk.length) yield chunk.subarray(start)
  }
}

/** Follows frames through their headers; what is no frame is left to the decompressor to refuse. */
class FrameScanner {
  private scan: Scan = START
  private left = START.bytes
  private header: number[] = []
  private hasChecksum = false
  private isLastBlock = false

  /** `true` where a frame has just ended. */
  get isBetweenFrames(): boolean {
    return this.scan === START && this.left === START.bytes
  }

  /** Takes bytes of what is being read and gives the offset of the first byte that was not taken. */
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
    // A block of no bytes, a frame without more fields: nothing is to be taken.
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
