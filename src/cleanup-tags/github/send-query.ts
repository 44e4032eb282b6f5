import { beginsJson, isTlsOrJson } from '../../http/json-body.js'
import { isTlsOrLoopback } from '../../http/loopback.js'
import { createRequestSender } from '../../http/request-sender.js'
import type { RequestSender } from '../../http/request-sender.js'
import type { Deps } from '../../runner/deps.js'
import { problem } from '../../runner/errors.js'
import {
  containsRateLimit,
  containsTemporary,
  explainFailure,
  waitBeforeRetry
} from './query-failures.js'

/** The dependencies of a request to GitHub. */
export type GitHubDeps = Pick<Deps, 'env' | 'log' | 'signal' | 'sleep' | 'random' | 'now'>

/** One error of a GraphQL response. */
export interface QueryError {
  readonly type?: string | undefined
  readonly message: string
  readonly path?: readonly (string | number)[] | undefined
}

/** A GraphQL response. It can contain data and errors at the same time. */
export interface QueryResult {
  readonly data: unknown
  readonly errors: readonly QueryError[]
}

/** Sends a GraphQL query. @throws ActionError if it is not answered after all attempts */
export type SendQuery = (query: string) => Promise<QueryResult>

const IDLE_TIMEOUT_MS = 30_000
const TOTAL_TIMEOUT_MS = 60_000
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024

/**
 * Creates a function that sends GraphQL queries with `@actions/github`. Requests use this action's HTTP client, because
 * the one of `@actions/github` requires undici for proxies, which the bundle does not contain.
 *
 * @param token is sent to the API only. It must be masked before
 */
export async function createQuerySender(
  token: string,
  maxAttempts: number,
  deps: GitHubDeps,
  sendRequest: RequestSender = createRequestSender(deps.env)
): Promise<SendQuery> {
  const url = graphqlUrl(deps.env)
  // Loaded only when it is used, since it takes time to load.
  const { getOctokit } = await import('@actions/github')
  const octokit = getOctokit(token, {
    baseUrl: url.origin,
    userAgent: 'ecr-public-action',
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    request: { fetch: createFetch(deps, sendRequest) }
  })
  const graphql = octokit.graphql.defaults({ url: url.href })
  return async (query) => {
    for (let attempt = 1; ; attempt++) {
      deps.signal.throwIfAborted()
      try {
        return { data: await graphql<unknown>(query), errors: [] }
      } catch (error) {
        deps.signal.throwIfAborted()
        const partial = partialResult(error)
        const isFinal = attempt >= maxAttempts
        if (partial !== undefined && (isFinal || !containsTemporary(partial.errors))) return partial
        const wait = waitBeforeRetry(error, attempt, deps)
        if (wait === undefined || isFinal) {
          throw await explainFailure(error, url.host, deps.now())
        }
        deps.log.debug(`Retrying the request to ${url.host} in ${String(Math.round(wait))} ms`)
        await deps.sleep(wait)
      }
    }
  }
}

const ignore = (): void => undefined

/** Returns the URL of the GraphQL API. The runner sets both variables, also for GitHub Enterprise Server. */
function graphqlUrl(env: GitHubDeps['env']): URL {
  const { GITHUB_GRAPHQL_URL, GITHUB_API_URL } = env
  const text = GITHUB_GRAPHQL_URL || `${GITHUB_API_URL || 'https://api.github.com'}/graphql`
  const url = URL.parse(text)
  if (url !== null && isTlsOrLoopback(url)) return url
  throw problem({
    what: 'The environment variable GITHUB_GRAPHQL_URL is not a valid URL',
    value: text,
    expected: 'Use an https URL. HTTP without TLS is allowed on the loopback interface only.'
  })
}

/** Returns the data and errors of a response if the query itself was accepted. Rate limits are reported in this form too. */
function partialResult(error: unknown): QueryResult | undefined {
  if (!(error instanceof Error) || error.name !== 'GraphqlResponseError') return undefined
  const { errors, data } = error as Error & { errors?: QueryError[]; data?: unknown }
  return errors === undefined || containsRateLimit(errors) ? undefined : { data, errors }
}

function createFetch(
  { signal }: Pick<GitHubDeps, 'signal'>,
  sendRequest: RequestSender
): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const { status, headers, body } = await sendRequest({
      url,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : undefined,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      maxBytes: MAX_RESPONSE_BYTES,
      tooLong: () => new Error(`The response is larger than ${MAX_RESPONSE_BYTES} bytes`),
      signal,
      isGenuine: ({ body }) => isTlsOrJson(url, body)
    })
    // Octokit accepts a redirect and an HTML page as a response without data.
    if (status < 400 && !beginsJson(body)) throw otherServer(url, status)
    const texts = Object.entries(headers).map(([name, value]): [string, string] => {
      return [name, String(value)]
    })
    return new Response(new Uint8Array(body), { status, headers: texts })
  }
}

function otherServer({ host }: URL, status: number): Error {
  return problem({
    what: `The response of ${host} did not come from GitHub's API`,
    value: `HTTP status ${String(status)}`,
    reason: 'The usual cause is a proxy or firewall that blocks the host.',
    fix: 'Check the environment variable GITHUB_GRAPHQL_URL and the proxy of the runner.'
  })
}
