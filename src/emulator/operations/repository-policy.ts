import { ApiError, invalidParameter } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import { isObject } from '../is-object.js'
import type { Repository } from '../store/store.js'
import { messageRegistryId } from './operation.js'

const VERSIONS: readonly unknown[] = ['2008-10-17', '2012-10-17']
const EFFECTS: readonly unknown[] = ['Allow', 'Deny']
const SET_POLICY = 'ecr-public:SetRepositoryPolicy'

interface Statement {
  readonly effect: unknown
  readonly principal: unknown
  readonly actions: readonly unknown[]
}

/**
 * Formats a policy as the service returns it: pretty-printed by its Java.
 *
 * @param force accept a policy that prevents any later change
 * @throws ApiError (InvalidParameterException) if the policy is not valid for a repository
 */
export function normalizePolicy(text: string, force: boolean): string {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw invalidPolicy()
  }
  const statements = statementsOf(policy)
  if (!force && statements.some(locksOut)) {
    throw invalidParameter(
      'PolicyText',
      'The policy would not allow anyone to change it; set force to use it nevertheless'
    )
  }
  return printPretty(policy, '')
}

/**
 * Returns the policy of a repository.
 *
 * @throws ApiError (RepositoryPolicyNotFoundException)
 */
export function getPolicy(context: EmulatorContext, { name, policyText }: Repository): string {
  if (policyText !== undefined) return policyText
  throw new ApiError(
    'RepositoryPolicyNotFoundException',
    `Repository policy does not exist for the repository with name '${name}' in the registry with id '${messageRegistryId(context)}'`
  )
}

function statementsOf(policy: unknown): Statement[] {
  if (!isObject(policy)) throw invalidPolicy()
  const { Version: version, Statement: statement } = policy
  if (version !== undefined && !VERSIONS.includes(version)) throw invalidPolicy()
  const statements = Array.isArray(statement) ? (statement as unknown[]) : [statement]
  if (statements.length === 0) throw invalidPolicy()
  return statements.map(parseStatement)
}

function parseStatement(value: unknown): Statement {
  if (!isObject(value)) throw invalidPolicy()
  const { Effect: effect, Principal: principal, NotPrincipal, Action, NotAction } = value
  const actions = [Action ?? NotAction].flat()
  const isValid =
    EFFECTS.includes(effect) &&
    (principal !== undefined || NotPrincipal !== undefined) &&
    actions.length > 0 &&
    actions.every((action) => typeof action === 'string' && /^(\*|[a-z0-9-]+:.+)$/i.test(action)) &&
    // The resource is always the repository: "ECR resource policy does not allow resource
    // statements" (aws-cdk).
    value.Resource === undefined &&
    value.NotResource === undefined
  if (!isValid) throw invalidPolicy()
  return { effect, principal, actions: Action === undefined ? [] : actions }
}

/** Returns `true` for a statement that denies SetRepositoryPolicy for all principals. */
function locksOut({ effect, principal, actions }: Statement): boolean {
  const isEveryone = principal === '*' || (isObject(principal) && principal.AWS === '*')
  const isDenied = actions.some((action) => {
    const [head = '', ...rest] = String(action).toLowerCase().split('*')
    const whole = SET_POLICY.toLowerCase()
    return rest.length === 0 ? head === whole : whole.startsWith(head)
  })
  return effect === 'Deny' && isEveryone && isDenied
}

/** Formats JSON like Jackson's default pretty printer: `"key" : value`, lists on one line. */
function printPretty(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]'
    return `[ ${value.map((item) => printPretty(item, indent)).join(', ')} ]`
  }
  if (!isObject(value)) return JSON.stringify(value)
  const deeper = `${indent}  `
  const members = Object.entries(value).map(
    ([name, item]) => `${deeper}${JSON.stringify(name)} : ${printPretty(item, deeper)}`
  )
  return members.length === 0 ? '{ }' : `{\n${members.join(',\n')}\n${indent}}`
}

function invalidPolicy(): ApiError {
  return invalidParameter('PolicyText', 'Invalid repository policy provided')
}
