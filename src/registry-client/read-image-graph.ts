import pLimit from 'p-limit'
import { messageOf } from '../runner/errors.js'
import { parseManifest } from '../oci/manifest.js'
import type { GraphReader, ManifestLinks } from '../oci/image-graph.js'
import type { RegistryRepository } from './open-repository.js'

const MAX_PARALLEL_READS = 10

/**
 * Reads manifests and referrers until the reader does not need any more. A manifest that cannot be read is logged as
 * a warning and passed to the reader as `undefined`.
 *
 * @throws only if the run is cancelled
 */
export async function readImageGraph(
  reader: GraphReader,
  repository: RegistryRepository
): Promise<void> {
  const limit = pLimit(MAX_PARALLEL_READS)
  for (let question = reader.ask(); question !== undefined; question = reader.ask()) {
    const { kind, digests } = question
    await limit.map(digests, async (digest) => {
      if (reader.isSettled()) return
      if (kind === 'manifests') reader.learnLinks(digest, await findLinks(repository, digest))
      else reader.learnReferrers(digest, await findReferrers(repository, digest))
    })
  }
}

/** Returns the digests that a manifest refers to, or `undefined` if it cannot be read. */
async function findLinks(
  repository: RegistryRepository,
  digest: string
): Promise<ManifestLinks | undefined> {
  const { registry, path } = repository
  try {
    const served = await registry.findManifest(path, digest)
    if (served === undefined) throw new Error('the registry does not have this manifest')
    const manifest = parseManifest(served.bytes, `manifest ${digest}`, served.mediaType)
    const children =
      manifest.kind === 'index' ? manifest.manifests.map((child) => child.digest) : []
    return { children, subject: manifest.subject?.digest }
  } catch (error) {
    warn(repository, `Cannot read the manifest ${path}@${digest}: ${messageOf(error)}`)
    return undefined
  }
}

async function findReferrers(
  repository: RegistryRepository,
  digest: string
): Promise<readonly string[] | 'unreadable' | undefined> {
  const { registry, path } = repository
  try {
    const referrers = await registry.findReferrers(path, digest)
    return referrers?.map((referrer) => referrer.digest)
  } catch (error) {
    warn(repository, `Cannot read the referrers of ${path}@${digest}: ${messageOf(error)}`)
    return 'unreadable'
  }
}

function warn({ log, signal }: RegistryRepository, message: string): void {
  signal.throwIfAborted()
  log.warning(message)
}
