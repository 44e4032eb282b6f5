import pLimit from 'p-limit'
import type { Transform } from 'node:stream'

/** The pieces in which a compressor gives what it makes: small enough that the allocator uses their memory again. */
export const PIECE_BYTES = 256 * 1024

/** One of zlib's compressors, as far as it is used here. */
export type Packer = Transform & { flush(kind: number, done: () => void): void }

/** Compresses blocks, several at a time. */
export interface BlockPacker {
  /** The block compressed, in pieces. */
  pack(block: Buffer): Promise<readonly Buffer[]>
  /** Lets so many be compressed at a time from now on. */
  use(threads: number): void
}

/** How blocks are compressed. */
export interface BlockPackerOptions<P extends Packer> {
  readonly make: () => P
  /** Readies a compressor for another block that knows nothing of the one before. */
  readonly restart?: (packer: P) => void
  /** The flush of zlib that ends a block. */
  readonly flush: number
  /** How many blocks are compressed at a time, each by one thread. */
  readonly threads: number
}

/**
 * Compresses with a few compressors that are used again for each block: a new one for each would take
 * memory of its own, which keeps the garbage collector busy for longer than some blocks take.
 */
export function createBlockPacker<P extends Packer>(options: BlockPackerOptions<P>): BlockPacker {
  const { make, restart, flush, threads } = options
  const limit = pLimit(threads)
  const idle: P[] = []
  return {
    pack: (block) =>
      limit(async () => {
        const packer = idle.pop() ?? make()
        restart?.(packer)
        const packed = await packWith(packer, block, flush)
        idle.push(packer)
        return packed
      }),
    use: (count) => {
      limit.concurrency = count
    }
  }
}

function packWith(packer: Packer, block: Buffer, flush: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const packed: Buffer[] = []
    const take = (piece: Buffer): void => void packed.push(piece)
    packer.on('data', take)
    packer.once('error', reject)
    packer.write(block)
    packer.flush(flush, () => {
      packer.off('data', take)
      packer.off('error', reject)
      resolve(packed)
    })
  })
}
