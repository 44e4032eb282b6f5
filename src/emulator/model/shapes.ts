import { INPUTS } from './inputs.js'
import { OUTPUTS } from './outputs.js'
import { SCALARS } from './scalars.js'
import { STRUCTURES } from './structures.js'

/** A string, number, boolean, blob or timestamp, with its constraints. */
export interface ScalarShape {
  readonly type: 'string' | 'integer' | 'long' | 'boolean' | 'blob' | 'timestamp'
  /** Of a number its value, of a string its length, of a blob its bytes. */
  readonly min?: number
  readonly max?: number
  /** A regular expression for the whole value. */
  readonly pattern?: string
  readonly values?: readonly string[]
}

/** A list of values of one shape. */
export interface ListShape {
  readonly type: 'list'
  readonly member: string
  readonly min?: number
  readonly max?: number
}

/** A structure: its members by name, each with the name of its shape. */
export interface StructureShape {
  readonly type: 'structure'
  readonly members: Readonly<Record<string, string>>
  readonly required: readonly string[]
}

/** Any shape of the model but the errors. */
export type Shape = ScalarShape | ListShape | StructureShape

/** All shapes but the errors, by name. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  ...SCALARS,
  ...STRUCTURES,
  ...INPUTS,
  ...OUTPUTS
}

/** The shape of this name. @throws Error where the tables have none, which a test rules out */
export function getShape(name: string): Shape {
  const shape = SHAPES[name]
  if (shape === undefined) throw new Error(`No shape ${name} in the model`)
  return shape
}
