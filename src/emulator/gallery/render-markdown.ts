import type { Schema } from 'hast-util-sanitize'
import { finishMarkdown } from './finish-markdown.js'
import type { MarkdownOptions } from './finish-markdown.js'
import { trustedHtml } from './html.js'
import type { Html } from './html.js'

/** Elements that are removed with their contents, which are not readable text. */
const REMOVED_WITH_CONTENT = [
  ...['script', 'style', 'title', 'textarea', 'template', 'svg', 'math', 'iframe', 'object'],
  ...['embed', 'noscript', 'noembed', 'noframes', 'xmp', 'plaintext', 'select', 'video', 'audio']
]

/**
 * Renders GitHub-flavored Markdown like GitHub, including the allowed HTML (`<details>`,
 * `<picture>`, `align`). Other HTML is removed from the parsed tree.
 */
export async function renderMarkdown(markdown: string, options: MarkdownOptions): Promise<Html> {
  const [fromMarkdown, gfmSyntax, gfmTree, toHast, raw, sanitize, toHtml, slugger] =
    await Promise.all([
      import('mdast-util-from-markdown'),
      import('micromark-extension-gfm'),
      import('mdast-util-gfm'),
      import('mdast-util-to-hast'),
      import('hast-util-raw'),
      import('hast-util-sanitize'),
      import('hast-util-to-html'),
      import('github-slugger')
    ])
  const markdownTree = fromMarkdown.fromMarkdown(markdown, {
    extensions: [gfmSyntax.gfm()],
    mdastExtensions: [gfmTree.gfmFromMarkdown()]
  })
  const unsafe = toHast.toHast(markdownTree, {
    allowDangerousHtml: true,
    // `sanitize` adds the prefix to every ID.
    clobberPrefix: ''
  })
  const schema: Schema = {
    ...sanitize.defaultSchema,
    clobberPrefix: options.anchorPrefix,
    strip: REMOVED_WITH_CONTENT
  }
  const safe = sanitize.sanitize(raw.raw(unsafe), schema)
  const headings = new slugger.default()
  finishMarkdown(safe, { ...options, slug: (text) => headings.slug(text) })
  return trustedHtml(toHtml.toHtml(safe))
}
