import { MAX_PART_SIZE_BYTES } from '../limits.js'

/** The fields of UploadLayerPart beside the bytes themselves. */
export interface PartFields {
  readonly registryId?: string | undefined
  readonly repositoryName: string
  readonly uploadId: string
  readonly partFirstByte: number
  /** Inclusive. */
  readonly partLastByte: number
}

const PREFIX = Buffer.from('{"layerPartBlob":"')
/** Room for the fields after the bytes; with the longest names that the service takes they are 500 bytes. */
const SUFFIX_ROOM_BYTES = 2048
/**
 * Bytes turned into base64 at once: a multiple of 3, so that no padding falls between two pieces, and
 * small enough that V8 puts the text between its short-lived objects; larger ones take thirty times as long.
 */
const SLICE_BYTES = 3 * 22_000
/** The characters of base64 by their value (RFC 4648, section 4). */
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

/** The bytes of memory that the body of a part of `partSize` bytes takes. */
export function bodySize(partSize: number): number {
  return PREFIX.length + Math.ceil(partSize / 3) * 4 + SUFFIX_ROOM_BYTES
}

/** The memory of the largest part. */
export const MAX_BODY_SIZE_BYTES = bodySize(MAX_PART_SIZE_BYTES)

/**
 * The body of one UploadLayerPart call, written as its bytes come: JSON with the bytes in base64. The
 * SDK's own writer goes over every byte in JavaScript, several times slower, and holds three copies.
 */
export class PartBody {
  /** How many bytes of the layer are in it. */
  length = 0
  private position: number
  /** Up to two bytes that wait for the third of their group. */
  private readonly waiting = Buffer.alloc(3)
  private waitingLength = 0

  /**
   * @param memory at least `bodySize(capacity)` bytes
   * @param capacity how many bytes of the layer a part takes
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

  /** Adds as much of the chunk as there is room for. @returns how many bytes that was */
  append(chunk: Buffer): number {
    const taken = Math.min(chunk.length, this.capacity - this.length)
    let start = 0
    while (this.waitingLength > 0 && this.waitingLength < 3 && start < taken) {
      this.waiting[this.waitingLength++] = chunk[start++] ?? 0
    }
    if (this.waitingLength === 3) this.encodeWaiting()
    const end = taken - ((taken - start) % 3)
    for (; start < end; start += SLICE_BYTES) {
      this.encode(chunk, start, Math.min(end, start + SLICE_BYTES))
    }
    for (let at = end; at < taken; at++) {
      this.waiting[this.waitingLength++] = chunk[at] ?? 0
    }
    this.length += taken
    return taken
  }

  /** The whole body; nothing can be added after it. */
  finish(fields: PartFields): Buffer {
    // As base64 pads it; where the group is whole or finished already, nothing waits.
    this.encode(this.waiting, 0, this.waitingLength)
    this.waitingLength = 0
    const end = this.position + this.memory.write(suffixOf(fields), this.position, 'latin1')
    return this.memory.subarray(0, end)
  }

  /** The bytes of the layer from `start` on, of a part that is finished. */
  bytesFrom(start: number): Buffer {
    const group = Math.floor(start / 3)
    const text = this.memory.toString('latin1', PREFIX.length + group * 4, this.position)
    return Buffer.from(text, 'base64').subarray(start - group * 3)
  }

  /** A group that two chunks share: for so few bytes a call of Node's encoder takes longer than its work. */
  private encodeWaiting(): void {
    const group = this.waiting.readUIntBE(0, 3)
    for (let shift = 18; shift >= 0; shift -= 6) {
      this.memory[this.position++] = BASE64[(group >> shift) & 63] ?? 0
    }
    this.waitingLength = 0
  }

  private encode(bytes: Buffer, start: number, end: number): void {
    this.position += this.memory.write(
      bytes.toString('base64', start, end),
      this.position,
      'latin1'
    )
  }
}

/** All that follows the base64 text; none of it is outside of Latin-1, as the service's patterns hold. */
function suffixOf(fields: PartFields): string {
  return `",${JSON.stringify(fields).slice(1)}`
}
