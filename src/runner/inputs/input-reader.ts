import { problem } from '../errors.js'
import { defaultOf, specOf } from './input-specs.js'
import type { INPUT_SPECS, InputName, Mode } from './input-specs.js'
import { parseList } from './lists.js'

/** How an input's text is read; `getInput` of `@actions/core` where the action runs. */
export type InputSource = (name: string) => string

/** The input names whose form is a choice, and their values. */
type ChoiceOf<Name extends InputName> = (typeof INPUT_SPECS)[Name]['form'] extends {
  readonly type: 'choice'
  readonly allowed: readonly (infer Value)[]
}
  ? Value
  : never

/** Reads the inputs of one mode, each in its form. */
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
    // The spellings of the YAML 1.2 core schema, as `getBooleanInput` of @actions/core takes them.
    if (['true', 'True', 'TRUE'].includes(text)) return true
    if (['false', 'False', 'FALSE'].includes(text)) return false
    throw problem({
      what: `Input "${name}" is no boolean`,
      value: text,
      expected: 'true or false'
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
    if (form.type !== 'choice') throw new Error(`Input "${name}" is no choice`)
    const text = this.textOrDefault(name)
    if (!form.allowed.includes(text)) {
      throw problem({
        what: `Input "${name}" has an unknown value`,
        value: text,
        expected: `one of ${form.allowed.join(', ')}`
      })
    }
    return text as ChoiceOf<Name>
  }

  list(name: InputName): string[] | undefined {
    const text = this.text(name) ?? defaultOf(name, this.mode)
    if (text === undefined) return undefined
    const items = parseList(text)
    return items.length === 0 ? undefined : items
  }

  requiredList(name: InputName): string[] {
    const items = this.list(name)
    if (items === undefined) {
      throw problem({
        what: `Input "${name}" is missing`,
        expected: `mode ${this.mode} needs it, one item a line`
      })
    }
    return [...new Set(items)]
  }

  private parseInteger(name: InputName, text: string): number {
    const form = specOf(name).form
    if (form.type !== 'integer') throw new Error(`Input "${name}" is no integer`)
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
    const max = form.max ?? Number.MAX_SAFE_INTEGER
    if (!(value >= form.min && value <= max)) {
      const range =
        form.max === undefined
          ? `of ${String(form.min)} or more`
          : `from ${String(form.min)} to ${String(form.max)}`
      throw problem({
        what: `Input "${name}" is no number that it can be`,
        value: text,
        expected: `a whole number ${range}`
      })
    }
    return value
  }
}
