import { createHash } from 'node:crypto'

/** The syntax of a digest in the API model (LayerDigest), as messages of the service quote it. */
export const DIGEST_PATTERN = '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'

const DIGEST = new RegExp(`^${DIGEST_PATTERN}$`)
const SHA256_DIGEST = /^sha256:[0-9a-f]{64}$/

/** Returns the SHA-256 digest of bytes: `sha256:…`. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Returns `true` for a digest of any algorithm. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

/** Returns `true` for a SHA-256 digest, the only one that the store computes. */
export function isSha256Digest(text: string): boolean {
  return SHA256_DIGEST.test(text)
}
