import { checkActionPatterns } from './api/action-patterns.js'
import { invalidValue } from './invalid-value.js'
import { isObject } from './is-object.js'
import { DEFAULT_LIMITS, SWITCHES } from './options.js'
import type { EmulatorOptions, SwitchName } from './options.js'

interface Rule {
  readonly isValid: (value: unknown) => boolean
  readonly expected: string
}

const ALIAS = /^(?=.{2,50}$)[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*$/
const ALIAS_FORMAT = '2 to 50 lower-case letters, digits, ".", "_" or "-", beginning with a letter'
/** A name or IPv4 address, or an IPv6 address in brackets. Names of containers can contain `_`. */
const HOST = /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isWhole = (value: unknown, from: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= from

const RULES: Readonly<Record<Exclude<keyof EmulatorOptions, SwitchName>, Rule>> = {
  account: matching(/^[0-9]{12}$/, '12 digits'),
  alias: matching(ALIAS, ALIAS_FORMAT),
  data: { isValid: isText, expected: 'the path of a directory' },
  seed: { isValid: () => true, expected: 'a seed' },
  faults: { isValid: Array.isArray, expected: 'an array of fault rules' },
  allow: {
    isValid: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    expected: 'an array of IAM actions'
  },
  profile: matching(/^(faithful|strict-oci)$/, 'faithful or strict-oci'),
  verified: { isValid: (value) => typeof value === 'boolean', expected: 'true or false' },
  otherAliases: {
    isValid: (value) => Array.isArray(value) && value.every(isOtherAlias),
    expected: `an array of {"name": "other", "status": "ACTIVE"}, with the status ACTIVE, PENDING or REJECTED. A name has ${ALIAS_FORMAT}`
  },
  registryHost: matching(HOST, 'a host with an optional port, such as emulator:5111'),
  partSize: { isValid: (value) => isWhole(value, 1), expected: 'a whole number of 1 or more' },
  limits: { isValid: isObject, expected: 'an object of limits' },
  clock: { isValid: isText, expected: 'a time such as 2026-12-24T00:00:00Z' },
  now: { isValid: (value) => typeof value === 'function', expected: 'a function' }
}

/** A page of a list cannot be empty, or a client would never reach its end. */
const POSITIVE_LIMITS: readonly string[] = ['tagsPerPage', 'maxTagsPerPage', 'referrersPerPage']

/** @throws Error for an unknown option or an option with an invalid value */
export function checkOptions(options: EmulatorOptions): void {
  const rules: Record<string, Rule> = { ...RULES }
  for (const [name, values] of Object.entries(SWITCHES) as [string, readonly unknown[]][]) {
    rules[name] = { isValid: (value) => values.includes(value), expected: values.join(' or ') }
  }
  checkMembers(options, rules, 'Option')
  const limits: Record<string, Rule> = {}
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    const from = POSITIVE_LIMITS.includes(name) ? 1 : 0
    limits[name] = {
      isValid: (value) => isWhole(value, from) || value === Infinity,
      expected: `a whole number of ${String(from)} or more`
    }
  }
  checkMembers(options.limits ?? {}, limits, 'Limit')
  checkActionPatterns(options.allow ?? [])
}

/**
 * Checks the port and the address to listen on.
 *
 * @throws Error for an invalid value
 */
export function checkAddress(address: { readonly port?: unknown; readonly host?: unknown }): void {
  const isPort = (value: unknown): boolean => isWhole(value, 0) && (value as number) <= 65_535
  const rules = {
    port: { isValid: isPort, expected: 'a whole number from 0 to 65535' },
    host: { isValid: isText, expected: 'an address such as 127.0.0.1' }
  }
  checkMembers(address, rules, 'Option')
}

function checkMembers(
  members: object,
  rules: Readonly<Record<string, Rule>>,
  kind: 'Option' | 'Limit'
): void {
  for (const [name, value] of Object.entries(members) as [string, unknown][]) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) {
      throw new Error(`${kind} "${name}" is unknown. Use ${Object.keys(rules).join(', ')}.`)
    }
    if (value !== undefined && !rule.isValid(value)) {
      throw invalidValue(`${kind} "${name}"`, value, rule.expected)
    }
  }
}

function matching(pattern: RegExp, expected: string): Rule {
  return { isValid: (value) => typeof value === 'string' && pattern.test(value), expected }
}

function isOtherAlias(value: unknown): boolean {
  if (!isObject(value)) return false
  const { name, status, ...others } = value
  const isStatus = ['ACTIVE', 'PENDING', 'REJECTED'].includes(status as string)
  return ALIAS.test(String(name)) && isStatus && Object.keys(others).length === 0
}
