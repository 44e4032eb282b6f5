import { median } from './measure.ts'

/** One line of the table: our values and the reference's values, one per run. */
export interface Line {
  /** The table of the line. The default is the table of the loopback. */
  readonly table?: string
  readonly work: string
  readonly ours: readonly number[]
  readonly peer?: readonly number[]
  /** Name of the reference. */
  readonly peerName?: string
  readonly unit: string
  /** The maximum ratio that the project aims for. */
  readonly target?: number
  /** The maximum of our value that the project aims for. */
  readonly maximum?: number | undefined
}

/** Returns the lines as Markdown tables of medians. The ratio is the median of the ratios of all runs. */
export function markdownTables(lines: readonly Line[]): string {
  const tables = new Map<string, Line[]>()
  for (const line of lines) {
    const table = tableOf(line)
    tables.set(table, [...(tables.get(table) ?? []), line])
  }
  return [...tables].map(([name, rows]) => `### ${name}\n\n${markdownTable(rows)}`).join('\n\n')
}

/** Returns the name of the table of a line. */
export function tableOf({ table = 'Loopback' }: Line): string {
  return table
}

function markdownTable(lines: readonly Line[]): string {
  const columns = ['Work', 'This action', 'Reference', 'Reference is', 'Ratio', 'Target', 'Runs']
  const head = [`| ${columns.join(' | ')} |`, `|${'---|'.repeat(columns.length)}`]
  return [...head, ...lines.map(markdownRow)].join('\n')
}

/** Returns the row of a line in its table. */
export function markdownRow({
  work,
  ours,
  peer,
  peerName = '',
  unit,
  target,
  maximum
}: Line): string {
  const figure = (values: readonly number[]): string => `${round(median(values))} ${unit}`
  const ratios = peer?.map((value, at) => (ours[at] ?? NaN) / value)
  const ratio = ratios === undefined ? '' : round(median(ratios))
  const targets = [
    ...(target === undefined ? [] : [`≤ ${target}`]),
    ...(maximum === undefined ? [] : [`≤ ${maximum} ${unit}`])
  ]
  const cells = [
    work,
    figure(ours),
    peer === undefined ? '' : figure(peer),
    peerName,
    ratio,
    targets.join(', '),
    String(ours.length)
  ]
  return `| ${cells.join(' | ')} |`
}

function round(value: number): string {
  if (!Number.isFinite(value)) return 'n/a'
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
