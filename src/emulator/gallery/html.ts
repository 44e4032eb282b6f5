/** HTML that is safe to send. Only `html` and `trustedHtml` create it. */
export class Html {
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** A value in an HTML template. */
export type HtmlValue = string | number | Html | undefined | false | readonly HtmlValue[]

/** Creates HTML from a template. All values except HTML are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? ''
  for (const [at, value] of values.entries()) text += textOf(value) + (parts[at + 1] ?? '')
  return new Html(text)
}

/** Marks text as HTML without escaping it. Use it only for sanitized text and constants. */
export function trustedHtml(text: string): Html {
  return new Html(text)
}

/** Returns a name, tag or URI that a browser wraps after separators rather than within a part. */
export function breakable(text: string): Html {
  const parts = text.split(/(?<=[/_@])/)
  return new Html(parts.map(escapeHtml).join('<wbr />'))
}

function textOf(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(textOf).join('')
  return escapeHtml(String(value))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
