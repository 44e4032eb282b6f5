import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A shape in the format of botocore. */
export interface ModelShape {
  readonly type: string
  readonly members?: Readonly<Record<string, { readonly shape: string }>>
  readonly member?: { readonly shape: string }
  readonly required?: readonly string[]
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly exception?: boolean
  readonly fault?: boolean
}

/** The parts of the model that tests use. */
export interface ServiceModel {
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly input: { readonly shape: string }
        readonly output: { readonly shape: string }
        readonly errors: readonly { readonly shape: string }[]
      }
    >
  >
  readonly shapes: Readonly<Record<string, ModelShape>>
}

const DIRECTORY = join(import.meta.dirname, '..', '..', 'fixtures', 'ecr-public-model')

/** The model that AWS publishes. */
export const MODEL = JSON.parse(
  readFileSync(join(DIRECTORY, 'service-2.json'), 'utf8')
) as ServiceModel

/** The operations with pages. */
export const PAGINATORS = Object.keys(
  (
    JSON.parse(readFileSync(join(DIRECTORY, 'paginators-1.json'), 'utf8')) as {
      pagination: Record<string, unknown>
    }
  ).pagination
)
