import { Tokenizer } from 'htmlparser2'
import type { Range } from './edits.js'

/** An attribute with a value. */
export interface HtmlAttribute {
  /** Lower-case. */
  readonly name: string
  /** With character references decoded. */
  readonly value: string
  /** The range of the value in the source, without quotes. */
  readonly range: Range
}

/** An HTML tag. */
export interface HtmlTag extends Range {
  /** Lower-case. */
  readonly name: string
  readonly isClosing: boolean
  readonly attributes: readonly HtmlAttribute[]
}

/**
 * Returns the tags of an HTML text with their offsets, in order. Tags in comments, `<script>` and `<style>`, and
 * incomplete tags at the end, are ignored.
 *
 * The tokenizer of htmlparser2 reports the offsets of attributes and is a quarter of the size of parse5.
 */
export function readHtmlTags(html: string): HtmlTag[] {
  const collector = new TagCollector(html)
  const tokenizer = new Tokenizer({}, { ...IGNORED, ...collector.callbacks })
  tokenizer.write(html)
  tokenizer.end()
  return collector.tags
}

/** Collects tags from the callbacks of the tokenizer, which have only offsets. */
class TagCollector {
  readonly tags: HtmlTag[] = []
  private open: { name: string; start: number; attributes: HtmlAttribute[] } | undefined
  private attribute = { name: '', nameEnd: 0, value: '' }

  constructor(private readonly html: string) {}

  readonly callbacks = {
    onopentagname: (start: number, end: number): void => {
      this.open = { name: this.nameAt(start, end), start: start - 1, attributes: [] }
    },
    onopentagend: (end: number): void => this.endTag(end),
    onselfclosingtag: (end: number): void => this.endTag(end),
    onclosetag: (start: number, end: number): void => {
      const name = this.nameAt(start, end)
      const close = this.html.indexOf('>', end)
      if (close === -1) return
      this.tags.push({ name, isClosing: true, attributes: [], start: start - 2, end: close + 1 })
    },
    onattribname: (start: number, end: number): void => {
      this.attribute = { name: this.nameAt(start, end), nameEnd: end, value: '' }
    },
    onattribdata: (start: number, end: number): void => {
      this.attribute.value += this.html.slice(start, end)
    },
    onattribentity: (codePoint: number): void => {
      this.attribute.value += String.fromCodePoint(codePoint)
    },
    onattribend: (_quote: unknown, end: number): void => {
      const { name, nameEnd, value } = this.attribute
      const range = valueRange(this.html, nameEnd, end)
      if (range !== undefined) this.open?.attributes.push({ name, value, range })
    }
  }

  private endTag(end: number): void {
    if (this.open !== undefined) this.tags.push({ ...this.open, isClosing: false, end: end + 1 })
    this.open = undefined
  }

  private nameAt(start: number, end: number): string {
    return this.html.slice(start, end).toLowerCase()
  }
}

/** Returns the range of the value after the name of an attribute, without quotes. */
function valueRange(html: string, nameEnd: number, end: number): Range | undefined {
  const [equals = ''] = /^\s*=\s*/.exec(html.slice(nameEnd, end)) ?? []
  if (equals === '') return undefined
  const start = nameEnd + equals.length
  const isQuoted = html[start] === '"' || html[start] === "'"
  return isQuoted ? { start: start + 1, end: end - 1 } : { start, end }
}

function ignore(): void {
  // The tokenizer requires every callback.
}

/** The callbacks for anything but tags and attributes. */
const IGNORED = {
  oncdata: ignore,
  oncomment: ignore,
  ondeclaration: ignore,
  onend: ignore,
  onprocessinginstruction: ignore,
  ontext: ignore,
  ontextentity: ignore
}
