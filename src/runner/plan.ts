/** The action of a row. Rows with `keep` describe what does not change, and do not count as a change. */
export type ChangeAction = 'create' | 'update' | 'delete' | 'push' | 'move' | 'keep'

/** The kind of the object that changes. `more` replaces the rows that are left out of an output that is too large. */
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

/** One row of a plan. It can have more members, such as sizes and digests, but never a secret. */
export interface Change {
  readonly action: ChangeAction
  readonly kind: ChangeKind
  /** A readable name: `team/app:v1`, `team/app@sha256:…`, `team/app#aboutText`. */
  readonly target: string
  readonly reason?: string | undefined
  readonly [detail: string]: unknown
}

/** Returns `true` if at least one row of the plan is a change. */
export function hasChanges(plan: readonly Change[]): boolean {
  return plan.some((change) => change.action !== 'keep')
}

/** Returns one line for the log: `create repository team/app: does not exist yet`. */
export function describeChange(change: Change): string {
  const line = `${change.action} ${change.kind} ${change.target}`
  return change.reason === undefined ? line : `${line}: ${change.reason}`
}

/** The maximum size of one list in the outputs, in UTF-8 bytes. The runner accepts about 1 MB of outputs per job. */
export const MAX_OUTPUT_BYTES = 256_000

/**
 * Returns the rows as JSON of at most `maxBytes` UTF-8 bytes. If they are larger, the `keep` rows are left out first.
 * Then the list is cut, and a last row `… and N more` counts the rows that are left out.
 */
export function planJson(
  plan: Iterable<Change>,
  maxBytes = MAX_OUTPUT_BYTES
): { readonly json: string; readonly isCut: boolean } {
  const { rows, leftOut } = rowsWithin(plan, maxBytes)
  if (leftOut === 0) return { json: listOf(rows), isCut: false }
  let keepCount = 0
  const changes = function* (): Generator<Change> {
    keepCount = 0
    for (const change of plan) {
      if (change.action === 'keep') keepCount++
      else yield change
    }
  }
  return {
    json: cutJsonList({ [Symbol.iterator]: changes }, maxBytes, () => keepCount),
    isCut: true
  }
}

/**
 * Returns the list as JSON of at most `maxBytes` UTF-8 bytes. If it is larger, it ends with a row
 * `{"action":"keep","kind":"more","target":"… and N more"}`.
 *
 * @param alreadyLeftOut returns a number to add to N. It is called when the list has been read
 */
export function cutJsonList(
  list: Iterable<unknown>,
  maxBytes = MAX_OUTPUT_BYTES,
  alreadyLeftOut = (): number => 0
): string {
  const whole = rowsWithin(list, maxBytes)
  if (alreadyLeftOut() === 0 && whole.leftOut === 0) return listOf(whole.rows)
  const marker = (count: number): string =>
    JSON.stringify({ action: 'keep', kind: 'more', target: `… and ${String(count)} more` })
  const available = maxBytes - Buffer.byteLength(marker(Number.MAX_SAFE_INTEGER)) - 1
  const { rows, leftOut } = rowsWithin(list, available)
  return listOf([...rows, marker(leftOut + alreadyLeftOut())])
}

/** Number of rows per piece of text. The whole text of a large plan would need more memory than the plan. */
const ROWS_AT_ONCE = 1000

/** Returns the whole plan as JSON in pieces, with one row per line. */
export function* planText(plan: Iterable<Change>): Generator<string> {
  let opening = '['
  let rows: string[] = []
  const takePiece = (): string => {
    const piece = `${opening}\n${rows.join(',\n')}`
    opening = ','
    rows = []
    return piece
  }
  for (const row of plan) {
    rows.push(JSON.stringify(row))
    if (rows.length === ROWS_AT_ONCE) yield takePiece()
  }
  if (rows.length > 0) yield takePiece()
  yield opening === '[' ? '[]\n' : '\n]\n'
}

/** Returns the first rows as JSON, as many as a list of `maxBytes` UTF-8 bytes can contain, and counts the others. */
function rowsWithin(
  list: Iterable<unknown>,
  maxBytes: number
): { readonly rows: string[]; readonly leftOut: number } {
  const rows: string[] = []
  let used = '['.length
  let leftOut = 0
  for (const row of list) {
    const json = leftOut === 0 ? JSON.stringify(row) : ''
    used += Buffer.byteLength(json) + ','.length
    if (used > maxBytes) leftOut++
    else rows.push(json)
  }
  return { rows, leftOut }
}

function listOf(rows: readonly string[]): string {
  return `[${rows.join(',')}]`
}
