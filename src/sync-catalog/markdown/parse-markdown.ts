import type { Root } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import type { CompileContext, Extension, Options, Token } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { checkNesting } from './check-nesting.js'
import type { Range } from './edits.js'
import { maskAttributeSlashes, unmask } from './mask-attributes.js'
import { parseInChunks } from './parse-chunks.js'
import { runSteps } from './steps.js'
import type { Steps } from './steps.js'

/**
 * The range of the destination of a link, image or definition, without angle brackets. The parser itself returns only
 * the position of the whole construct.
 */
interface WithDestination {
  destination?: Range
}

declare module 'mdast' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- how mdast types are extended
  interface LinkData extends WithDestination {}
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- see above
  interface ImageData extends WithDestination {}
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- see above
  interface DefinitionData extends WithDestination {}
}

/**
 * Parses a Markdown text as GitHub does (CommonMark and GFM). Links, images and definitions have the range of their
 * destination in `data.destination`.
 *
 * @param text with line feeds as line endings
 * @throws TooComplexText if it is nested too deep
 */
export function parseMarkdown(text: string): Root {
  return runSteps(parseMarkdownInSteps(text))
}

/** Parses a text as `parseMarkdown` does, in steps. */
export function* parseMarkdownInSteps(text: string): Steps<Root> {
  checkNesting(text)
  return yield* parseInChunks(text, parseWhole)
}

function parseWhole(text: string): Root {
  const root = parseOnce(text)
  const masked = maskAttributeSlashes(text, root)
  return masked === text ? root : unmask(parseOnce(masked))
}

function parseOnce(text: string): Root {
  return fromMarkdown(text, OPTIONS)
}

/** Sets the URL, as the replaced handler of `mdast-util-from-markdown` does, and records its range. */
function recordDestination(this: CompileContext, token: Token): void {
  const url = this.resume()
  const node = this.stack.at(-1)
  if (node?.type !== 'link' && node?.type !== 'image' && node?.type !== 'definition') return
  node.url = url
  node.data = { ...node.data, destination: { start: token.start.offset, end: token.end.offset } }
}

/** Records the ranges of destinations while the tree is built. */
const destinations: Extension = {
  exit: {
    resourceDestinationString: recordDestination,
    definitionDestinationString: recordDestination
  }
}

const OPTIONS: Options = {
  extensions: [gfm()],
  mdastExtensions: [gfmFromMarkdown(), destinations]
}
