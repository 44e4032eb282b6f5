import { describeFailure } from '../../http/explain-connection.js'
import {
  addUsedProxy,
  allowOnProxyFix,
  describeProxy,
  otherSender
} from '../../http/explain-proxy.js'
import { problem } from '../../runner/errors.js'
import type { ActionError, Problem } from '../../runner/errors.js'
import { ROLE_SECTION } from './explain-role.js'
import { TokenResponseError } from './token-response-error.js'

/** The failed request for a token. */
export interface TokenRequest {
  readonly url: URL
  readonly env: Readonly<Record<string, string | undefined>>
  /** The number of attempts. */
  readonly attempts: number
}

const ENDPOINT = "GitHub's OIDC token endpoint"
const RUN_LATER = 'Run the job again later. Outages are listed at https://www.githubstatus.com.'

/** Explains why GitHub's token endpoint did not return a token. The error names the endpoint and, if it is used, the proxy. */
export function explainGitHubToken(error: unknown, request: TokenRequest): ActionError {
  if (error instanceof TokenResponseError) return problem(explainResponse(error, request))
  const { url, env } = request
  const { reason, fix } = describeFailure(error, url.host)
  return problem(
    {
      what: `${ENDPOINT} did not respond${after(request)}`,
      value: url.host,
      reason: addUsedProxy(reason, describeProxy(url, env)),
      fix: fix ?? 'Check the connection and the proxy of the runner, and run the job again.'
    },
    error
  )
}

function explainResponse(error: TokenResponseError, request: TokenRequest): Problem {
  const { status, isJson } = error
  const { url, env } = request
  if (status === 401 || status === 403) return refused(error, request)
  if (!isJson && (status < 500 || describeProxy(url, env) !== undefined)) {
    return otherServer(error, request)
  }
  const value = `${url.host}: HTTP status ${String(status)}`
  if (status === 200) {
    return {
      what: `The response of ${ENDPOINT} does not contain a token`,
      value,
      fix: RUN_LATER
    }
  }
  return { what: `${ENDPOINT} failed${after(request)}`, value, fix: RUN_LATER }
}

function refused({ status, isJson }: TokenResponseError, request: TokenRequest): Problem {
  const proxy = describeProxy(request.url, request.env)
  const by = proxy === undefined ? 'a firewall' : `the proxy ${proxy}`
  const other = isJson ? '' : ` Or ${by} refused the request to ${request.url.host}.`
  return {
    what: 'GitHub refused to issue an OIDC token for the job',
    value: `${request.url.host}: HTTP status ${String(status)}`,
    reason: `The request token in ACTIONS_ID_TOKEN_REQUEST_TOKEN is not valid anymore, or the job is not allowed to request OIDC tokens.${other}`,
    fix: `Add "permissions: id-token: write" to the job, and run it again. ${ROLE_SECTION}`
  }
}

/** Explains a response of a proxy that decrypts TLS connections, of a captive portal or of a firewall. */
function otherServer({ status, location }: TokenResponseError, request: TokenRequest): Problem {
  const { host } = request.url
  const proxy = describeProxy(request.url, request.env)
  const target = URL.parse(location ?? '', request.url.href)?.host
  const to = location === undefined || target === undefined ? '' : `, redirect to ${target}`
  return {
    what: otherSender(ENDPOINT, proxy),
    value: `${host}: HTTP status ${String(status)}${to}`,
    reason: 'The usual cause is a proxy or firewall that blocks the host.',
    fix: proxy === undefined ? `Allow the runner to connect to ${host}.` : allowOnProxyFix(host)
  }
}

function after({ attempts }: TokenRequest): string {
  return attempts > 1 ? ` after ${String(attempts)} attempts` : ''
}

/** Returns the error for a job without the permission `id-token: write`. @param variables GitHub sets them with it */
export function missingPermission(...variables: readonly string[]): ActionError {
  return problem(
    {
      what: 'The job does not have the permission "id-token: write", which "role-to-assume" requires',
      reason: `GitHub did not set ${variables.join(' and ')}.`,
      fix: `Add the permission to the job, as shown below. A pull request from a fork cannot get it, but it can use the emulator of this action. ${ROLE_SECTION}`
    },
    undefined,
    'permissions:\n  id-token: write\n  contents: read'
  )
}
