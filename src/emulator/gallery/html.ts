/** HTML that is safe to send; made by `html` and `trustedHtml` only. */
export class Html {
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What can stand in a template. */
export type HtmlValue = string | number | Html | undefined | false | readonly HtmlValue[]

/** A template of HTML in which everything is escaped that is not HTML already. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? ''
  for (const [at, value] of values.entries()) text += textOf(value) + (parts[at + 1] ?? '')
  return new Html(text)
}

/** Takes text as HTML, as it is: for what the sanitiser made, and for constants. */
export function trustedHtml(text: string): Html {
  return new Html(text)
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
