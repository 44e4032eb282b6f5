import GithubSlugger from 'github-slugger'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { toString } from 'mdast-util-to-string'
import { gfm } from 'micromark-extension-gfm'
import type { Code, Nodes, Root } from 'mdast'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { visit } from 'unist-util-visit'
import { listFiles } from './make-workspace.js'
import { ROOT } from './read-workflow.js'

/** Paths of all Markdown documents. The example README is excluded, because its repository does not exist. */
export const DOCUMENTS = listFiles().filter(
  (path) => path.endsWith('.md') && !/^(__tests__|dist|docs\/images)\//.test(path)
)

/** A code block and its position. */
export interface Block {
  readonly path: string
  readonly line: number
  readonly language: string
  readonly text: string
}

export function parseDocument(path: string): Root {
  return fromMarkdown(readFileSync(join(ROOT, path), 'utf8'), {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown()]
  })
}

/** Lists the code blocks of a language in these documents. */
export function listBlocks(language: string, paths: readonly string[] = DOCUMENTS): Block[] {
  return paths.flatMap((path) =>
    collect(parseDocument(path), 'code')
      .filter((node) => node.lang === language)
      .map((node: Code) => ({
        path,
        line: node.position?.start.line ?? 0,
        language,
        text: node.value
      }))
  )
}

/** Lists the URLs of links and images with their line numbers. */
export function listLinks(path: string): { readonly url: string; readonly line: number }[] {
  const root = parseDocument(path)
  return [...collect(root, 'link'), ...collect(root, 'image'), ...collect(root, 'definition')].map(
    (node) => ({ url: node.url, line: node.position?.start.line ?? 0 })
  )
}

/** Returns the anchors that GitHub generates for the headings. */
export function listAnchors(path: string): Set<string> {
  const slugger = new GithubSlugger()
  return new Set(
    collect(parseDocument(path), 'heading').map((heading) => slugger.slug(toString(heading)))
  )
}

/** Lists the inline code texts. */
export function listInlineCode(path: string): string[] {
  return collect(parseDocument(path), 'inlineCode').map((node) => node.value)
}

function collect<T extends Nodes['type']>(root: Root, type: T): Extract<Nodes, { type: T }>[] {
  const found: Extract<Nodes, { type: T }>[] = []
  visit(root, type, (node) => void found.push(node as Extract<Nodes, { type: T }>))
  return found
}
