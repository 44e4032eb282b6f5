import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { isJsonObject } from '../../runner/json.js'
import type { Json, JsonObject } from '../../runner/json.js'

const NO_ARCHIVE = 'ECR Public does not have an archive storage class.'

/** By member or value, why a feature of private ECR cannot be evaluated for ECR Public. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  sinceImagePulled: 'ECR Public does not report when an image was pulled.',
  sinceImageTransitioned: NO_ARCHIVE,
  transition: NO_ARCHIVE,
  archive: NO_ARCHIVE,
  targetStorageClass: 'ECR Public does not have storage classes.'
}

/** One member of the JSON of a lifecycle policy, with its name for errors. */
export class PolicyMember {
  constructor(
    readonly value: Json | undefined,
    private readonly owner: string,
    private readonly path: string
  ) {}

  /** Creates the error for an invalid or missing value. `expected` is a full sentence. */
  invalid(expected: string, value = this.valueText()): ActionError {
    const isMissing = this.value === undefined
    const name = `${isMissing ? 'does not have' : 'has an invalid'} "${this.path}"`
    return problem({
      what: `${this.owner} ${this.path === '' ? 'is not valid' : name}`,
      value,
      expected
    })
  }

  private valueText(): string | undefined {
    return this.value === undefined ? undefined : JSON.stringify(this.value)
  }

  /** Creates the error for a feature of private ECR that ECR Public does not have. */
  unsupported(name: string): ActionError {
    return problem({
      what: `${this.owner} uses an unsupported feature in "${this.path}"`,
      value: name,
      reason: UNSUPPORTED[name] ?? 'ECR Public does not have it.',
      fix: 'Remove it from the policy for ECR Public.'
    })
  }

  object(members: readonly string[]): JsonObject {
    if (!isJsonObject(this.value)) throw this.invalid('Use a JSON object.')
    const unknown = Object.keys(this.value).find((name) => !members.includes(name))
    if (unknown !== undefined) {
      const place = this.path === '' ? '' : ` in "${this.path}"`
      throw problem({
        what: `${this.owner} has an unknown member${place}`,
        value: unknown,
        expected: `Use only these members: ${members.join(', ')}.`
      })
    }
    return this.value
  }

  array(): readonly Json[] {
    if (!Array.isArray(this.value)) throw this.invalid('Use a list.')
    return this.value
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.invalid('Use a string.')
    return this.value
  }

  texts(): readonly string[] {
    const list = this.array()
    const isText = (item: Json): item is string => typeof item === 'string' && item !== ''
    if (list.length === 0 || !list.every(isText)) {
      throw this.invalid('Use a list of one or more strings that are not empty.')
    }
    return list
  }

  positiveInteger(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 1) {
      throw this.invalid('Use a whole number of 1 or more.')
    }
    return this.value
  }

  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const choice = choices.find((candidate) => candidate === this.value)
    if (choice !== undefined) return choice
    if (typeof this.value === 'string' && Object.hasOwn(UNSUPPORTED, this.value)) {
      throw this.unsupported(this.value)
    }
    throw this.invalid(
      choices.length === 1 ? `Use "${choices.join('')}".` : `Use one of ${choices.join(', ')}.`
    )
  }
}
