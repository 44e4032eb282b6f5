import { createContext, runInContext } from 'node:vm'
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

/** The time limit for one text, in milliseconds. The longest real texts take less than a second on a slow machine. */
const MAX_MILLISECONDS = 5_000

/** The number of texts whose results are kept. */
const MAX_RENDERED = 32

/**
 * The results of the last texts by text and options. The emulator does not handle other requests while it renders a text,
 * so a hostile text must not be rendered again for each request.
 */
const rendered = new Map<string, Html | undefined>()

/**
 * Renders GitHub-flavored Markdown like GitHub, including the allowed HTML (`<details>`,
 * `<picture>`, `align`). Other HTML is removed from the parsed tree.
 *
 * @returns `undefined` for a hostile text, which would keep the parser busy for minutes or is nested too deep
 */
export async function renderMarkdown(
  markdown: string,
  options: MarkdownOptions,
  maxMilliseconds = MAX_MILLISECONDS
): Promise<Html | undefined> {
  const render = await loadRenderer(options)
  const key = JSON.stringify([markdown, options.externalImages, options.anchorPrefix])
  if (!rendered.has(key)) {
    const [oldest] = rendered.keys()
    if (oldest !== undefined && rendered.size >= MAX_RENDERED) rendered.delete(oldest)
    rendered.set(
      key,
      findRendered(() => render(markdown), maxMilliseconds)
    )
  }
  return rendered.get(key)
}

/** Returns `undefined` if rendering takes too long or overflows the stack. */
function findRendered(render: () => Html, maxMilliseconds: number): Html | undefined {
  try {
    return runWithTimeLimit(render, maxMilliseconds)
  } catch (error) {
    const isTooComplex =
      error instanceof RangeError ||
      (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    if (isTooComplex) return undefined
    throw error
  }
}

/** A context takes 0.2 MiB until the garbage collector removes it, so all texts share one. */
const sandbox: { render?: (() => unknown) | undefined } = createContext({})

/** Uses `node:vm`, since only a function that a script of it calls can be interrupted. */
function runWithTimeLimit<T>(render: () => T, maxMilliseconds: number): T {
  sandbox.render = render
  try {
    return runInContext('render()', sandbox, { timeout: maxMilliseconds }) as T
  } finally {
    sandbox.render = undefined
  }
}

/** Loads the parser, which takes longer than the start of the emulator. */
async function loadRenderer(options: MarkdownOptions): Promise<(markdown: string) => Html> {
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
  const schema: Schema = {
    ...sanitize.defaultSchema,
    clobberPrefix: options.anchorPrefix,
    strip: REMOVED_WITH_CONTENT
  }
  return (markdown) => {
    const unsafe = toHast.toHast(parseClosed(markdown, parse), {
      allowDangerousHtml: true,
      // `sanitize` adds the prefix to every ID.
      clobberPrefix: ''
    })
    const safe = sanitize.sanitize(raw.raw(unsafe), schema)
    const headings = new slugger.default()
    finishMarkdown(safe, { ...options, slug: (text) => headings.slug(text) })
    return trustedHtml(toHtml.toHtml(safe))
  }
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
