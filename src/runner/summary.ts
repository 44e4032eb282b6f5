import { safeCodeBlock, safeSummaryHtml } from './safe-text.js'

/** One block of the job summary. Its text is not escaped: `renderSummary` does it. */
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
      /** A title under which the code is collapsed. */
      readonly title?: string | undefined
    }
  | { readonly kind: 'heading'; readonly text: string }
  /** Blocks under a title, collapsed until a person opens it. */
  | { readonly kind: 'section'; readonly title: string; readonly blocks: readonly SummaryBlock[] }
  | { readonly kind: 'link'; readonly label: string; readonly url: string }

/** The cells of one row. */
export type SummaryRow = readonly string[]

/** The maximum size of the job summary of one step, in UTF-8 bytes. The runner's limit is 1 MiB. */
const MAX_SUMMARY_BYTES = 1_000_000

/** The maximum size of the tags and the title of a section, in UTF-8 bytes. */
const SECTION_BYTES = 2000

/** Returns the job summary of one step as Markdown. It ends early if the runner would reject it because of its size. */
export function renderSummary(title: string, blocks: readonly SummaryBlock[]): string {
  let markdown = `### ${safeSummaryHtml(title)}\n`
  let available = MAX_SUMMARY_BYTES - Buffer.byteLength(markdown)
  for (const block of blocks) {
    const part = `\n${renderBlock(block, available)}\n`
    const bytes = Buffer.byteLength(part)
    if (bytes > available) {
      return `${markdown}\n_The summary ends here because of the size limit of the runner. The whole plan is in the file of output plan-file._\n`
    }
    markdown += part
    available -= bytes
  }
  return markdown
}

function renderBlock(block: SummaryBlock, available: number): string {
  switch (block.kind) {
    case 'paragraph':
      return safeSummaryHtml(block.text)
    case 'heading':
      return `#### ${safeSummaryHtml(block.text)}`
    case 'section': {
      const { title, blocks } = block
      const parts = blocks.map((part) => renderBlock(part, available - SECTION_BYTES))
      return `<details><summary>${safeSummaryHtml(title)}</summary>\n\n${parts.join('\n\n')}\n\n</details>`
    }
    case 'link':
      return `<a href="${safeSummaryHtml(block.url)}">${safeSummaryHtml(block.label)}</a>`
    case 'code': {
      const code = safeCodeBlock(block.text, block.language)
      if (block.title === undefined) return code
      return `<details><summary>${safeSummaryHtml(block.title)}</summary>\n\n${code}\n\n</details>`
    }
    case 'table':
      return renderTable(block.columns, block.rows, available)
    default:
      return block satisfies never
  }
}

/** Returns an HTML table, since a cell can break a Markdown table. A last row counts the rows that are left out. */
function renderTable(
  columns: readonly string[],
  rows: readonly SummaryRow[],
  available: number
): string {
  const head = `<table><tr>${columns.map((name) => `<th>${safeSummaryHtml(name)}</th>`).join('')}</tr>`
  const tail = '</table>'
  let remaining = available - Buffer.byteLength(head + tail) - 200
  const lines: string[] = [head]
  for (const [at, row] of rows.entries()) {
    const line = `<tr>${row.map(renderCell).join('')}</tr>`
    remaining -= Buffer.byteLength(line) + 1
    if (remaining < 0) {
      lines.push(
        `<tr><td colspan="${String(columns.length)}">… and ${String(rows.length - at)} more</td></tr>`
      )
      break
    }
    lines.push(line)
  }
  return [...lines, tail].join('\n')
}

/** The maximum length of a cell whose text is kept on one line, in characters. All columns of a table fit into the page. */
const MAX_LINE_CHARACTERS = 24

function renderCell(text: string): string {
  const attribute = text.length <= MAX_LINE_CHARACTERS && /[ -]/.test(text) ? ' nowrap' : ''
  return `<td${attribute}>${safeSummaryHtml(text)}</td>`
}
