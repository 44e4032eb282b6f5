/** What the gallery says of a repository, as the API gives it. */
export interface CatalogRecord {
  readonly architectures?: readonly string[] | undefined
  readonly operatingSystems?: readonly string[] | undefined
  readonly description?: string | undefined
  readonly aboutText?: string | undefined
  readonly usageText?: string | undefined
  readonly logoUrl?: string | undefined
}

/** The fields that are text or lists of badges, in the order in which they are shown. */
export const RECORD_FIELDS = [
  'description',
  'aboutText',
  'usageText',
  'architectures',
  'operatingSystems'
] as const

export type RecordField = (typeof RECORD_FIELDS)[number]

/** The fields that are wanted; one that is `undefined` is left as it is, one that is empty is cleared. */
export interface WantedRecord {
  readonly description?: string | undefined
  readonly aboutText?: string | undefined
  readonly usageText?: string | undefined
  readonly architectures?: readonly string[] | undefined
  readonly operatingSystems?: readonly string[] | undefined
}

/** What has to be done to a field. */
export interface FieldComparison {
  readonly field: RecordField
  readonly action: 'create' | 'update' | 'delete' | 'keep'
  readonly reason: string
}

/** The wanted fields against those that are there. */
export function compareRecord(current: CatalogRecord, wanted: WantedRecord): FieldComparison[] {
  return RECORD_FIELDS.flatMap((field): FieldComparison[] => {
    const value = wanted[field]
    return value === undefined ? [] : [{ field, ...compareField(current[field], value) }]
  })
}

function compareField(
  current: string | readonly string[] | undefined,
  wanted: string | readonly string[]
): Omit<FieldComparison, 'field'> {
  const isThere = current !== undefined && current.length > 0
  if (isSame(current, wanted)) {
    return { action: 'keep', reason: isThere ? 'it says so already' : 'it is empty already' }
  }
  if (wanted.length === 0) return { action: 'delete', reason: 'it is to be empty' }
  if (!isThere) return { action: 'create', reason: 'it is empty' }
  return { action: 'update', reason: describeDifference(current, wanted) }
}

/** Order makes no difference among badges, nor do line ends and blank space at the end of a text. */
function isSame(
  current: string | readonly string[] | undefined,
  wanted: string | readonly string[]
): boolean {
  if (typeof wanted === 'string') {
    return normalize(typeof current === 'string' ? current : '') === normalize(wanted)
  }
  const listed = Array.isArray(current) ? (current as readonly string[]) : []
  return [...listed].sort().join('\n') === [...wanted].sort().join('\n')
}

function normalize(text: string): string {
  return text.replace(/\r\n?/g, '\n').trimEnd()
}

/** Says what a reader of the plan wants to know: is it only the commit, or did somebody else write this? */
function describeDifference(
  current: string | readonly string[],
  wanted: string | readonly string[]
): string {
  if (typeof current !== 'string' || typeof wanted !== 'string') {
    return `it is ${Array.isArray(current) ? current.join(', ') : String(current)}`
  }
  if (withoutCommits(normalize(current)) === withoutCommits(normalize(wanted))) {
    return 'only the commit that its links lead to differs'
  }
  return 'the text there is neither empty nor this one: an earlier version, or changed by hand'
}

/** The text with the commits in GitHub's addresses of files taken out. */
function withoutCommits(text: string): string {
  return text.replace(
    /(?<=\/(?:blob|raw|tree)\/|raw\.githubusercontent\.com\/[^/\s]+\/[^/\s]+\/)[\da-f]{7,64}/g,
    'COMMIT'
  )
}

/**
 * The whole record to send: what is wanted, and for the rest what is there, so that the result is the
 * same whether the service merges what it is sent into the record or replaces the record by it.
 */
export function mergeRecord(current: CatalogRecord, wanted: WantedRecord): WantedRecord {
  const merged: Record<string, string | readonly string[]> = {}
  for (const field of RECORD_FIELDS) {
    const value = wanted[field] ?? current[field]
    if (value !== undefined) merged[field] = value
  }
  return merged
}
