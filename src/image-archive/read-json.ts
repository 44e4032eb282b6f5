import { problem } from '../runner/errors.js'
import type { StoredContent } from './contents.js'
import type { FileTree } from './file-tree.js'

/** The most bytes of an image config; containers/image, which podman and skopeo read with, takes no larger one. */
export const MAX_CONFIG_BYTES = 4 * 1024 ** 2

/** The most images that an archive may list. */
const MAX_IMAGES = 1000

/** @throws ActionError where a file lists more images than anyone saves at once */
export function checkImageCount(count: number, name: string): void {
  if (count <= MAX_IMAGES) return
  throw problem({ what: `${name} lists ${count} images`, expected: `at most ${MAX_IMAGES}` })
}

/** The bytes of a small file. @throws ActionError where it is larger than `maxBytes` */
export async function readWhole(content: StoredContent, maxBytes: number): Promise<Buffer> {
  if (content.size > maxBytes) {
    throw problem({
      what: `${content.name} is too large: ${content.size} bytes`,
      expected: `at most ${maxBytes} bytes`
    })
  }
  const chunks: Buffer[] = []
  for await (const chunk of content.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A file of an archive that must be there. @throws ActionError where it is not, saying who names it */
export async function getFile(
  tree: FileTree,
  name: string,
  namedBy: string
): Promise<StoredContent> {
  const content = await tree.find(name)
  if (content !== undefined) return content
  throw problem({
    what: `${tree.path} misses a file that ${namedBy} names`,
    value: name,
    fix: tree.hint === '' ? undefined : tree.hint
  })
}

/** The first bytes of a content, or all where it is shorter. */
export async function readStart(content: StoredContent, bytes: number): Promise<Buffer> {
  for await (const chunk of content.read()) return chunk.subarray(0, bytes)
  return Buffer.alloc(0)
}
