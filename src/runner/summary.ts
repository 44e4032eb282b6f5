import { safeCodeBlock, safeSummaryHtml } from './safe-text.js'

/** One part of the job summary. All text is plain: `renderSummary` makes it harmless. */
export type SummaryBlock =
  | { readonly kind: 'paragraph'; readonly text: string }
  | {
      readonly kind: 'table'
      readonly columns: readonly string[]
      readonly rows: readonly SummaryRow[]
    }
  | {
      readonly kind: 'code'
      /** `diff`, `sh`, … */
      readonly language: string
      readonly text: string
      /** Shown above the code; where it is given, the code is folded under it. */
      readonly title?: string | undefined
    }
  | { readonly kind: 'link'; readonly label: string; readonly url: string }

/** The cells of one row. */
export type SummaryRow = readonly string[]

/** The most UTF-8 bytes that one step may put into the job summary, with some air (the runner takes 1 MiB). */
const MAX_SUMMARY_BYTES = 1_000_000

/** The job summary of one step as Markdown, cut where the runner would refuse it. */
export function renderSummary(title: string, blocks: readonly SummaryBlock[]): string {
  let markdown = `### ${safeSummaryHtml(title)}\n`
  let room = MAX_SUMMARY_BYTES - Buffer.byteLength(markdown)
  for (const block of blocks) {
    const part = `\n${renderBlock(block, room)}\n`
    const bytes = Buffer.byteLength(part)
    if (bytes > room) {
      return `${markdown}\n_The summary ends here, as the runner takes no more; the whole plan is in the file of output plan-file._\n`
    }
    markdown += part
    room -= bytes
  }
  return markdown
}

function renderBlock(block: SummaryBlock, room: number): string {
  switch (block.kind) {
    case 'paragraph':
      return safeSummaryHtml(block.text)
    case 'link':
      return `<a href="${safeSummaryHtml(block.url)}">${safeSummaryHtml(block.label)}</a>`
    case 'code': {
      const code = safeCodeBlock(block.text, block.language)
      if (block.title === undefined) return code
      return `<details><summary>${safeSummaryHtml(block.title)}</summary>\n\n${code}\n\n</details>`
    }
    case 'table':
      return renderTable(block.columns, block.rows, room)
    default:
      return block satisfies never
  }
}

/** An HTML table: unlike a Markdown one, no cell can break out of it. Rows that find no room are counted. */
function renderTable(
  columns: readonly string[],
  rows: readonly SummaryRow[],
  room: number
): string {
  const head = `<table><tr>${columns.map((name) => `<th>${safeSummaryHtml(name)}</th>`).join('')}</tr>`
  const tail = '</table>'
  let left = room - Buffer.byteLength(head + tail) - 200
  const lines: string[] = [head]
  for (const [at, row] of rows.entries()) {
    const line = `<tr>${row.map((cell) => `<td>${safeSummaryHtml(cell)}</td>`).join('')}</tr>`
    left -= Buffer.byteLength(line) + 1
    if (left < 0) {
      lines.push(
        `<tr><td colspan="${String(columns.length)}">… and ${String(rows.length - at)} more</td></tr>`
      )
      break
    }
    lines.push(line)
  }
  return [...lines, tail].join('\n')
}
