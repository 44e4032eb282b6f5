import type { INPUTS } from './inputs.js'
import type { OperationName } from './operations.js'
import type { OUTPUTS } from './outputs.js'
import type { SCALARS } from './scalars.js'
import type { STRUCTURES } from './structures.js'

type Shapes = typeof SCALARS & typeof STRUCTURES & typeof INPUTS & typeof OUTPUTS

export type ShapeName = keyof Shapes

interface Plain {
  string: string
  integer: number
  long: number
  boolean: boolean
  blob: Buffer
  timestamp: Date
}

type Structure<M, R> = {
  readonly [K in keyof M as K extends R ? K : never]: ValueOf<M[K]>
} & {
  readonly [K in keyof M as K extends R ? never : K]?: ValueOf<M[K]> | undefined
}

type ValueOfShape<S> = S extends {
  type: 'structure'
  members: infer M
  required: readonly (infer R)[]
}
  ? Structure<M, R>
  : S extends { type: 'list'; member: infer E }
    ? readonly ValueOf<E>[]
    : S extends { values: readonly (infer V)[] }
      ? V
      : S extends { type: infer T extends keyof Plain }
        ? Plain[T]
        : never

/** The TypeScript type of a shape. Blobs are buffers and timestamps are dates. */
export type ValueOf<N> = N extends ShapeName ? ValueOfShape<Shapes[N]> : never

/** The input of an operation. */
export type Input<N extends OperationName> = ValueOf<`${N}Request`>

/** The output of an operation. */
export type Output<N extends OperationName> = ValueOf<`${N}Response`>
