import type { Platform } from './manifest.js'

/** Variants that apply if the variant is missing, as containerd's `platforms.Normalize` defines them. */
const DEFAULT_VARIANTS: Readonly<Record<string, string>> = { amd64: 'v1', arm: 'v7', arm64: 'v8' }

/** Returns a key that is the same for two descriptions of one platform, such as `arm64` and `arm64/v8`. */
export function platformKey(platform: Platform): string {
  const { os, architecture, variant = '', osVersion = '', osFeatures = [] } = platform
  const key = [
    os,
    architecture,
    variant === '' ? (DEFAULT_VARIANTS[architecture] ?? '') : variant,
    osVersion,
    [...osFeatures].sort()
  ]
  return JSON.stringify(key)
}
