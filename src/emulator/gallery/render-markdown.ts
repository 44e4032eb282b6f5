import type { Schema } from 'hast-util-sanitize'
import type { Root } from 'mdast'
import { closeHtml, closeOpenBlock } from './close-html.js'
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
  const parse = (text: string): Root =>
    fromMarkdown.fromMarkdown(text, {
      extensions: [gfmSyntax.gfm()],
      mdastExtensions: [gfmTree.gfmFromMarkdown()]
    })
  const markdownTree = parseClosed(markdown, parse)
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

/** The maximum number of HTML blocks without an end that are closed, each of which needs another parse. */
const MAX_CLOSED_BLOCKS = 20

/** Parses a text whose HTML does not hide the text after it. */
function parseClosed(markdown: string, parse: (text: string) => Root): Root {
  let text = markdown
  let tree = parse(text)
  for (let count = 0; count < MAX_CLOSED_BLOCKS; count++) {
    const closed = closeOpenBlock(text, tree)
    if (closed === undefined) break
    text = closed
    tree = parse(text)
  }
  closeHtml(tree, new Set(REMOVED_WITH_CONTENT))
  return tree
}
