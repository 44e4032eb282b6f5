import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type {
  ArchiveContents,
  DockerImage,
  StoredContent,
  StoredIndex,
  StoredManifest
} from '../../src/image-archive/contents.js'
import { openArchives } from '../../src/image-archive/open-archives.js'
import type { OpenArchivesOptions } from '../../src/image-archive/open-archives.js'
import { sha256Digest } from '../../src/oci/digest.js'

/** Creates a directory before each test of a file and deletes it after the test. */
export function useDirectory(): () => string {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'archive-'))
  })
  afterEach(async () => {
    for (const contents of opened.splice(0)) await contents.close()
    await rm(directory, { recursive: true, force: true })
  })
  return () => directory
}

const opened: ArchiveContents[] = []

/** Opens an archive, which is closed after the test. */
export async function openTestArchive(
  path: string,
  archiveImage?: string,
  options: Partial<OpenArchivesOptions> = {}
): Promise<ArchiveContents> {
  const contents = await openArchive(path, {
    archiveImage,
    temporaryDirectory: () => mkdtemp(join(path, '..', 'decompressed-')),
    signal: new AbortController().signal,
    ...options
  })
  opened.push(contents)
  return contents
}

/** Opens one archive. */
export async function openArchive(
  path: string,
  options: OpenArchivesOptions
): Promise<ArchiveContents> {
  const [contents] = await openArchives([path], options)
  return contents!
}

/** Reads all bytes of a content. */
export async function readStoredContent(content: StoredContent): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of content.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Returns the root as an image of a docker-archive. @throws Error if it has another kind */
export function asDocker({ root }: ArchiveContents): DockerImage {
  if (root.kind === 'docker-image') return root
  throw new Error(`Expected a docker-image instead of a ${root.kind}.`)
}

/** Returns the root as a stored manifest. @throws Error if it has another kind */
export function asManifest({ root }: ArchiveContents): StoredManifest {
  if (root.kind === 'stored-manifest') return root
  throw new Error(`Expected a stored-manifest instead of a ${root.kind}.`)
}

/** Returns the root as a stored index. @throws Error if it has another kind */
export function asIndex({ root }: ArchiveContents): StoredIndex {
  if (root.kind === 'stored-index') return root
  throw new Error(`Expected a stored-index instead of a ${root.kind}.`)
}

/** Computes the digests of the uncompressed layers from their bytes. */
export async function readDiffIds(root: DockerImage | StoredManifest): Promise<string[]> {
  const contents =
    root.kind === 'docker-image'
      ? root.layers.flatMap((layer) => (layer.kind === 'layer-file' ? layer.content : []))
      : root.blobs.slice(1).map((blob) => blob.content)
  const diffIds: string[] = []
  for (const content of contents)
    diffIds.push(sha256Digest(decompress(await readStoredContent(content))))
  return diffIds
}

function decompress(bytes: Buffer): Buffer {
  const magic = bytes.toString('hex', 0, 4)
  if (magic.startsWith('1f8b')) return gunzipSync(bytes)
  return magic === '28b52ffd' ? zstdDecompressSync(bytes) : bytes
}
