import { createHash } from 'node:crypto'
import { invalidParameter } from '../api-error.js'
import { findLogoFormat } from '../images/logo-format.js'
import type { ValueOf } from '../model/types.js'
import type { CatalogData, Logo } from '../store/store.js'
import type { OperationCall } from './operation.js'

/**
 * Minimum and maximum width and height of a logo, in pixels (user guide, "Creating a public
 * repository").
 */
const MIN_SIDE = 60
const MAX_SIDE = 2048

/**
 * Merges catalog data into existing catalog data. An empty text, list or logo removes the member.
 *
 * @throws ApiError if the logo does not have a supported format or size
 */
export function newCatalogData(
  call: OperationCall,
  before: CatalogData,
  { logoImageBlob, ...texts }: ValueOf<'RepositoryCatalogDataInput'>
): CatalogData {
  const given: Record<string, unknown> = { ...texts }
  if (logoImageBlob !== undefined) {
    given.logo = logoImageBlob.length === 0 ? '' : storeLogo(call, logoImageBlob)
  }
  const merged = Object.entries({ ...before, ...given })
  return Object.fromEntries(merged.filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

function storeLogo({ context }: OperationCall, bytes: Buffer): Logo {
  const format = findLogoFormat(bytes)
  if (format === undefined) throw invalidParameter('logoImageBlob', 'Invalid image format')
  const { width, height, mediaType, extension } = format
  if (Math.min(width, height) < MIN_SIDE || Math.max(width, height) > MAX_SIDE) {
    throw invalidParameter(
      'logoImageBlob',
      `Image dimensions must be between ${MIN_SIDE}x${MIN_SIDE} and ${MAX_SIDE}x${MAX_SIDE} pixels`
    )
  }
  const stable =
    context.settings.logoUrl === 'stable'
      ? createHash('sha256').update(bytes).digest('hex')
      : undefined
  return context.store.addLogo(bytes, mediaType, extension, stable)
}
