import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'

/** A file in a tar archive: its bytes, or the path of a file with them. */
export interface TarFile {
  readonly name: string
  readonly mode: number
  readonly content: Buffer | { readonly path: string; readonly size: number }
}

const BLOCK_BYTES = 512

/**
 * Writes a POSIX ustar archive. The bundle of the quick start is separate from the action, so this
 * does not use its archive code.
 *
 * @returns the digest of the archive (`sha256:…`) and its size in bytes
 */
export async function writeTar(
  path: string,
  files: readonly TarFile[]
): Promise<{ readonly digest: string; readonly size: number }> {
  const file = await open(path, 'w')
  const hash = createHash('sha256')
  let size = 0
  const write = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes)
    size += bytes.length
    await file.writeFile(bytes)
  }
  try {
    for (const entry of files) {
      const { content } = entry
      const length = Buffer.isBuffer(content) ? content.length : content.size
      await write(tarHeader(entry.name, entry.mode, length))
      if (Buffer.isBuffer(content)) await write(content)
      else for await (const chunk of createReadStream(content.path)) await write(chunk as Buffer)
      await write(Buffer.alloc((BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES))
    }
    await write(Buffer.alloc(2 * BLOCK_BYTES))
  } finally {
    await file.close()
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

/** Returns the ustar header (POSIX.1-1988) of a regular file that root owns, modified in 1970. */
function tarHeader(name: string, mode: number, size: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  block.write(name, 0, 100, 'utf8')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write('        ', 148, 'latin1')
  block.write('0', 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}
