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

/** Reads the first bytes of a file, or all of them if it is shorter. */
export async function readStart(content: StoredContent, bytes: number): Promise<Buffer> {
  for await (const chunk of content.read()) return chunk.subarray(0, bytes)
  return Buffer.alloc(0)
}
