import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { descriptorOf } from '../emulator/registry/images.js'
import type { Content, TestImage } from '../emulator/registry/images.js'

/** Writes an image as an OCI layout, for `oci:DIRECTORY:TAG`. */
export async function writeLayout(directory: string, image: TestImage, tag: string): Promise<void> {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true })
  for (const { digest, bytes } of allContent(image))
    await writeFile(blobPath(directory, digest), bytes)
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const annotations = { 'org.opencontainers.image.ref.name': tag }
  const index = { schemaVersion: 2, manifests: [{ ...descriptorOf(image), annotations }] }
  await writeFile(join(directory, 'index.json'), JSON.stringify(index))
}

/** What an OCI layout has of an image, byte for byte, in the order of `allContent`. */
export async function readLayout(directory: string, image: TestImage): Promise<Buffer[]> {
  return Promise.all(
    allContent(image).map(async ({ digest }) => readFile(blobPath(directory, digest)))
  )
}

/** The manifest, the blobs, and the same of the children. */
export function allContent(image: TestImage): Content[] {
  return [image, ...image.blobs, ...image.children.flatMap(allContent)]
}

function blobPath(directory: string, digest: string): string {
  return join(directory, 'blobs', 'sha256', digest.slice('sha256:'.length))
}
