import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/nested-clients/sts'
import type { AwsCredentialIdentity } from '@smithy/types'
import { createRequestSender } from '../../http/request-sender.js'
import { ActionError } from '../../runner/errors.js'
import { createStsClient } from '../sts-client.js'
import type { StsClientOptions } from '../sts-client.js'
import { getGitHubToken } from './github-token.js'
import type { GitHubToken } from './github-token.js'

/** An IAM role whose credentials are requested with the OIDC token of the job. */
export interface Role {
  /** Returns valid credentials. Requests new ones if there are none or if they expire soon. */
  readonly getCredentials: () => Promise<AwsCredentialIdentity>
  /** Discards credentials that the service does not accept anymore, so that new ones are requested. */
  readonly discard: (credentials: AwsCredentialIdentity) => void
}

/** The options of a role. `maxAttempts` and `sendRequest` are for the requests to GitHub as well. */
export interface RoleOptions extends Omit<StsClientOptions, 'credentials'> {
  /** The ARN. */
  readonly arn: string
  readonly sessionName: string
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly mask: (secret: string) => void
}

/** The requested lifetime of the credentials in seconds. Every role allows one hour. */
const DURATION_SECONDS = 3600
/** How long before their expiration credentials are renewed, in seconds. A request takes at most 5 minutes. */
const RENEW_BEFORE_SECONDS = 600

/** Creates a role. The first use requests its credentials, which are kept in memory only. */
export function createRole(options: RoleOptions): Role {
  const assume = createAssume(options)
  let current: Promise<AwsCredentialIdentity> | undefined
  let resolved: AwsCredentialIdentity | undefined
  let renewAt = 0
  return {
    getCredentials: async () => {
      // A monotonic clock: the clock of the runner can be wrong.
      if (resolved !== undefined && process.uptime() >= renewAt) current = resolved = undefined
      if (current === undefined) {
        const requestedAt = process.uptime()
        current = assume()
        current.then(
          (credentials) => {
            resolved = credentials
            renewAt = requestedAt + DURATION_SECONDS - RENEW_BEFORE_SECONDS
          },
          () => (current = undefined)
        )
      }
      return current
    },
    discard: (credentials) => {
      if (credentials === resolved) current = resolved = undefined
    }
  }
}

/** Returns the function that requests new credentials with a new OIDC token. */
function createAssume(options: RoleOptions): () => Promise<AwsCredentialIdentity> {
  const { arn, sessionName, env, signal, log, mask } = options
  const { sendRequest = createRequestSender(env) } = options
  const sts = createStsClient({ ...options, sendRequest })
  return async () => {
    const gitHubToken = await getGitHubToken({ ...options, sendRequest })
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: arn,
      RoleSessionName: sessionName,
      WebIdentityToken: gitHubToken.token,
      DurationSeconds: DURATION_SECONDS
    })
    const response = await sts.send(command).catch(async (error: unknown) => {
      signal.throwIfAborted()
      throw await explain(error, gitHubToken, options)
    })
    const { Credentials: credentials, $metadata } = response
    const accessKeyId = credentials?.AccessKeyId
    const secretAccessKey = credentials?.SecretAccessKey
    const sessionToken = credentials?.SessionToken
    for (const secret of [secretAccessKey, sessionToken, accessKeyId]) if (secret) mask(secret)
    if (!accessKeyId || !secretAccessKey || !sessionToken) {
      // The SDK accepts a response of any server, such as an HTML page.
      const error = new Error('The response does not contain credentials')
      throw await explain(Object.assign(error, { $metadata }), gitHubToken, options)
    }
    log.info(`Assumed the role ${arn}.`)
    return { accessKeyId, secretAccessKey, sessionToken }
  }
}

async function explain(
  error: unknown,
  { subject }: GitHubToken,
  { arn, env }: RoleOptions
): Promise<unknown> {
  if (error instanceof ActionError) return error
  const { explainError } = await import('../explain-error.js')
  const assumed = { role: arn, subject }
  return explainError(error, { operation: 'AssumeRoleWithWebIdentity', assumed, env }) ?? error
}
