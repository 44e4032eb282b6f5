import GithubSlugger from 'github-slugger'
import type { Element, Nodes, Root } from 'hast'
import { raw } from 'hast-util-raw'
import MarkdownIt from 'markdown-it'
import { visit } from 'unist-util-visit'

const parser = new MarkdownIt({ html: true })

/** A link or image of a rendered text. */
export interface RenderedLink {
  readonly form: 'page' | 'raw'
  readonly url: string
}

/** A Markdown text as markdown-it and an HTML parser see it. */
export interface RenderedReadme {
  /** The contents of the blocks, without URLs. */
  readonly blocks: readonly string[]
  readonly links: readonly RenderedLink[]
  /** The anchors of headings, as GitHub numbers them, and of `id` and `name` attributes. */
  readonly anchors: ReadonlySet<string>
}

/** Renders a text without any code of this project. */
export function renderReadme(text: string): RenderedReadme {
  const html = parser.render(text)
  const tree = raw({ type: 'root', children: [{ type: 'raw', value: html }] } as never) as Root
  const links: RenderedLink[] = []
  const anchors = new Set<string>()
  const slugger = new GithubSlugger()
  visit(tree, 'element', (element: Element) => {
    const { tagName, properties } = element
    if (/^h[1-6]$/.test(tagName)) anchors.add(slugger.slug(textOf(element).trim()))
    for (const id of [properties.id, properties.name]) if (id !== undefined) anchors.add(id)
    if (tagName === 'a' && typeof properties.href === 'string')
      links.push({ form: 'page', url: properties.href })
    if (tagName === 'img' && typeof properties.src === 'string')
      links.push({ form: 'raw', url: properties.src })
  })
  return { blocks: listBlocks(text), links, anchors }
}

function listBlocks(text: string): string[] {
  return parser
    .parse(text, {})
    .filter(({ type }) => ['inline', 'fence', 'code_block', 'html_block'].includes(type))
    .map(({ content }) =>
      content
        // Of the sources of a picture, the dark one is removed and the light one gets no condition.
        .replace(/\s*<source\b[^>]*\(prefers-color-scheme: dark\)[^>]*>/g, '')
        .replace(/\s+media=(["'])\(prefers-color-scheme: light\)\1/g, '')
        .replace(/\]\([^)]*\)|(?:href|src|srcset)=(?:"[^"]*"|'[^']*'|[^\s>]*)/g, '')
        .trim()
    )
}

function textOf(node: Nodes): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? node.children.map(textOf).join('') : ''
}
