import { problem } from '../runner/errors.js'
import { isSha256Digest } from './digest.js'
import { jsonText, parseJsonObject } from './manifest.js'
import type { Platform } from './manifest.js'

/** The maximum size of an image config in bytes, the same as in containers/image (podman, skopeo). */
export const MAX_CONFIG_BYTES = 4_194_304

/** The members of an image config that this project uses (OCI image configuration, Docker image specification v1.2). */
export interface ImageConfig {
  readonly platform: Platform
  /** The digests of the uncompressed layers, lowest layer first. */
  readonly diffIds: readonly string[]
}

/**
 * Reads an image config.
 *
 * @param name the name of the config in errors: a file of an archive or a digest
 * @throws ActionError if the bytes are not the config of an image with layers
 */
export function parseConfig(bytes: Uint8Array, name: string): ImageConfig {
  const json = parseJsonObject(bytes, name)
  const diffIds = diffIdsOf(json.rootfs)
  if (!Array.isArray(diffIds)) {
    throw problem({
      what: `${name} is not an image config`,
      expected: 'An image config is a JSON object with a list "rootfs.diff_ids".'
    })
  }
  return {
    platform: platformOf(json),
    diffIds: diffIds.map((diffId: unknown, at) => {
      if (typeof diffId === 'string' && isSha256Digest(diffId)) return diffId
      throw problem({
        what: `${name}, rootfs.diff_ids[${String(at)}] is not a valid digest`,
        value: typeof diffId === 'string' ? diffId : jsonText(diffId),
        expected: 'A digest is "sha256:" and 64 lowercase hexadecimal digits.'
      })
    })
  }
}

/**
 * Returns `true` for a JSON object without `rootfs`, which an image config requires. Artifacts can have such a config with
 * the media type of an image: bundles of Open Policy Agent and AI models are pushed by ORAS with the config `{}`.
 */
export function isArtifactConfig(bytes: Uint8Array, name: string): boolean {
  try {
    return (parseJsonObject(bytes, name).rootfs ?? undefined) === undefined
  } catch {
    return false
  }
}

/**
 * Returns the platform in the config of an image, or `undefined` for the config of an artifact.
 *
 * @throws ActionError if the bytes are neither
 */
export function findPlatform(bytes: Uint8Array, name: string): Platform | undefined {
  return isArtifactConfig(bytes, name) ? undefined : parseConfig(bytes, name).platform
}

function platformOf(json: Record<string, unknown>): Platform {
  const { os, architecture, variant, 'os.version': osVersion, 'os.features': osFeatures } = json
  return {
    os: typeof os === 'string' ? os : '',
    architecture: typeof architecture === 'string' ? architecture : '',
    variant: typeof variant === 'string' ? variant : undefined,
    osVersion: typeof osVersion === 'string' ? osVersion : undefined,
    osFeatures: Array.isArray(osFeatures)
      ? osFeatures.filter((each): each is string => typeof each === 'string')
      : undefined
  }
}

/** For an image without layers, BuildKit writes `"diff_ids": null` and Docker omits the member. */
function diffIdsOf(rootfs: unknown): unknown {
  if (typeof rootfs !== 'object' || rootfs === null) return undefined
  const { type, diff_ids: diffIds } = rootfs as { type?: unknown; diff_ids?: unknown }
  return type === 'layers' ? (diffIds ?? []) : diffIds
}
