import { ApiError, invalidParameter } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import type { Repository } from '../store.js'
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
 * A policy in the form in which the service gives it back: pretty-printed by its Java.
 *
 * @param force take it even though nobody could change it afterwards
 * @throws ApiError (InvalidParameterException) where it is no policy of a repository
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
 * The policy of a repository.
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
  const isRight =
    EFFECTS.includes(effect) &&
    (principal !== undefined || NotPrincipal !== undefined) &&
    actions.length > 0 &&
    actions.every((action) => typeof action === 'string' && /^(\*|[a-z0-9-]+:.+)$/i.test(action)) &&
    // The repository is the resource: "ECR resource policy does not allow resource statements" (aws-cdk).
    value.Resource === undefined &&
    value.NotResource === undefined
  if (!isRight) throw invalidPolicy()
  return { effect, principal, actions: Action === undefined ? [] : actions }
}

/** `true` for a denial, to everybody, of the call that could take it back. */
function locksOut({ effect, principal, actions }: Statement): boolean {
  const everybody = principal === '*' || (isObject(principal) && principal.AWS === '*')
  const isDenied = actions.some((action) => {
    const [head = '', ...rest] = String(action).toLowerCase().split('*')
    const whole = SET_POLICY.toLowerCase()
    return rest.length === 0 ? head === whole : whole.startsWith(head)
  })
  return effect === 'Deny' && everybody && isDenied
}

/** JSON as Jackson's default pretty printer writes it: `"key" : value`, lists on one line. */
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
