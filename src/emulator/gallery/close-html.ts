import type { Html, Nodes, Root } from 'mdast'

/** A comment, a declaration, a processing instruction, or a tag with its name. */
const TOKEN =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[[^]*?\]\]>|<![a-z][^>]*>|<(\/?)([a-z][a-z0-9-]*)(?:"[^"]*"|'[^']*'|[^'">])*>/gi

/** Elements without an end tag, or with an optional one (https://html.spec.whatwg.org/multipage/syntax.html). */
const WITHOUT_END = new Set(
  (
    'area base br col embed hr img input link meta param source track wbr ' +
    'p li dt dd tr td th thead tbody tfoot caption colgroup option optgroup rp rt'
  ).split(' ')
)

/** A part of the HTML of a node. `tag` is set for a tag that remains. */
interface Token {
  text: string
  readonly tag?: {
    readonly name: string
    readonly isEnd: boolean
    /** The node around the element, if the element is removed with its content and must end in the same node. */
    readonly within: Nodes | undefined
  }
}

/**
 * Changes the HTML of a tree so that unclosed HTML does not hide the text after it: incomplete tags become text, start
 * tags without an end tag are removed, and elements that are removed with their content end with their block.
 *
 * @param removed the names of the elements that are removed with their content
 */
export function closeHtml(tree: Root, removed: ReadonlySet<string>): void {
  const nodes = listHtml(tree)
  const parts = nodes.map(([node, parent]) => readTokens(node.value, parent, removed))
  removeUnmatched(parts.flat())
  for (const [at, [node]] of nodes.entries()) {
    node.value = (parts[at] ?? []).map(({ text }) => text).join('')
  }
}

/** Returns the HTML nodes with their parents. */
function listHtml(parent: Nodes): [Html, Nodes][] {
  if (!('children' in parent)) return []
  return parent.children.flatMap((node): [Html, Nodes][] =>
    node.type === 'html' ? [[node, parent]] : listHtml(node)
  )
}

function readTokens(html: string, parent: Nodes, removed: ReadonlySet<string>): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const match of html.matchAll(TOKEN)) {
    const { index, 0: found, 1: slash = '', 2: written = '' } = match
    if (index < at) continue
    tokens.push({ text: escapeTags(html.slice(at, index)) })
    at = index + found.length
    const name = written.toLowerCase()
    if (name === '') continue
    const isRemoved = removed.has(name)
    const end = isRemoved && slash === '' ? findEnd(name, html.slice(at)) : undefined
    if (end !== undefined) at += end
    else {
      const within = isRemoved ? parent : undefined
      tokens.push({ text: found, tag: { name, isEnd: slash !== '', within } })
    }
  }
  tokens.push({ text: escapeTags(html.slice(at)) })
  return tokens
}

function findEnd(name: string, html: string): number | undefined {
  const end = new RegExp(`</${name}\\s*>`, 'i').exec(html)
  return end === null ? undefined : end.index + end[0].length
}

/** Escapes the beginning of a tag or comment that is not complete. */
function escapeTags(text: string): string {
  return text.replace(/<(?=[a-z/!?])/gi, '&lt;')
}

function removeUnmatched(tokens: readonly Token[]): void {
  const open: Token[] = []
  const close = (above: readonly Token[]): void => {
    for (const token of above) token.text = ''
  }
  for (const token of tokens) {
    if (token.tag === undefined || WITHOUT_END.has(token.tag.name)) continue
    if (!token.tag.isEnd) {
      open.push(token)
      continue
    }
    const { name, within } = token.tag
    const at = open.findLastIndex(({ tag }) => tag?.name === name && tag.within === within)
    if (at !== -1) close(open.splice(at).slice(1))
    else if (within !== undefined) close([token])
  }
  close(open)
}

/** The start and end of HTML blocks that contain blank lines (https://spec.commonmark.org/0.31.2/#html-blocks). */
const OPEN_ENDED: readonly (readonly [RegExp, RegExp, (start: string) => string])[] = [
  [
    /^<(script|pre|style|textarea)\b/i,
    /<\/(?:script|pre|style|textarea)>/i,
    (start) => `</${start.slice(1)}>`
  ],
  [/^<!--/, /-->/, () => '-->'],
  [/^<\?/, /\?>/, () => '?>'],
  [/^<!\[CDATA\[/, /\]\]>/, () => ']]>'],
  [/^<![a-z]/i, />/, () => '>']
]

/**
 * Returns the text with an end for the first HTML block that is open until the end of the text, at its first blank
 * line, or `undefined` if the text does not have such a block. Such a block contains the rest of the text.
 */
export function closeOpenBlock(text: string, tree: Root): string | undefined {
  const node = tree.children.at(-1)
  const start = node?.position?.start.offset
  if (node?.type !== 'html' || start === undefined) return undefined
  const source = text.slice(start)
  const blank = /\n[ \t]*\n/.exec(source)
  for (const [opening, end, closing] of OPEN_ENDED) {
    const match = opening.exec(source)
    if (match === null) continue
    if (end.test(source) || blank === null) return undefined
    const at = start + blank.index
    return `${text.slice(0, at)}\n${closing(match[0])}${text.slice(at)}`
  }
  return undefined
}
