import { findPlatform, MAX_CONFIG_BYTES } from '../oci/config.js'
import { isArtifactOfImage, parseManifest, platformName } from '../oci/manifest.js'
import type { Platform } from '../oci/manifest.js'
import { isImageConfigMediaType } from '../oci/media-types.js'
import { platformKey } from '../oci/platform.js'
import type { Deps, Registry, RetryOptions } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import type { TagDecision } from './decide-tags.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import type { PlatformImage } from './push-plan.js'
import type { PushTarget } from './resolve-target.js'

/** The maximum depth of nested indexes that are read. */
const MAX_DEPTH = 3
/** The platforms are read for a warning only, so the push does not wait long for them. */
const RETRY_OPTIONS: RetryOptions = { maxAttempts: 3, budgetMilliseconds: 5000 }

/**
 * Logs a warning for each tag that the push moves from an image with more platforms. Two jobs that push one platform
 * each under the same tag would otherwise replace each other's image. Never fails.
 *
 * @param platforms the platforms of the image to push
 */
export async function warnAboutLostPlatforms(
  tags: readonly TagDecision[],
  platforms: readonly PlatformImage[],
  target: PushTarget,
  source: PushTarInputs['source'],
  { log, openRegistry, signal }: Pick<Deps, 'log' | 'openRegistry' | 'signal'>
): Promise<void> {
  const fix =
    source.kind === 'from'
      ? 'To keep them, promote an image that has all platforms.'
      : 'To push several platforms under one tag, pass all archives to one step.'
  const moved = tags.filter(({ action }) => action === 'move')
  if (moved.length === 0) return
  const remaining = new Set(platforms.map(({ platform }) => keyOf(platform)))
  const lost = new Map<string, Promise<string[]>>()
  try {
    const registry = await openRegistry(target.host)
    for (const { tag, digest = '' } of moved) {
      const names = lost.get(digest) ?? listLost(digest, remaining, registry, target.path)
      lost.set(digest, names)
      const text = (await names).join(', ')
      if (text === '') continue
      log.warning(
        `The tag ${target.name}:${tag} loses platforms: ${text}. The image that it refers to now has them, and the image of this push does not. ${fix}`
      )
    }
  } catch (error) {
    signal.throwIfAborted()
    log.info(`The platforms of the current image could not be read: ${messageOf(error)}`)
  }
}

async function listLost(
  digest: string,
  remaining: ReadonlySet<string>,
  registry: Registry,
  path: string
): Promise<string[]> {
  const platforms = await listPlatforms(digest, registry, path, MAX_DEPTH)
  const lost = platforms.filter((platform) => !remaining.has(keyOf(platform)))
  return [...new Set(lost.map(nameOf))]
}

/** Windows runs an image for any revision of its build, the first three numbers of the version. */
function keyOf(platform: Platform): string {
  return platformKey({
    ...platform,
    osVersion: platform.osVersion?.split('.').slice(0, 3).join('.')
  })
}

function nameOf(platform: Platform): string {
  const { osVersion } = platform
  return `${platformName(platform)}${osVersion === undefined ? '' : ` (${osVersion})`}`
}

async function listPlatforms(
  digest: string,
  registry: Registry,
  path: string,
  depth: number
): Promise<Platform[]> {
  const served = await registry.findManifest(path, digest, RETRY_OPTIONS)
  if (served === undefined) return []
  const parsed = parseManifest(served.bytes, digest, served.mediaType)
  if (parsed.kind === 'manifest') {
    const { config } = parsed
    if (!isImageConfigMediaType(config.mediaType)) return []
    const bytes = await registry.getBlob(path, config.digest, MAX_CONFIG_BYTES, RETRY_OPTIONS)
    const platform = findPlatform(bytes, config.digest)
    return platform === undefined || platform.os === '' ? [] : [platform]
  }
  const platforms: Platform[] = []
  for (const child of parsed.manifests) {
    if (isArtifactOfImage(child)) continue
    if (child.platform !== undefined) platforms.push(child.platform)
    else if (depth > 0) {
      platforms.push(...(await listPlatforms(child.digest, registry, path, depth - 1)))
    }
  }
  return platforms
}
