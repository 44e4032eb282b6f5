import { canonicalJson, isJsonObject } from '../runner/json.js'
import type { Json } from '../runner/json.js'

/** The default version of the policy language. */
const DEFAULT_VERSION = '2008-10-17'

/**
 * Returns a text that is equal for repository policies of equal meaning. White space, the order of keys, statements and
 * list items, and equivalent forms of principals and actions make no difference.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function policyMeaning(policy: Json): string {
  if (!isJsonObject(policy)) return JSON.stringify(policy)
  const { Version, Statement, ...rest } = policy
  const statements = [...new Set(listOf(Statement).map((each) => canonicalJson(meaningOf(each))))]
  return canonicalJson({
    ...rest,
    Version: Version ?? DEFAULT_VERSION,
    Statement: statements.sort()
  })
}

/** Returns `true` if both texts are policies of the same meaning. */
export function isSamePolicy(one: string, other: string): boolean {
  try {
    return policyMeaning(JSON.parse(one) as Json) === policyMeaning(JSON.parse(other) as Json)
  } catch {
    return false
  }
}

function meaningOf(statement: Json): Json {
  if (!isJsonObject(statement)) return statement
  const entries = Object.entries(statement).map(([key, value]): [string, Json] => {
    switch (key) {
      case 'Action':
      case 'NotAction':
        return [key, sorted(listOf(value).map(lowerCase))]
      case 'Resource':
      case 'NotResource':
        return [key, sorted(listOf(value))]
      case 'Principal':
      case 'NotPrincipal':
        return [key, meaningOfPrincipal(value)]
      case 'Condition':
        return [key, meaningOfCondition(value)]
      default:
        return [key, value]
    }
  })
  return Object.fromEntries(entries)
}

function meaningOfPrincipal(principal: Json): Json {
  if (!isJsonObject(principal)) return principal
  const entries = Object.entries(principal).map(([type, value]): [string, Json] => [
    type,
    sorted(listOf(value).map(type === 'AWS' ? accountArn : (each) => each))
  ])
  const [only, ...others] = entries
  const isAnyPrincipal =
    others.length === 0 && only?.[0] === 'AWS' && canonicalJson(only[1]) === '["*"]'
  return isAnyPrincipal ? '*' : Object.fromEntries(entries)
}

/** The service stores an account ID as the ARN of the account's root user. */
function accountArn(principal: Json): Json {
  return typeof principal === 'string' && /^\d{12}$/.test(principal)
    ? `arn:aws:iam::${principal}:root`
    : principal
}

/** Condition keys are not case-sensitive, and IAM compares the values of all types as strings. */
function meaningOfCondition(condition: Json): Json {
  if (!isJsonObject(condition)) return condition
  const operators = Object.entries(condition).map(([operator, keys]): [string, Json] => {
    if (!isJsonObject(keys)) return [operator, keys]
    const entries = Object.entries(keys).map(([key, values]): [string, Json] => [
      key.toLowerCase(),
      sorted(listOf(values).map((value) => (typeof value === 'object' ? value : String(value))))
    ])
    return [operator, Object.fromEntries(entries)]
  })
  return Object.fromEntries(operators)
}

function sorted(items: readonly Json[]): Json {
  const texts = [...new Set(items.map(canonicalJson))].sort()
  return texts.map((text) => JSON.parse(text) as Json)
}

function lowerCase(value: Json): Json {
  return typeof value === 'string' ? value.toLowerCase() : value
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
