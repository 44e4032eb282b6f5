import pLimit from 'p-limit'
import type { Log } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import { parseManifest } from '../oci/manifest.js'
import type { GraphReader, ManifestLinks } from '../oci/image-graph.js'
import type { Registry } from '../runner/deps.js'

/** One repository on the reading side of the registry. */
export interface GraphSource {
  readonly registry: Registry
  /** The path below the host, `alias/name`. */
  readonly path: string
  readonly log: Log
  readonly signal: AbortSignal
}

/** Reads under way at once; the registry's client keeps to the service's rate. */
const READS_AT_ONCE = 10

/**
 * Reads manifests over `/v2/` until the reader has nothing left to ask, or no answer matters any more. What cannot
 * be read is told as such, with a warning: the reader decides what that means.
 *
 * @throws only where the run is cancelled
 */
export async function readImageGraph(reader: GraphReader, source: GraphSource): Promise<void> {
  const limit = pLimit(READS_AT_ONCE)
  for (let question = reader.ask(); question !== undefined; question = reader.ask()) {
    const { kind, digests } = question
    await limit.map(digests, async (digest) => {
      if (reader.isSettled()) return
      if (kind === 'manifests') reader.learnLinks(digest, await findLinks(source, digest))
      else reader.learnReferrers(digest, await findReferrers(source, digest))
    })
  }
}

/** What a manifest refers to, or `undefined` where it cannot be read or understood. */
async function findLinks(source: GraphSource, digest: string): Promise<ManifestLinks | undefined> {
  const { registry, path } = source
  try {
    const served = await registry.findManifest(path, digest)
    if (served === undefined) throw new Error('the registry has no such manifest')
    const manifest = parseManifest(served.bytes, `manifest ${digest}`, served.mediaType)
    const children =
      manifest.kind === 'index' ? manifest.manifests.map((child) => child.digest) : []
    return { children, subject: manifest.subject?.digest }
  } catch (error) {
    tell(source, `Manifest ${path}@${digest} could not be read: ${messageOf(error)}`)
    return undefined
  }
}

async function findReferrers(
  source: GraphSource,
  digest: string
): Promise<readonly string[] | 'unreadable' | undefined> {
  const { registry, path } = source
  try {
    const referrers = await registry.findReferrers(path, digest)
    return referrers?.map((referrer) => referrer.digest)
  } catch (error) {
    tell(source, `What refers to ${path}@${digest} could not be read: ${messageOf(error)}`)
    return 'unreadable'
  }
}

function tell({ log, signal }: GraphSource, message: string): void {
  signal.throwIfAborted()
  log.warning(message)
}
