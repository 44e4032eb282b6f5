import { problem } from '../runner/errors.js'
import { isSha256Digest } from './digest.js'
import { jsonText, parseJsonObject } from './manifest.js'
import type { Platform } from './manifest.js'

/** What this project reads of an image config (OCI image configuration, Docker's v1.2 image JSON). */
export interface ImageConfig {
  readonly platform: Platform
  /** The digests of the uncompressed layers, the lowest first. */
  readonly diffIds: readonly string[]
}

/**
 * Reads an image config.
 *
 * @throws ActionError where it is no config of an image with layers
 */
export function parseConfig(bytes: Uint8Array, name: string): ImageConfig {
  const json = parseJsonObject(bytes, name)
  const diffIds = diffIdsOf(json.rootfs)
  if (!Array.isArray(diffIds)) {
    throw problem({ what: `${name} is no image config`, expected: 'JSON with rootfs.diff_ids' })
  }
  return {
    platform: {
      os: typeof json.os === 'string' ? json.os : '',
      architecture: typeof json.architecture === 'string' ? json.architecture : '',
      variant: typeof json.variant === 'string' ? json.variant : undefined
    },
    diffIds: diffIds.map((diffId: unknown, at) => {
      if (typeof diffId === 'string' && isSha256Digest(diffId)) return diffId
      throw problem({
        what: `${name}, rootfs.diff_ids[${String(at)}] is no digest`,
        value: typeof diffId === 'string' ? diffId : jsonText(diffId),
        expected: 'sha256: and 64 lower-case hexadecimal digits'
      })
    })
  }
}

/** Of an image without layers BuildKit writes null and Docker nothing, as Go writes an empty list. */
function diffIdsOf(rootfs: unknown): unknown {
  if (typeof rootfs !== 'object' || rootfs === null) return undefined
  const { type, diff_ids: diffIds } = rootfs as { type?: unknown; diff_ids?: unknown }
  return type === 'layers' ? (diffIds ?? []) : diffIds
}
