import { problem } from '../runner/errors.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import { parseBadges } from './badges.js'
import type { BadgeKind } from './badges.js'
import { MAX_DESCRIPTION_LENGTH } from './markdown/catalog-texts.js'

/** The maximum length of a registry's display name, in characters (the API model's RegistryDisplayName). */
const MAX_DISPLAY_NAME_LENGTH = 100

/** The requested badges, `auto` to read them from the images, or `undefined` to keep the current ones. */
export type RequestedBadges = readonly string[] | 'auto' | undefined

/** The values that are requested for every repository, validated. `undefined` keeps the current value. */
export interface RequestedValues {
  readonly description: string | undefined
  readonly badges: Readonly<Record<BadgeKind, RequestedBadges>>
  /** Empty to remove it. */
  readonly displayName: string | undefined
}

/** The word that clears a field. */
const NONE = 'none'

/**
 * Reads the inputs that do not name a file.
 *
 * @throws ActionError if a value is too long or the gallery does not have a badge for it
 */
export function readRequestedValues(inputs: SyncCatalogInputs): RequestedValues {
  return {
    description: readDescription(inputs.description),
    badges: {
      architectures: readBadges('architectures', inputs.architectures),
      operatingSystems: readBadges('operatingSystems', inputs.operatingSystems)
    },
    displayName: readDisplayName(inputs.displayName)
  }
}

function readDescription(description: string | undefined): string | undefined {
  if (description === NONE) return ''
  if (description === undefined || description.length <= MAX_DESCRIPTION_LENGTH) return description
  const excess = description.length - MAX_DESCRIPTION_LENGTH
  throw problem({
    what: 'Input "description" is too long',
    value: description,
    reason: `It has ${description.length} characters, ${excess} too many.`,
    expected: `Use at most ${MAX_DESCRIPTION_LENGTH} characters.`,
    fix: 'Shorten it.'
  })
}

function readBadges(kind: BadgeKind, items: readonly string[] | undefined): RequestedBadges {
  if (items === undefined) return undefined
  const word = ['auto', NONE].find((candidate) => items.includes(candidate))
  if (word === undefined) return parseBadges(kind, items)
  if (items.length === 1) return word === 'auto' ? 'auto' : []
  throw problem({
    what: `Input "${kind === 'architectures' ? kind : 'operating-systems'}" has "${word}" among other values`,
    value: items.join(', '),
    fix: `Use "${word}" alone, or remove it.`
  })
}

function readDisplayName(displayName: string | undefined): string | undefined {
  if (displayName === NONE) return ''
  if (displayName === undefined || displayName.length <= MAX_DISPLAY_NAME_LENGTH) return displayName
  throw problem({
    what: 'Input "display-name" is too long',
    value: displayName,
    reason: `It has ${displayName.length} characters.`,
    expected: `Use at most ${MAX_DISPLAY_NAME_LENGTH} characters.`
  })
}
