import type { Problem } from '../../runner/errors.js'
import { findDenyingPolicy } from '../denying-policy.js'
import { afterAttempts } from '../error-facts.js'
import type { ErrorFacts } from '../error-facts.js'
import { PERMISSIONS_PAGE } from '../permissions.js'

/** The section that describes the role and its trust policy. */
export const ROLE_SECTION = `See ${PERMISSIONS_PAGE}#the-role-and-its-trust-policy.`

/** The section that describes the errors of AssumeRoleWithWebIdentity. */
const ERRORS_SECTION = `See ${PERMISSIONS_PAGE}#if-the-role-cannot-be-assumed.`

/** The role of a failed AssumeRoleWithWebIdentity call, as far as it is known. */
export interface AssumedRole {
  /** The ARN of the role. */
  readonly role?: string | undefined
  /** The subject of the OIDC token. */
  readonly subject?: string | undefined
}

const EXPIRED_TOKEN: Pick<Problem, 'reason' | 'fix'> = {
  reason: 'The OIDC token has expired.',
  fix: `Run the job again. If it fails again, synchronize the clock of the runner with NTP. ${ERRORS_SECTION}`
}

/** The explanations by error code (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html). */
const EXPLANATIONS: Readonly<Record<string, Pick<Problem, 'reason' | 'fix'>>> = {
  InvalidIdentityToken: {
    reason: 'AWS does not accept the OIDC token.',
    fix: `Check the OIDC provider in the account of the role. ${ROLE_SECTION}`
  },
  ExpiredTokenException: EXPIRED_TOKEN,
  // The code of other operations of STS. This one is called without credentials, so only the OIDC token can have expired.
  ExpiredToken: EXPIRED_TOKEN,
  IDPCommunicationError: {
    reason: 'AWS could not reach the OIDC provider to verify the token.',
    fix: `Run the job again later. Outages of GitHub are listed at https://www.githubstatus.com. ${ERRORS_SECTION}`
  },
  IDPRejectedClaim: {
    reason: 'The OIDC provider reported that the token is not valid or was revoked.',
    fix: `Run the job again. ${ERRORS_SECTION}`
  },
  ValidationError: {
    reason: 'A parameter of the request is not valid.',
    fix: `Check "role-to-assume" (arn:aws:iam::ACCOUNT-ID:role/ROLE-NAME), "role-session-name" and the maximum session duration of the role. ${ERRORS_SECTION}`
  },
  RegionDisabledException: {
    reason: 'STS is not active in us-east-1 for the account of the role.',
    fix: `Activate it in the account settings of IAM. ${ERRORS_SECTION}`
  }
}

/**
 * Explains an error of AssumeRoleWithWebIdentity. Returns `undefined` for errors that other services return as well,
 * such as throttling.
 */
export function explainRole(facts: ErrorFacts, assumed: AssumedRole): Problem | undefined {
  const { role, subject } = assumed
  const known = explainToken(facts) ?? EXPLANATIONS[codeOf(facts)]
  if (known !== undefined) {
    return {
      what: `${whatOf(role)}${afterAttempts(facts)}`,
      value: `${codeOf(facts)}: ${facts.message}`,
      reason: known.reason,
      fix: known.fix
    }
  }
  if (codeOf(facts) !== 'AccessDenied') return undefined
  const policy = findDenyingPolicy(facts.message)
  if (policy !== undefined) {
    return {
      what: `${whatOf(role)}: sts:AssumeRoleWithWebIdentity is ${policy.isExplicit ? 'denied' : 'not allowed'} by ${policy.type}`,
      value: `AccessDenied: ${facts.message}`,
      fix: `${policy.fix} ${ERRORS_SECTION}`
    }
  }
  const of = subject === undefined ? '' : ` The subject of the OIDC token is "${subject}".`
  // The format of repositories that were created, renamed or transferred since July 15, 2026.
  const hasIds = /^repo:[^/@]+@\d+\/[^:@]+@\d+:/.test(subject ?? '')
  const ids = hasIds ? ' It contains the IDs of the owner and the repository.' : ''
  return {
    what: whatOf(role),
    value: `AccessDenied: ${facts.message}`,
    reason: `The role does not exist, or its trust policy does not allow this job. AWS returns the same error for both.${of}${ids}`,
    fix: `Check the ARN, and compare the subject with the condition in the trust policy. ${ROLE_SECTION}`
  }
}

/** Explains the causes of InvalidIdentityToken, which differ in the message only. */
function explainToken(facts: ErrorFacts): Pick<Problem, 'reason' | 'fix'> | undefined {
  if (codeOf(facts) !== 'InvalidIdentityToken') return undefined
  const { message } = facts
  if (/No OpenIDConnect provider/i.test(message)) {
    return {
      reason: 'The account of the role does not have an OIDC provider for the issuer of the token.',
      fix: `Create the OIDC provider in the account of the role. ${ROLE_SECTION}`
    }
  }
  if (/audience/i.test(message)) {
    return {
      reason: 'The OIDC provider does not list the audience of the token, sts.amazonaws.com.',
      fix: `Add the audience to the OIDC provider in the account of the role. ${ROLE_SECTION}`
    }
  }
  if (VERIFICATION_KEY.test(message)) {
    return {
      reason: 'AWS could not retrieve the verification key of the OIDC provider.',
      fix: `Run the job again later. ${ERRORS_SECTION}`
    }
  }
  return undefined
}

/** The message if AWS cannot retrieve the key of the OIDC provider. */
const VERIFICATION_KEY = /verification key/i

function whatOf(role: string | undefined): string {
  return role === undefined
    ? 'The IAM role could not be assumed'
    : `The IAM role ${role} could not be assumed`
}

/** Returns the error code of the service. The SDK adds `Exception` to the names of some codes. */
function codeOf({ name }: ErrorFacts): string {
  if (name === 'ExpiredTokenException' || name === 'RegionDisabledException') return name
  return name.replace(/Exception$/, '')
}
