import { problem } from '../runner/errors.js'
import { isJsonObject, JsonError, parseJson, syntaxErrorOf } from '../runner/json.js'
import type { Json, JsonObject } from '../runner/json.js'
import { getLocalText } from '../runner/read-local-file.js'

type Env = Readonly<Record<string, string | undefined>>

/** The requested policy of a repository: a text to set, or no policy. */
export type DesiredPolicy =
  { readonly kind: 'none' } | { readonly kind: 'policy'; readonly text: string }

/** The maximum length of the API model's RepositoryPolicyText. */
const MAX_POLICY_CHARACTERS = 10_240
/** A policy of the maximum length, with any reasonable indentation, is smaller. */
const MAX_FILE_BYTES = 1024 * 1024

/**
 * Reads the value of the input "policy": `none`, JSON text, or the path of a JSON file. Checks the policy and removes
 * its insignificant white space.
 *
 * @param env the environment of the step, with the directories that files can be read from
 * @throws ActionError if the value is not a policy, or the file cannot be read
 */
export async function readPolicy(input: string, env: Env): Promise<DesiredPolicy> {
  const text = input.trim()
  if (text === 'none') return { kind: 'none' }
  const isText = /^[{["]/.test(text)
  const name = isText ? 'Input "policy"' : `The policy file "${text}"`
  const json = isText
    ? text
    : await getLocalText(text, { input: 'policy', maxBytes: MAX_FILE_BYTES, env })
  const policy = parsePolicy(name, json)
  const { rejectDuplicateMembers } = await import('../runner/reject-duplicate-members.js')
  rejectDuplicateMembers(json, name)
  checkStatements(name, policy)
  const short = JSON.stringify(policy)
  if (short.length > MAX_POLICY_CHARACTERS) {
    throw problem({
      what: `${name} is too long`,
      value: `${short.length} characters without white space`,
      expected: `A policy can have at most ${MAX_POLICY_CHARACTERS.toLocaleString('en')} characters.`
    })
  }
  return { kind: 'policy', text: short }
}

function parsePolicy(name: string, text: string): JsonObject {
  let value: Json
  try {
    value = parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw problem({ what: `${name} cannot be parsed as JSON`, reason: syntaxErrorOf(error) }, error)
  }
  if (isJsonObject(value)) return value
  throw problem({
    what: `${name} is not a policy`,
    expected: 'A policy is a JSON object with the member "Statement".'
  })
}

function checkStatements(name: string, { Statement }: JsonObject): void {
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  const isComplete = (statement: Json | undefined): boolean =>
    isJsonObject(statement) &&
    (statement.Effect === 'Allow' || statement.Effect === 'Deny') &&
    (statement.Action ?? statement.NotAction) !== undefined &&
    (statement.Principal ?? statement.NotPrincipal) !== undefined
  const at = statements.findIndex((statement) => !isComplete(statement))
  if (statements.length > 0 && at === -1) return
  throw problem({
    what: `${name} is not a repository policy`,
    ...(statements.length > 1 ? { value: `statement ${at + 1}` } : {}),
    expected: 'Each statement needs the members "Effect" (Allow or Deny), "Principal" and "Action".'
  })
}
