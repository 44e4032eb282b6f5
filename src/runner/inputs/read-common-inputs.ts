import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { Mode } from './input-specs.js'

/** The inputs of every mode. */
export interface CommonInputs {
  /** Plans and reports without changes. Always `false` in mode login. */
  readonly dryRun: boolean
  /** The 12-digit account ID, or an alias in mode login. `undefined` is the caller's registry. */
  readonly registryId?: string | undefined
  readonly maxAttempts: number
  /** The role of `role-to-assume`, or `undefined` to use the credentials of the environment. */
  readonly role?: RoleInputs | undefined
}

/** An IAM role to assume. */
export interface RoleInputs {
  /** The ARN. */
  readonly arn: string
  readonly sessionName: string
}

/** @throws ActionError if an input is invalid, or does not apply to the mode */
export function readCommonInputs(mode: Mode, reader: InputReader): CommonInputs {
  const dryRun = reader.boolean('dry-run')
  if (dryRun && mode === 'login') {
    throw problem({
      what: 'Input "dry-run" is not supported in mode login',
      value: 'true',
      reason: 'The mode does not change the registry.',
      fix: 'Remove the input, or skip the step.'
    })
  }
  const registryId = reader.text('registry-id')
  if (registryId !== undefined) checkRegistryId(registryId, mode)
  const role = readRole(reader)
  const common = { dryRun, registryId, maxAttempts: reader.integer('max-attempts') }
  return role === undefined ? common : { ...common, role }
}

/** Accepts an alias in mode login only: the other modes call DescribeRepositories, whose model requires an account ID. */
function checkRegistryId(registryId: string, mode: Mode): void {
  if (/^\d{12}$/.test(registryId)) return
  if (mode !== 'login') {
    throw problem({
      what: 'Input "registry-id" is not an AWS account ID',
      value: registryId,
      expected: `Use the 12-digit AWS account ID in mode ${mode}.`,
      fix: 'Remove the input to use your own registry.'
    })
  }
  if (/^[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(registryId)) return
  throw problem({
    what: 'Input "registry-id" is not a registry ID',
    value: registryId,
    expected: 'Use a 12-digit AWS account ID or a registry alias.',
    fix: 'Remove the input to use your own registry.'
  })
}

/** The session name of aws-actions/configure-aws-credentials, which policies and CloudTrail queries may name. */
const DEFAULT_SESSION_NAME = 'GitHubActions'

function readRole(reader: InputReader): RoleInputs | undefined {
  const arn = reader.text('role-to-assume')
  const sessionName = reader.text('role-session-name')
  if (arn === undefined) {
    if (sessionName === undefined) return undefined
    throw problem({
      what: 'Input "role-session-name" requires "role-to-assume"',
      value: sessionName,
      fix: 'Set "role-to-assume", or remove the input.'
    })
  }
  // The characters and lengths of the API reference of AssumeRoleWithWebIdentity.
  if (arn.length > 2048 || !/^arn:aws:iam::\d{12}:role\/[\x21-\x7e]+$/.test(arn)) {
    throw problem({
      what: 'Input "role-to-assume" is not the ARN of an IAM role',
      value: arn,
      expected: 'Use arn:aws:iam::ACCOUNT-ID:role/ROLE-NAME with the 12-digit account ID.'
    })
  }
  if (sessionName !== undefined && !/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw problem({
      what: 'Input "role-session-name" is not a valid session name',
      value: sessionName,
      expected: 'Use 2 to 64 letters, digits or characters of "_+=,.@-".'
    })
  }
  return { arn, sessionName: sessionName ?? DEFAULT_SESSION_NAME }
}
