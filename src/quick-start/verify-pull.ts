import { createHash } from 'node:crypto'

interface Descriptor {
  readonly digest: string
  readonly size: number
}

/**
 * Pulls an image by its digest like a container engine, and checks every byte against its digest.
 *
 * @param uri `HOST/ALIAS/NAME@sha256:…`. The registry is accessed over HTTP without TLS.
 * @throws if a digest does not match or the registry returns an error
 */
export async function verifyPull(
  uri: string
): Promise<{ readonly layers: number; readonly bytes: number }> {
  const [, host = '', repository = '', digest = ''] = /^([^/]+)\/(.+)@(sha256:.+)$/.exec(uri) ?? []
  const base = `http://${host}/v2/${repository}`
  const headers = { authorization: `Bearer ${await anonymousToken(host)}` }
  const manifest = await download(`${base}/manifests/${digest}`, headers, digest)
  const { config, layers } = JSON.parse(manifest.toString()) as {
    config: Descriptor
    layers: Descriptor[]
  }
  let bytes = manifest.length
  for (const blob of [config, ...layers]) {
    bytes += (await download(`${base}/blobs/${blob.digest}`, headers, blob.digest)).length
  }
  return { layers: layers.length, bytes }
}

async function anonymousToken(host: string): Promise<string> {
  const response = await fetch(`http://${host}/token/?service=public.ecr.aws&scope=aws`)
  const { token } = (await response.json()) as { token: string }
  return token
}

async function download(
  url: string,
  headers: Readonly<Record<string, string>>,
  digest: string
): Promise<Buffer> {
  const response = await fetch(url, { headers })
  if (!response.ok) throw new Error(`GET ${url} failed with status ${String(response.status)}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (actual !== digest) throw new Error(`GET ${url} returned bytes with the digest ${actual}`)
  return bytes
}
