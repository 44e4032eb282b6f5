import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { defaultOf, INPUT_SPECS, MODES } from '../../src/runner/inputs/input-specs.js'
import type { InputName, InputSpec } from '../../src/runner/inputs/input-specs.js'
import { OUTPUT_SPECS } from '../../src/runner/output-specs.js'
import type { OutputSpec } from '../../src/runner/output-specs.js'

interface ActionFile {
  readonly name: string
  readonly branding: { readonly icon: string; readonly color: string }
  readonly description: string
  readonly inputs: Readonly<
    Record<string, { description: string; default?: string; required?: boolean }>
  >
  readonly outputs: Readonly<Record<string, { description: string }>>
  readonly runs: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '..', '..')
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionFile
const subAction = parse(readFileSync(join(root, 'emulator', 'action.yml'), 'utf8')) as ActionFile
const specs = Object.entries<InputSpec>(INPUT_SPECS) as [InputName, InputSpec][]

/** Returns the modes in the sentence `Applies to …` or `Set by …` of a description. */
function modesIn(description: string): string[] {
  const [, phrase = ''] =
    /(?:Applies to|Set by) (every mode(?: except login)?|modes? [^.]+)\./.exec(description) ?? []
  if (phrase === 'every mode') return [...MODES]
  if (phrase === 'every mode except login') return MODES.filter((mode) => mode !== 'login')
  return MODES.filter((mode) => new RegExp(`\\b${mode}\\b`).test(phrase))
}

describe('action.yml', () => {
  it('has exactly the inputs that the code reads', () => {
    expect(Object.keys(action.inputs)).toEqual(specs.map(([name]) => name))
  })

  it('has exactly the outputs that the code sets', () => {
    expect(Object.keys(action.outputs).sort()).toEqual(Object.keys(OUTPUT_SPECS).sort())
  })

  it.each(specs)('declares a default for %s only if no mode rejects the input', (name, spec) => {
    const declared = action.inputs[name]?.default
    const isForAll = spec.modes.length === MODES.length || spec.isIgnoredElsewhere === true
    expect(declared).toBe(isForAll ? defaultOf(name, spec.modes[0]!) : undefined)
  })

  it.each(specs)('names the modes that %s applies to', (name, spec) => {
    const { description } = action.inputs[name]!
    const expected = name === 'dry-run' ? MODES.filter((mode) => mode !== 'login') : spec.modes
    expect(modesIn(description).sort()).toEqual([...expected].sort())
  })

  it.each(specs)('names the default of %s', (name, spec) => {
    const { description } = action.inputs[name]!
    const value = defaultOf(name, spec.modes[0]!)
    if (value === undefined || spec.modes.length === MODES.length) return
    // GitHub's parser rejects an expression in a description.
    if (value.includes('${{')) return
    const words = value.split('\n').map((item) => `\`${item}\``)
    expect(description).toContain(`Default: ${words.join(', ')}.`)
  })

  it.each(specs)('lists the allowed values of %s', (name, spec) => {
    if (spec.form.type !== 'choice') return
    for (const value of spec.form.allowed) {
      expect(action.inputs[name]!.description).toContain(`\`${value}\``)
    }
  })

  it.each(Object.entries<OutputSpec>(OUTPUT_SPECS))('names the modes that set %s', (name, spec) => {
    expect(modesIn(action.outputs[name]!.description).sort()).toEqual([...spec.modes].sort())
  })

  // The form that publishes an action on the Marketplace requires these members, with fewer than 125 characters.
  // https://docs.github.com/en/actions/how-tos/create-and-publish-actions/publish-in-github-marketplace
  it('has the name, the description and the branding that the Marketplace requires', () => {
    const { name, description, branding } = action
    expect(name).toBe('Amazon ECR Public')
    expect(description).toMatch(/^Log in, .* on Amazon ECR Public$/)
    for (const file of [action, subAction]) {
      expect(file.description.length).toBeLessThan(125)
      expect(file.name.trim()).toMatch(/^[A-Z]/)
    }
    expect(branding).toStrictEqual({ icon: 'package', color: 'orange' })
  })

  it('runs the bundles of the main and the post step on node24', () => {
    expect(action.runs).toMatchObject({
      using: 'node24',
      main: 'dist/index.js',
      post: 'dist/post/index.js'
    })
  })
})
