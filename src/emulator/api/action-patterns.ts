import { invalidValue } from '../invalid-value.js'
import { OPERATION_NAMES } from '../model/operations.js'

/** The IAM actions of the operations that the emulator serves. */
const ACTIONS: readonly string[] = [
  ...OPERATION_NAMES.map((operation) => `ecr-public:${operation}`),
  'sts:AssumeRoleWithWebIdentity',
  'sts:GetCallerIdentity',
  'sts:GetServiceBearerToken'
]

/** Returns `true` if an IAM action matches a pattern, in which `*` is any text. */
export function matchesAction(pattern: string, action: string): boolean {
  const source = pattern
    .split('*')
    .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${source}$`, 'i').test(action)
}

/** @throws Error for a pattern that does not match any action, such as a misspelled one */
export function checkActionPatterns(patterns: readonly string[]): void {
  for (const pattern of patterns) {
    // A policy can contain actions of other services.
    if (/^(?!ecr-public:|sts:)[a-z0-9-]+:\S+$/i.test(pattern)) continue
    if (ACTIONS.some((action) => matchesAction(pattern, action))) continue
    const expected = `actions that exist, such as ecr-public:PutImage, or patterns such as ecr-public:Describe*`
    throw invalidValue('Option "allow"', pattern, expected)
  }
}
