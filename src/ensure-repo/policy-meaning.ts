/** A value of JSON. */
type Json = null | boolean | number | string | Json[] | { readonly [key: string]: Json }

/** The version of the policy language where a policy names none. */
const DEFAULT_VERSION = '2008-10-17'

/**
 * What a repository policy means, as a text that is the same for policies that mean the same: whatever
 * their spacing and the order of keys, statements and list items, one item alone or in a list, an account
 * by its number or its root ARN, everybody as `"*"` or `{"AWS": "*"}`, actions in any case.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function policyMeaning(policy: Json): string {
  if (!isObject(policy)) return JSON.stringify(policy)
  const { Version, Statement, ...rest } = policy
  const statements = [...new Set(listOf(Statement).map((each) => canonical(meaningOf(each))))]
  return canonical({ ...rest, Version: Version ?? DEFAULT_VERSION, Statement: statements.sort() })
}

/** `true` where both texts are policies of the same meaning. */
export function meansTheSame(one: string, other: string): boolean {
  try {
    return policyMeaning(JSON.parse(one) as Json) === policyMeaning(JSON.parse(other) as Json)
  } catch {
    return false
  }
}

function meaningOf(statement: Json): Json {
  if (!isObject(statement)) return statement
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
  if (!isObject(principal)) return principal
  const entries = Object.entries(principal).map(([type, value]): [string, Json] => [
    type,
    sorted(listOf(value).map(type === 'AWS' ? accountArn : (each) => each))
  ])
  const [only, ...others] = entries
  const isEverybody = others.length === 0 && only?.[0] === 'AWS' && canonical(only[1]) === '["*"]'
  return isEverybody ? '*' : Object.fromEntries(entries)
}

/** The service keeps an account by the ARN of its root user. */
function accountArn(principal: Json): Json {
  return typeof principal === 'string' && /^\d{12}$/.test(principal)
    ? `arn:aws:iam::${principal}:root`
    : principal
}

/** Condition keys are not case-sensitive, and values of all types are compared as texts. */
function meaningOfCondition(condition: Json): Json {
  if (!isObject(condition)) return condition
  const operators = Object.entries(condition).map(([operator, keys]): [string, Json] => {
    if (!isObject(keys)) return [operator, keys]
    const entries = Object.entries(keys).map(([key, values]): [string, Json] => [
      key.toLowerCase(),
      sorted(listOf(values).map((value) => (typeof value === 'object' ? value : String(value))))
    ])
    return [operator, Object.fromEntries(entries)]
  })
  return Object.fromEntries(operators)
}

function sorted(items: readonly Json[]): Json {
  const texts = [...new Set(items.map(canonical))].sort()
  return texts.map((text) => JSON.parse(text) as Json)
}

function lowerCase(value: Json): Json {
  return typeof value === 'string' ? value.toLowerCase() : value
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}

function isObject(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
