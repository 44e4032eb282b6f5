import { CATALOG_FIELDS } from './get-catalog-data.js'
import type { CatalogField, CurrentCatalogData, RequestedCatalogData } from './get-catalog-data.js'

/** The change that one field needs. */
export interface FieldComparison {
  readonly field: CatalogField
  readonly action: 'create' | 'update' | 'delete' | 'keep'
  readonly reason: string
}

/** Compares each requested field with the current one. */
export function compareCatalogData(
  current: CurrentCatalogData,
  requested: RequestedCatalogData
): FieldComparison[] {
  return CATALOG_FIELDS.flatMap((field): FieldComparison[] => {
    const value = requested[field]
    return value === undefined ? [] : [{ field, ...compareField(current[field], value) }]
  })
}

function compareField(
  current: string | readonly string[] | undefined,
  requested: string | readonly string[]
): Omit<FieldComparison, 'field'> {
  const isSet = current !== undefined && current.length > 0
  if (isSame(current, requested)) {
    return { action: 'keep', reason: isSet ? 'already up to date' : 'already empty' }
  }
  if (requested.length === 0) return { action: 'delete', reason: 'requested to be empty' }
  if (!isSet) return { action: 'create', reason: 'currently empty' }
  return { action: 'update', reason: describeDifference(current, requested) }
}

/** Ignores the order of badges, and line endings and trailing white space of texts. */
function isSame(
  current: string | readonly string[] | undefined,
  requested: string | readonly string[]
): boolean {
  if (typeof requested === 'string') {
    return normalize(typeof current === 'string' ? current : '') === normalize(requested)
  }
  const listed = Array.isArray(current) ? (current as readonly string[]) : []
  return [...listed].sort().join('\n') === [...requested].sort().join('\n')
}

function normalize(text: string): string {
  return text.replace(/\r\n?/g, '\n').trimEnd()
}

/** Separates a new commit in the links, which is expected in every run, from other changes. */
function describeDifference(
  current: string | readonly string[],
  requested: string | readonly string[]
): string {
  if (typeof current !== 'string' || typeof requested !== 'string') {
    return `currently ${Array.isArray(current) ? current.join(', ') : String(current)}`
  }
  if (withoutCommits(normalize(current)) === withoutCommits(normalize(requested))) {
    return 'only the commit in the links differs'
  }
  return 'the current text is an earlier version or was changed by hand'
}

/** Replaces the commits in GitHub's file URLs. */
function withoutCommits(text: string): string {
  return text.replace(
    /(?<=\/(?:blob|raw|tree)\/|raw\.githubusercontent\.com\/[^/\s]+\/[^/\s]+\/)[\da-f]{7,64}/g,
    'COMMIT'
  )
}
