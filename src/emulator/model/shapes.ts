import { INPUTS } from './inputs.js'
import { OUTPUTS } from './outputs.js'
import { SCALARS } from './scalars.js'
import { STRUCTURES } from './structures.js'

/** A string, number, boolean, blob or timestamp, with its constraints. */
export interface ScalarShape {
  readonly type: 'string' | 'integer' | 'long' | 'boolean' | 'blob' | 'timestamp'
  /** Minimum value of a number, or minimum length of a string or blob. */
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

/** A structure: the name of the shape of each member. */
export interface StructureShape {
  readonly type: 'structure'
  readonly members: Readonly<Record<string, string>>
  readonly required: readonly string[]
}

/** Any shape of the model except the errors. */
export type Shape = ScalarShape | ListShape | StructureShape

/** All shapes by name, except the errors. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  ...SCALARS,
  ...STRUCTURES,
  ...INPUTS,
  ...OUTPUTS
}

/**
 * Returns the shape with this name.
 *
 * @throws Error if the name is unknown
 */
export function getShape(name: string): Shape {
  const shape = SHAPES[name]
  if (shape === undefined) throw new Error(`The model does not have a shape ${name}`)
  return shape
}
