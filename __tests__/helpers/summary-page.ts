import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'

/** The rules of GitHub's style sheet (github.com/primer/css, `markdown`) that apply to job summaries. */
const STYLE = `
  body { background: #fff; color: #1f2328; margin: 0;
    font: 16px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif }
  main { box-sizing: border-box; max-width: 1012px; overflow-wrap: break-word; padding: 16px 24px }
  h3 { font-size: 20px; line-height: 1.25; margin: 24px 0 16px }
  h4 { font-size: 16px; line-height: 1.25; margin: 24px 0 16px }
  main > :first-child { margin-top: 0 }
  p, table, pre, details { margin: 0 0 16px }
  a { color: #0969da; text-decoration: none }
  summary { cursor: pointer; display: list-item }
  table { border-collapse: collapse; border-spacing: 0; display: block; font-variant: tabular-nums;
    max-width: 100%; overflow: auto; width: max-content }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px }
  th { font-weight: 600 }
  tr { background: #fff; border-top: 1px solid #d1d9e0b3 }
  tr:nth-child(2n) { background: #f6f8fa }
  code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 85% }
  code { background: #818b981f; border-radius: 6px; padding: .2em .4em; white-space: break-spaces }
  pre { background: #f6f8fa; border-radius: 6px; line-height: 1.45; overflow: auto; padding: 16px }
  pre code { background: none; font-size: 100%; padding: 0; white-space: pre }
`

/** Returns a page that shows a job summary with the Markdown and the style of GitHub. */
export function summaryPage(markdown: string): string {
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()]
  })
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><main>${html}</main>`
}
