import { createHash } from 'node:crypto'

/** `sha256:` and 64 lower-case hexadecimal digits, the only algorithm that the layer API takes. */
const SHA256_DIGEST = /^sha256:[0-9a-f]{64}$/

/** The digest of these bytes, `sha256:…`. */
export function sha256Digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** `true` for a well-formed sha256 digest. */
export function isSha256Digest(text: string): boolean {
  return SHA256_DIGEST.test(text)
}

/** A digest as short as people write it: `sha256:0123456789ab`. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12)
}
