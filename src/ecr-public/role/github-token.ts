import { beginsJson, isTlsOrJson } from '../../http/json-body.js'
import { isTlsOrLoopback } from '../../http/loopback.js'
import type { BufferedResponse, RequestSender } from '../../http/request-sender.js'
import type { Log } from '../../runner/deps.js'
import { ActionError, codeOf, messageOf, problem } from '../../runner/errors.js'
import { checkCharacters } from '../check-characters.js'
import { fullJitter, isWorthRetrying } from '../retry-strategy.js'
import type { Backoff } from '../retry-strategy.js'
import type { TokenRequest } from './explain-github-token.js'
import { TokenResponseError } from './token-response-error.js'

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
  if (!requestUrl || !requestToken) {
    const { missingPermission } = await import('./explain-github-token.js')
    throw missingPermission(URL_VARIABLE, TOKEN_VARIABLE)
  }
  checkCharacters(env, [TOKEN_VARIABLE])
  mask(requestToken)
  const url = urlOf(requestUrl)
  for (let attempt = 1; ; attempt++) {
    try {
      return await requestOnce(url, requestToken, options)
    } catch (error) {
      options.signal.throwIfAborted()
      if (attempt >= options.maxAttempts || !isTransient(error)) {
        throw await explain(error, { url, env, attempts: attempt })
      }
      await waitBeforeRetry(error, attempt, options)
    }
  }
}

function urlOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !isTlsOrLoopback(url)) {
    throw problem({
      what: `The environment variable ${URL_VARIABLE} is not an https URL`,
      expected: 'GitHub sets it. Http is allowed on the loopback interface only.'
    })
  }
  url.searchParams.append('audience', AUDIENCE)
  return url
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
    tooLong: () => new TokenResponseError(200, false),
    signal,
    isGenuine: ({ body }) => isTlsOrJson(url, body)
  })
  const token = tokenOf(response)
  if (token !== undefined) mask(token)
  const subject = token === undefined ? undefined : subjectOf(token)
  if (token === undefined || subject === undefined) {
    const { status, headers, body } = response
    throw new TokenResponseError(status, beginsJson(body), headers.location)
  }
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

async function explain(error: unknown, request: TokenRequest): Promise<ActionError> {
  if (error instanceof ActionError) return error
  const { explainGitHubToken } = await import('./explain-github-token.js')
  return explainGitHubToken(error, request)
}
