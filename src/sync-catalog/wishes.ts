import { parseBadges } from './badges.js'
import type { BadgeKind } from './badges.js'
import { fitDescription, MAX_DESCRIPTION_LENGTH } from './markdown/catalog-texts.js'
import { problem } from '../runner/errors.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'

/** The most characters of a registry's display name (the API model's RegistryDisplayName). */
const MAX_DISPLAY_NAME_LENGTH = 100

/** What is wanted of badges: values, or to read them from the images. `undefined` leaves them alone. */
export type BadgeWish = readonly string[] | 'auto' | undefined

/** What is wanted of every repository alike, checked. */
export interface Wishes {
  readonly description: string | undefined
  readonly isDescriptionCut: boolean
  readonly badges: Readonly<Record<BadgeKind, BadgeWish>>
  /** Empty to remove it. */
  readonly displayName: string | undefined
}

/** The word that clears a field. */
const NONE = 'none'

/**
 * Reads the inputs that need no file.
 *
 * @throws ActionError for a value that the gallery does not show or that is too long
 */
export function readWishes(inputs: SyncCatalogInputs): Wishes {
  const description = readDescription(inputs)
  return {
    description: description?.text,
    isDescriptionCut: description?.isTruncated ?? false,
    badges: {
      architectures: readBadges('architectures', inputs.architectures),
      operatingSystems: readBadges('operatingSystems', inputs.operatingSystems)
    },
    displayName: readDisplayName(inputs.displayName)
  }
}

function readDescription({
  description,
  onTooLong
}: SyncCatalogInputs): { readonly text: string; readonly isTruncated: boolean } | undefined {
  if (description === undefined) return undefined
  if (description === NONE) return { text: '', isTruncated: false }
  const fitted = fitDescription(description)
  if (!fitted.isTruncated || onTooLong === 'truncate') return fitted
  throw problem({
    what: 'Input "description" is too long',
    value: description,
    expected: `at most ${MAX_DESCRIPTION_LENGTH} characters; it has ${description.length}, ${fitted.excess} too many`,
    fix: 'shorten it, or set "on-too-long" to truncate'
  })
}

function readBadges(kind: BadgeKind, items: readonly string[] | undefined): BadgeWish {
  if (items === undefined) return undefined
  const word = ['auto', NONE].find((candidate) => items.includes(candidate))
  if (word === undefined) return parseBadges(kind, items)
  if (items.length === 1) return word === 'auto' ? 'auto' : []
  throw problem({
    what: `Input "${kind === 'architectures' ? kind : 'operating-systems'}" has "${word}" among other values`,
    value: items.join(', '),
    expected: `"${word}" alone, or values`
  })
}

function readDisplayName(displayName: string | undefined): string | undefined {
  if (displayName === NONE) return ''
  if (displayName === undefined || displayName.length <= MAX_DISPLAY_NAME_LENGTH) return displayName
  throw problem({
    what: 'Input "display-name" is too long',
    value: displayName,
    expected: `at most ${MAX_DISPLAY_NAME_LENGTH} characters; it has ${displayName.length}`
  })
}
