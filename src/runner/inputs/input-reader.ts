import { problem } from '../errors.js'
import { defaultOf, specOf } from './input-specs.js'
import type { INPUT_SPECS, InputName, Mode } from './input-specs.js'
import { parseHeadings, parseList } from './parse-list.js'

/** Returns the text of an input, as `getInput` of `@actions/core` does. */
export type InputSource = (name: string) => string

/** The values of an input that is a choice. */
type ChoiceOf<Name extends InputName> = (typeof INPUT_SPECS)[Name]['form'] extends {
  readonly type: 'choice'
  readonly allowed: readonly (infer Value)[]
}
  ? Value
  : never

/** Reads and checks the inputs of one mode. Every method throws an ActionError if the value is invalid. */
export class InputReader {
  constructor(
    private readonly mode: Mode,
    private readonly source: InputSource
  ) {}

  isGiven(name: InputName): boolean {
    return this.text(name) !== undefined
  }

  text(name: InputName): string | undefined {
    const text = this.source(name).trim()
    return text === '' ? undefined : text
  }

  textOrDefault(name: InputName): string {
    return this.text(name) ?? defaultOf(name, this.mode) ?? ''
  }

  boolean(name: InputName): boolean {
    const text = this.textOrDefault(name)
    // The spellings of the YAML 1.2 core schema, which `getBooleanInput` of @actions/core accepts as well.
    if (['true', 'True', 'TRUE'].includes(text)) return true
    if (['false', 'False', 'FALSE'].includes(text)) return false
    throw problem({
      what: `Input "${name}" is not a boolean`,
      value: text,
      expected: 'Use true or false.'
    })
  }

  integer(name: InputName): number {
    return this.parseInteger(name, this.textOrDefault(name))
  }

  optionalInteger(name: InputName): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : this.parseInteger(name, text)
  }

  choice<Name extends InputName>(name: Name): ChoiceOf<Name> {
    const form = specOf(name).form
    if (form.type !== 'choice') throw new Error(`Input "${name}" is not a choice`)
    const text = this.textOrDefault(name)
    if (!form.allowed.includes(text)) {
      throw problem({
        what: `Input "${name}" has an unknown value`,
        value: text,
        expected: `Use one of these values: ${form.allowed.join(', ')}.`
      })
    }
    return text as ChoiceOf<Name>
  }

  /** Returns the items of the input or of its default, or `undefined` if there is neither. */
  list(name: InputName): string[] | undefined {
    const text = this.text(name)
    if (text === undefined) {
      const defaultText = defaultOf(name, this.mode)
      return defaultText === undefined ? undefined : parseList(defaultText)
    }
    const reason = 'Blank lines and lines that begin with "#" are skipped.'
    return this.requireItems(name, text, parseList(text), reason)
  }

  /** Returns the lines of the input or of its default as headings. */
  headings(name: InputName): string[] {
    const text = this.textOrDefault(name)
    const reason = 'Lines without a letter or digit are skipped.'
    return this.requireItems(name, text, parseHeadings(text), reason)
  }

  requiredList(name: InputName): string[] {
    const items = this.list(name)
    if (items !== undefined) return items
    throw problem({
      what: `Input "${name}" is missing`,
      expected: `Mode ${this.mode} requires it, with one item per line.`
    })
  }

  private requireItems(name: InputName, text: string, items: string[], reason: string): string[] {
    if (items.length > 0) return items
    throw problem({
      what: `Input "${name}" does not contain any items`,
      value: text,
      reason,
      fix: 'Add an item, or remove the input.'
    })
  }

  private parseInteger(name: InputName, text: string): number {
    const form = specOf(name).form
    if (form.type !== 'integer') throw new Error(`Input "${name}" is not an integer`)
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
    if (value >= form.min && value <= (form.max ?? Number.MAX_SAFE_INTEGER)) return value
    const range =
      form.max === undefined
        ? `of ${String(form.min)} or more`
        : `from ${String(form.min)} to ${String(form.max)}`
    throw problem({
      what: `Input "${name}" is ${Number.isNaN(value) ? 'not a whole number' : 'out of range'}`,
      value: text,
      expected: `Use a whole number ${range}.`
    })
  }
}
