import { isLoopback } from '../../http/loopback.js'
import type { BufferedResponse, RequestSender } from '../../http/request-sender.js'
import type { Log } from '../../runner/deps.js'
import { ActionError, codeOf, messageOf, problem } from '../../runner/errors.js'
import { checkCharacters } from '../check-characters.js'
import { fullJitter, isWorthRetrying } from '../retry-strategy.js'
import type { Backoff } from '../retry-strategy.js'
import { ROLE_SECTION } from './explain-role.js'

/** The OIDC token of the job. */
export interface GitHubToken {
  readonly token: string
  /** The subject that a trust policy matches, such as `repo:OWNER/REPOSITORY:ref:refs/heads/main`. */
  readonly subject: string
}

/** The dependencies of a request to GitHub's token endpoint. */
export interface GitHubTokenOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly sendRequest: RequestSender
  /** Maximum number of attempts. */
  readonly maxAttempts: number
  readonly backoff?: Backoff | undefined
  readonly log: Log
  readonly signal: AbortSignal
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly mask: (secret: string) => void
}

/** The audience that AWS expects (https://docs.github.com/actions/concepts/security/openid-connect). */
const AUDIENCE = 'sts.amazonaws.com'
const URL_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL'
const TOKEN_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'
/** How long the connection may be idle, and how long one attempt may take, in milliseconds. */
const IDLE_TIMEOUT_MS = 20_000
const ATTEMPT_TIMEOUT_MS = 30_000
const MAX_RESPONSE_BYTES = 1024 * 1024

/**
 * Requests the OIDC token of the job from GitHub and masks it.
 *
 * @throws ActionError if the job does not have the permission `id-token: write`, or if GitHub does not return a token
 */
export async function getGitHubToken(options: GitHubTokenOptions): Promise<GitHubToken> {
  const { env, mask } = options
  const requestUrl = env[URL_VARIABLE]
  const requestToken = env[TOKEN_VARIABLE]
  if (!requestUrl || !requestToken) throw missingPermission()
  checkCharacters(env, [TOKEN_VARIABLE])
  mask(requestToken)
  const url = urlOf(requestUrl)
  for (let attempt = 1; ; attempt++) {
    try {
      return await requestOnce(url, requestToken, options)
    } catch (error) {
      options.signal.throwIfAborted()
      if (attempt >= options.maxAttempts || !isTransient(error)) throw explain(error, url, attempt)
      await waitBeforeRetry(error, attempt, options)
    }
  }
}

function urlOf(text: string): URL {
  const url = URL.parse(text)
  const isAllowed =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.host))
  if (url === null || !isAllowed) {
    throw problem({
      what: `The environment variable ${URL_VARIABLE} is not an https URL`,
      expected: 'GitHub sets it. Http is allowed on the loopback interface only.'
    })
  }
  url.searchParams.append('audience', AUDIENCE)
  return url
}

/** A response of GitHub's token endpoint without a token. */
class TokenResponseError extends Error {
  override readonly name = 'TokenResponseError'
  constructor(readonly status: number) {
    super(`HTTP status ${String(status)}`)
  }
}

async function requestOnce(
  url: URL,
  requestToken: string,
  { sendRequest, signal, mask }: GitHubTokenOptions
): Promise<GitHubToken> {
  const response = await sendRequest({
    url,
    method: 'GET',
    headers: { accept: 'application/json', authorization: `Bearer ${requestToken}` },
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    totalTimeoutMs: ATTEMPT_TIMEOUT_MS,
    maxBytes: MAX_RESPONSE_BYTES,
    tooLong: () => new TokenResponseError(200),
    signal
  })
  const token = tokenOf(response)
  if (token !== undefined) mask(token)
  const subject = token === undefined ? undefined : subjectOf(token)
  if (token === undefined || subject === undefined) throw new TokenResponseError(response.status)
  return { token, subject }
}

function tokenOf({ status, body }: BufferedResponse): string | undefined {
  if (status !== 200) return undefined
  try {
    const { value } = JSON.parse(body.toString()) as { readonly value?: unknown }
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** Returns the subject of a JSON Web Token, or `undefined` if the text is not a token (RFC 7519, section 3). */
function subjectOf(token: string): string | undefined {
  const [, payload = '', signature] = token.split('.')
  if (signature === undefined) return undefined
  try {
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      readonly sub?: unknown
    }
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

function isTransient(error: unknown): boolean {
  if (error instanceof TokenResponseError) return error.status >= 500 || error.status === 429
  return isWorthRetrying(error)
}

async function waitBeforeRetry(
  error: unknown,
  attempt: number,
  { maxAttempts, backoff = fullJitter, log, sleep }: GitHubTokenOptions
): Promise<void> {
  const delay = backoff(attempt, 'SERVER_ERROR')
  const reason =
    error instanceof TokenResponseError ? error.message : (codeOf(error) ?? messageOf(error))
  const seconds = (delay / 1000).toFixed(1)
  log.info(
    `GitHub OIDC token: attempt ${attempt} of ${maxAttempts} failed with ${reason}. Retrying in ${seconds} s.`
  )
  await sleep(delay)
}

function explain(error: unknown, url: URL, attempts: number): ActionError {
  if (error instanceof ActionError) return error
  const after = attempts > 1 ? ` after ${String(attempts)} attempts` : ''
  if (!(error instanceof TokenResponseError)) {
    return problem(
      {
        what: `GitHub's OIDC token endpoint did not respond${after}`,
        value: url.host,
        reason: `The request failed: ${messageOf(error)}.`,
        fix: 'Check the connection and the proxy of the runner, and run the job again.'
      },
      error
    )
  }
  const { status } = error
  if (status === 401 || status === 403) {
    return problem({
      what: 'GitHub refused to issue an OIDC token for the job',
      value: `HTTP status ${String(status)}`,
      reason: `The request token in ${TOKEN_VARIABLE} is not valid anymore, or the job is not allowed to request OIDC tokens.`,
      fix: `Add "permissions: id-token: write" to the job, and run it again. ${ROLE_SECTION}`
    })
  }
  return problem({
    what:
      status === 200
        ? "The response of GitHub's OIDC token endpoint does not contain a token"
        : `GitHub's OIDC token endpoint failed${after}`,
    value: `${url.host}: HTTP status ${String(status)}`,
    fix: 'Run the job again later. Outages are listed at https://www.githubstatus.com.'
  })
}

function missingPermission(): ActionError {
  return problem(
    {
      what: 'The job does not have the permission "id-token: write", which "role-to-assume" requires',
      reason: `GitHub did not set ${URL_VARIABLE} and ${TOKEN_VARIABLE}.`,
      fix: `Add the permission to the job, as shown below. A pull request from a fork cannot get it, but it can use the emulator of this action. ${ROLE_SECTION}`
    },
    undefined,
    'permissions:\n  id-token: write\n  contents: read'
  )
}
