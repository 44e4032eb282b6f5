import { median } from './measure.ts'

/** One line of the table: the work, ours and the peer's figure, how often each was measured. */
export interface Line {
  readonly work: string
  readonly ours: readonly number[]
  readonly peer?: readonly number[]
  /** Who the peer is; without one the line says what ours takes. */
  readonly peerName?: string
  readonly unit: string
  /** What the ratio is to stay below, where the project sets itself a mark. */
  readonly mark?: number
}

/** The lines as a Markdown table of medians. The ratio is the median of the ratios run by run. */
export function markdownTable(lines: readonly Line[]): string {
  const head = '| work | ours | peer | | ratio | to reach | runs |\n|---|---|---|---|---|---|---|'
  return [head, ...lines.map(row)].join('\n')
}

function row({ work, ours, peer, peerName = '', unit, mark }: Line): string {
  const figure = (values: readonly number[]): string => `${round(median(values))} ${unit}`
  const ratios = peer?.map((value, at) => (ours[at] ?? NaN) / value)
  const ratio = ratios === undefined ? '' : round(median(ratios))
  const cells = [
    work,
    figure(ours),
    peer === undefined ? '' : figure(peer),
    peerName,
    ratio,
    mark === undefined ? '' : `≤ ${mark}`,
    String(ours.length)
  ]
  return `| ${cells.join(' | ')} |`
}

function round(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
