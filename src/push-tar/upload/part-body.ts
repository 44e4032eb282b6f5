import { createHash } from 'node:crypto'

/** The members of an UploadLayerPart request except the bytes of the part. */
export interface PartFields {
  readonly registryId?: string | undefined
  readonly repositoryName: string
  readonly uploadId: string
  readonly partFirstByte: number
  /** The last byte, inclusive. */
  readonly partLastByte: number
}

/** The body of one UploadLayerPart request and its SHA-256, which its signature contains. */
export interface FinishedBody {
  readonly bytes: Buffer
  /** Hexadecimal. */
  readonly sha256: string
}

const PREFIX = Buffer.from('{"layerPartBlob":"')
/** The maximum size of the members after the bytes. With the longest names that the service accepts they take 500 bytes. */
const MAX_SUFFIX_BYTES = 2048
/**
 * The number of bytes to encode per call: a multiple of 3, so that the text between two calls is not padded, and small
 * enough for V8's heap of short-lived objects. Larger strings took thirty times as long.
 */
const SLICE_BYTES = 3 * 22_000
/** The base64 alphabet (RFC 4648, section 4). */
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

/** Returns the size in bytes of the request body for a part of `partSize` bytes. */
export function bodySize(partSize: number): number {
  return PREFIX.length + Math.ceil(partSize / 3) * 4 + MAX_SUFFIX_BYTES
}

/**
 * Builds the JSON body of one UploadLayerPart request incrementally, with the bytes of the part in base64. The
 * serializer of the SDK is several times slower and keeps three copies of the bytes.
 */
export class PartBody {
  /** The number of bytes of the layer in this part. */
  length = 0
  private position: number
  /** The hash of the body up to `position`. Hashing a whole part at once would delay the other layers. */
  private readonly hash = createHash('sha256').update(PREFIX)
  /** Up to two bytes of an incomplete group of three. */
  private readonly waiting = Buffer.alloc(3)
  private waitingLength = 0

  /**
   * @param memory at least `bodySize(capacity)` bytes
   * @param capacity the maximum number of bytes of the layer in this part
   */
  constructor(
    readonly memory: Buffer,
    private readonly capacity: number
  ) {
    this.position = PREFIX.copy(memory)
  }

  get isFull(): boolean {
    return this.length === this.capacity
  }

  /** Adds bytes until the part is full. @returns the number of bytes added */
  append(chunk: Buffer): number {
    const taken = Math.min(chunk.length, this.capacity - this.length)
    let start = 0
    while (this.waitingLength > 0 && this.waitingLength < 3 && start < taken) {
      this.waiting[this.waitingLength++] = chunk[start++] ?? 0
    }
    const before = this.position
    if (this.waitingLength === 3) this.encodeWaiting()
    const end = taken - ((taken - start) % 3)
    for (; start < end; start += SLICE_BYTES) {
      this.encode(chunk, start, Math.min(end, start + SLICE_BYTES))
    }
    this.hash.update(this.memory.subarray(before, this.position))
    for (let at = end; at < taken; at++) {
      this.waiting[this.waitingLength++] = chunk[at] ?? 0
    }
    this.length += taken
    return taken
  }

  /** Returns the whole body. No bytes can be added afterwards. */
  finish(fields: PartFields): FinishedBody {
    this.encodeLast()
    const end = this.position + this.memory.write(suffixOf(fields), this.position, 'latin1')
    const suffix = this.memory.subarray(this.position, end)
    const sha256 = this.hash.copy().update(suffix).digest('hex')
    return { bytes: this.memory.subarray(0, end), sha256 }
  }

  /** Returns a copy of the bytes of the part, beginning at byte `start`. */
  bytesFrom(start: number): Buffer {
    this.encodeLast()
    const group = Math.floor(start / 3)
    const text = this.memory.toString('latin1', PREFIX.length + group * 4, this.position)
    return Buffer.from(text, 'base64').subarray(start - group * 3)
  }

  /** Encodes a group that spans two chunks. For three bytes, this is faster than calling the encoder of Node.js. */
  private encodeWaiting(): void {
    const group = this.waiting.readUIntBE(0, 3)
    for (let shift = 18; shift >= 0; shift -= 6) {
      this.memory[this.position++] = BASE64[(group >> shift) & 63] ?? 0
    }
    this.waitingLength = 0
  }

  /** Encodes the last, incomplete group with padding, if there is one. No bytes can be added afterwards. */
  private encodeLast(): void {
    const before = this.position
    this.encode(this.waiting, 0, this.waitingLength)
    this.waitingLength = 0
    this.hash.update(this.memory.subarray(before, this.position))
  }

  private encode(bytes: Buffer, start: number, end: number): void {
    this.position += this.memory.write(
      bytes.toString('base64', start, end),
      this.position,
      'latin1'
    )
  }
}

/** Returns the body after the base64 text. The patterns of the API allow only ASCII characters in these members. */
function suffixOf(fields: PartFields): string {
  return `",${JSON.stringify(fields).slice(1)}`
}
