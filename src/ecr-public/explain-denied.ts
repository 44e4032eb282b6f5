import type { Problem } from '../runner/errors.js'
import type { Mode } from '../runner/inputs/input-specs.js'
import { findDenyingPolicy } from './denying-policy.js'
import type { ErrorFacts } from './error-facts.js'
import { allActions, allowStatements, PERMISSIONS_SECTION } from './permissions.js'

/** The context of an access denied error. */
export interface DeniedContext {
  readonly mode?: Mode | undefined
  /** The IAM actions that the run can require, as far as they are known. */
  readonly requiredActions?: readonly string[] | undefined
}

/** An explained error, with details to log below it. */
export interface Explanation extends Problem {
  readonly details?: string | undefined
}

const DENIED = ['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation', 'OptInRequired']

/** Explains that an IAM action is not allowed. Returns `undefined` for other errors. */
export function explainDenied(
  { name, message }: ErrorFacts,
  operation: string | undefined,
  { mode, requiredActions = [] }: DeniedContext
): Explanation | undefined {
  if (!DENIED.includes(name)) return undefined
  const action = deniedAction(message, operation)
  const named = action ?? 'an IAM action'
  const others = requiredActions.filter((each) => each !== action)
  const policy = findDenyingPolicy(message)
  if (policy !== undefined) {
    const { isExplicit, type, fix } = policy
    return {
      what: `Access denied: ${named} is ${isExplicit ? `denied by ${type}` : `not allowed by ${type}`}`,
      value: message,
      reason: sentencesOf(others, undefined),
      fix
    }
  }
  return {
    what: `Access denied: ${named} is not allowed`,
    value: message,
    reason: sentencesOf(others, action),
    fix: `Add the statement below to the IAM policy of the job's role. The README section "${PERMISSIONS_SECTION}" contains the complete policy of ${mode === undefined ? 'every mode' : `mode ${mode}`}.`,
    details: statementsFor(action, mode, others)
  }
}

function sentencesOf(others: readonly string[], action: string | undefined): string | undefined {
  const sentences: string[] = []
  if (others.length > 0) sentences.push(`This run can also require ${others.join(', ')}.`)
  if (action?.startsWith('ecr-public:') === true) {
    sentences.push('Permissions that begin with "ecr:" apply only to private repositories.')
  }
  return sentences.length === 0 ? undefined : sentences.join(' ')
}

/** Returns the IAM action in the message, or the action of the operation if the message does not contain one. */
function deniedAction(message: string, operation: string | undefined): string | undefined {
  const named = /\b((?:ecr-public|sts|iam|kms):[A-Za-z]+)/.exec(message)?.[1]
  return named ?? (operation === undefined ? undefined : `ecr-public:${operation}`)
}

function statementsFor(
  action: string | undefined,
  mode: Mode | undefined,
  others: readonly string[]
): string | undefined {
  const missing = action === undefined ? [] : [action]
  // An authorization token requires both actions, and a policy usually lacks both.
  const token = allActions('login').slice(0, 2)
  const needed = missing.some((each) => token.includes(each)) ? token : missing
  if (needed.length === 0 && mode === undefined) return undefined
  const statements = allowStatements(
    needed.length > 0 ? [...needed, ...others] : allActions(mode ?? 'login')
  )
  return `IAM statement to add:\n${JSON.stringify(statements, undefined, 2)}`
}
