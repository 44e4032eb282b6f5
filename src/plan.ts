/** What a change does. `keep` rows were looked at and left; they do not count as a change. */
export type ChangeAction = 'create' | 'update' | 'delete' | 'push' | 'move' | 'keep'

/** What a change is about. `more` stands for rows that were cut from an output that grew too long. */
export type ChangeKind =
  | 'repository'
  | 'resource-tag'
  | 'policy'
  | 'catalog-field'
  | 'display-name'
  | 'layer'
  | 'manifest'
  | 'tag'
  | 'image'
  | 'credential'
  | 'more'

/** One row of a plan. Further members (sizes, digests) may stand beside these; none holds a secret. */
export interface Change {
  readonly action: ChangeAction
  readonly kind: ChangeKind
  /** A name a person can read: `team/app:v1`, `team/app@sha256:…`, `team/app#aboutText`. */
  readonly target: string
  readonly reason?: string | undefined
  readonly [detail: string]: unknown
}

/** `true` where at least one row of the plan is a change, that is, not a `keep`. */
export function hasChanges(plan: readonly Change[]): boolean {
  return plan.some((change) => change.action !== 'keep')
}

/** One line a person can read: `create repository team/app – it does not exist yet`. */
export function describeChange(change: Change): string {
  const line = `${change.action} ${change.kind} ${change.target}`
  return change.reason === undefined ? line : `${line} – ${change.reason}`
}

/** The most UTF-8 bytes that one list takes among the outputs of a step (the runner takes about 1 MB a job). */
export const MAX_OUTPUT_BYTES = 256_000

/**
 * The rows as JSON of at most `maxBytes` UTF-8 bytes. Where they would take more, the `keep` rows are
 * left out first; then the list is cut, and a last row `… and N more` stands for what was left out.
 */
export function planJson(
  plan: readonly Change[],
  maxBytes = MAX_OUTPUT_BYTES
): { readonly json: string; readonly isCut: boolean } {
  const whole = JSON.stringify(plan)
  if (Buffer.byteLength(whole) <= maxBytes) return { json: whole, isCut: false }
  const changes = plan.filter((change) => change.action !== 'keep')
  const leftOut = plan.length - changes.length
  return { json: cutJsonList(changes, maxBytes, leftOut), isCut: true }
}

/**
 * The list as JSON of at most `maxBytes` UTF-8 bytes: where it would take more, it ends in a row
 * `{"action":"keep","kind":"more","target":"… and N more"}`, N counting also the `alreadyLeftOut`.
 */
export function cutJsonList(
  list: readonly unknown[],
  maxBytes = MAX_OUTPUT_BYTES,
  alreadyLeftOut = 0
): string {
  const rows = list.map((row) => JSON.stringify(row))
  const marker = (count: number): string =>
    JSON.stringify({ action: 'keep', kind: 'more', target: `… and ${String(count)} more` })
  const total = rows.reduce((sum, row) => sum + Buffer.byteLength(row) + 1, 2)
  if (alreadyLeftOut === 0 && total <= maxBytes) return `[${rows.join(',')}]`

  const room = maxBytes - Buffer.byteLength(marker(Number.MAX_SAFE_INTEGER)) - 2
  const kept: string[] = []
  let used = 0
  for (const row of rows) {
    const bytes = Buffer.byteLength(row) + 1
    if (used + bytes > room) break
    kept.push(row)
    used += bytes
  }
  const count = rows.length - kept.length + alreadyLeftOut
  return `[${[...kept, marker(count)].join(',')}]`
}
