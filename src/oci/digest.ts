import { createHash } from 'node:crypto'

/** `sha256:` and 64 lowercase hexadecimal digits. ECR Public supports no other digest algorithm. */
const SHA256_DIGEST = /^sha256:[0-9a-f]{64}$/

/** The digest of a stream and its length. */
export interface StreamDigest {
  readonly digest: string
  /** In bytes. */
  readonly size: number
}

/** Hashes a stream chunk by chunk. */
export interface StreamHash {
  update(chunk: Uint8Array): void
  /** Returns the digest and the size of all chunks. No chunk can be added afterwards. */
  result(): StreamDigest
}

/** Returns the digest of these bytes, `sha256:…`. */
export function sha256Digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Creates the SHA-256 hash of a stream. */
export function createStreamHash(): StreamHash {
  const hash = createHash('sha256')
  let size = 0
  return {
    update: (chunk) => {
      hash.update(chunk)
      size += chunk.length
    },
    result: () => ({ digest: `sha256:${hash.digest('hex')}`, size })
  }
}

/** Reads a stream to its end and returns its digest and size. @throws the signal's reason if it is aborted */
export async function hashStream(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal
): Promise<StreamDigest> {
  const hash = createStreamHash()
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    hash.update(chunk)
  }
  return hash.result()
}

/** Returns `true` for a well-formed sha256 digest. */
export function isSha256Digest(text: string): boolean {
  return SHA256_DIGEST.test(text)
}

/** Returns the digest in its short form: `sha256:0123456789ab`. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12)
}
