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
  const rows = rowsWithin(plan, maxBytes)
  if (rows.length === plan.length) return { json: listOf(rows), isCut: false }
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
  const rows = rowsWithin(list, maxBytes)
  if (alreadyLeftOut === 0 && rows.length === list.length) return listOf(rows)
  const marker = (count: number): string =>
    JSON.stringify({ action: 'keep', kind: 'more', target: `… and ${String(count)} more` })
  const room = maxBytes - Buffer.byteLength(marker(Number.MAX_SAFE_INTEGER)) - 1
  const kept = rowsWithin(list, room)
  return listOf([...kept, marker(list.length - kept.length + alreadyLeftOut)])
}

/** Rows that become text at once; the whole text of a large plan would take more memory than the plan. */
const ROWS_AT_ONCE = 1000

/** The whole plan as JSON, a row on a line, in pieces. */
export function* planText(plan: readonly Change[]): Generator<string> {
  for (let at = 0; at < plan.length; at += ROWS_AT_ONCE) {
    const rows = plan.slice(at, at + ROWS_AT_ONCE).map((row) => JSON.stringify(row))
    yield `${at === 0 ? '[' : ','}\n${rows.join(',\n')}`
  }
  yield plan.length === 0 ? '[]\n' : '\n]\n'
}

/** As many rows from the first on, each as JSON, as a list of `maxBytes` UTF-8 bytes has room for. */
function rowsWithin(list: readonly unknown[], maxBytes: number): string[] {
  const rows: string[] = []
  let used = '['.length
  for (const row of list) {
    const json = JSON.stringify(row)
    used += Buffer.byteLength(json) + ','.length
    if (used > maxBytes) break
    rows.push(json)
  }
  return rows
}

function listOf(rows: readonly string[]): string {
  return `[${rows.join(',')}]`
}
