import { problem } from '../runner/errors.js'
import type { StoredContent } from './contents.js'

/** Reads a small file. @throws ActionError if it is larger than `maxBytes` */
export async function readContent(content: StoredContent, maxBytes: number): Promise<Buffer> {
  if (content.size > maxBytes) {
    throw problem({
      what: `${content.name} is too large: ${content.size} bytes`,
      expected: `The maximum size is ${maxBytes} bytes.`
    })
  }
  const chunks: Buffer[] = []
  for await (const chunk of content.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Reads only the first bytes of a file, or all of them if it is shorter. */
export async function readStart(content: StoredContent, bytes: number): Promise<Buffer> {
  const memory = { chunkBytes: bytes, allocate: (size: number) => Buffer.allocUnsafe(size) }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of content.read(memory)) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= bytes) break
  }
  return Buffer.concat(chunks).subarray(0, bytes)
}
