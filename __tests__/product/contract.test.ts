import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { defaultOf, INPUT_SPECS, MODES } from '../../src/runner/inputs/input-specs.js'
import type { InputName, InputSpec } from '../../src/runner/inputs/input-specs.js'
import { OUTPUT_SPECS } from '../../src/runner/output-specs.js'
import type { OutputSpec } from '../../src/runner/output-specs.js'

interface ActionFile {
  readonly inputs: Readonly<
    Record<string, { description: string; default?: string; required?: boolean }>
  >
  readonly outputs: Readonly<Record<string, { description: string }>>
  readonly runs: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '..', '..')
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionFile
const specs = Object.entries<InputSpec>(INPUT_SPECS) as [InputName, InputSpec][]

/** The modes that a description names: `Mode login.`, `Modes a and b`, `Every mode`. */
function modesIn(description: string): string[] {
  if (/\bevery mode but login\b/i.test(description)) return MODES.filter((mode) => mode !== 'login')
  if (/\bnot in login\b/i.test(description)) return MODES.filter((mode) => mode !== 'login')
  const named = MODES.filter((mode) =>
    new RegExp(`\\b[Mm]odes? [^.;]*\\b${mode}\\b`).test(description)
  )
  return named.length > 0 ? named : [...MODES]
}

describe('action.yml', () => {
  it('has exactly the inputs that the code reads', () => {
    expect(Object.keys(action.inputs)).toEqual(specs.map(([name]) => name))
  })

  it('has exactly the outputs that the code sets', () => {
    expect(Object.keys(action.outputs).sort()).toEqual(Object.keys(OUTPUT_SPECS).sort())
  })

  it.each(specs)('gives %s a default only where every mode takes it', (name, spec) => {
    const declared = action.inputs[name]?.default
    const isForAll = spec.modes.length === MODES.length
    expect(declared).toBe(isForAll ? defaultOf(name, 'login') : undefined)
  })

  it.each(specs)('says in which modes %s counts', (name, spec) => {
    const { description } = action.inputs[name]!
    const expected = name === 'dry-run' ? MODES.filter((mode) => mode !== 'login') : spec.modes
    expect(modesIn(description).sort()).toEqual([...expected].sort())
  })

  it.each(specs)('says the default of %s', (name, spec) => {
    const { description } = action.inputs[name]!
    const value = defaultOf(name, spec.modes[0]!)
    if (value === undefined || spec.modes.length === MODES.length) return
    const words = value.split('\n').map((item) => `\`${item}\``)
    expect(description).toContain(`Default: ${words.join(', ')}.`)
  })

  it.each(specs)('lists the values that %s takes', (name, spec) => {
    if (spec.form.type !== 'choice') return
    for (const value of spec.form.allowed) {
      expect(action.inputs[name]!.description).toContain(`\`${value}\``)
    }
  })

  it.each(Object.entries<OutputSpec>(OUTPUT_SPECS))('says which modes set %s', (name, spec) => {
    expect(modesIn(action.outputs[name]!.description).sort()).toEqual([...spec.modes].sort())
  })

  it('runs the bundle on node24, main and post', () => {
    expect(action.runs).toMatchObject({
      using: 'node24',
      main: 'dist/index.js',
      post: 'dist/index.js'
    })
  })
})
