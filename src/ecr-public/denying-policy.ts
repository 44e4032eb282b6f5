/** The policy that denies a call, so that an Allow statement in the IAM policy of the role does not help. */
export interface DenyingPolicy {
  /** `true` for a Deny statement, `false` if the policy limits permissions and does not contain the action. */
  readonly isExplicit: boolean
  /** The type with its article: `a service control policy`. */
  readonly type: string
  /** How to fix it, as full sentences. */
  readonly fix: string
}

/** The policies that limit the permissions of an IAM policy, with how to fix a denial by each. */
const LIMITING: Readonly<Record<string, string>> = {
  'service control policy':
    'Ask an administrator of the AWS organization to change the service control policy.',
  'resource control policy':
    'Ask an administrator of the AWS organization to change the resource control policy.',
  'permissions boundary': 'Change the permissions boundary of the role.',
  'session policy':
    'Change the session policy that was passed when the credentials were requested, or request them without it.',
  'VPC endpoint policy': 'Change the policy of the VPC endpoint that the runner uses.'
}

/** The policies that deny only with a Deny statement. */
const GRANTING: Readonly<Record<string, string>> = {
  'identity-based policy': 'Remove the Deny statement from the IAM policies of the role.',
  'resource-based policy':
    'Remove the Deny statement from the policy of the repository or, for sts:AssumeRoleWithWebIdentity, from the trust policy of the role.'
}

const NO_OVERRIDE = 'An Allow statement cannot override a Deny statement.'
const NOT_ENOUGH = 'An Allow statement in the IAM policy of the role is not sufficient.'

/**
 * Finds the type of the policy that denies a call in the message of the service. Returns `undefined` if the call is
 * denied because no policy of the role allows it.
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html)
 */
export function findDenyingPolicy(message: string): DenyingPolicy | undefined {
  const [, explicit, limiting] =
    /explicit deny(?: in an? ([\w -]+? (?:policy|boundary)))?|because no ([\w -]+? (?:policy|boundary)) allows/i.exec(
      message
    ) ?? []
  if (/explicit deny/i.test(message)) {
    const fixes = { ...LIMITING, ...GRANTING }
    const type = explicit !== undefined && explicit in fixes ? explicit : 'policy'
    const fix =
      fixes[type] ??
      'Remove the Deny statement from the service control policy, permissions boundary or IAM policy.'
    return { isExplicit: true, type: withArticle(type), fix: `${NO_OVERRIDE} ${fix}` }
  }
  const fix = limiting === undefined ? undefined : LIMITING[limiting]
  if (limiting === undefined || fix === undefined) return undefined
  return { isExplicit: false, type: withArticle(limiting), fix: `${NOT_ENOUGH} ${fix}` }
}

function withArticle(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
}
