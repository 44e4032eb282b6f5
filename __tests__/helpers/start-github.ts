import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The state of a pull request, or `issue` for the number of an issue. Other numbers do not exist. */
export type FakeState = 'OPEN' | 'CLOSED' | 'MERGED' | 'issue'

/** A running fake of GitHub's GraphQL API. */
export interface FakeGitHub {
  readonly url: string
  /** The environment variables that the runner sets. */
  readonly env: Readonly<Record<string, string>>
  /** The queries, in order, also those that were not answered. */
  readonly queries: string[]
  /** The `Authorization` headers, in order. */
  readonly tokens: (string | undefined)[]
  /** Stops it before the end of the test. */
  readonly close: () => Promise<void>
}

export interface FakeGitHubOptions {
  readonly pullRequests?: Readonly<Record<number, FakeState | undefined>>
  /** The current name of the repository. The name `harbour/old` leads to it as well. */
  readonly repository?: string
  readonly databaseId?: number
  /** Answers a request instead of the fake. Returns `true` if it did. `count` begins with 1. */
  readonly intercept?: (count: number, response: ServerResponse) => boolean
}

export const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz'

const servers = new Set<Server>()

/** Starts a fake of GitHub's API on the loopback, which answers the queries of pull requests as GitHub does. */
export async function startGitHub(options: FakeGitHubOptions = {}): Promise<FakeGitHub> {
  const { repository = 'harbour/tide', databaseId = 4711 } = options
  const queries: string[] = []
  const tokens: (string | undefined)[] = []
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      tokens.push(request.headers.authorization)
      const { query = '' } = JSON.parse(body || '{}') as { query?: string }
      queries.push(query)
      if (options.intercept?.(queries.length, response) === true) return
      if (request.method !== 'POST' || request.url !== '/graphql') {
        sendJson(response, 404, { message: 'Not Found' })
      } else if (request.headers.authorization !== `token ${TOKEN}`) {
        sendJson(response, 401, { message: 'Bad credentials' })
      } else {
        sendJson(response, 200, answer(query, repository, databaseId, options.pullRequests ?? {}))
      }
    })
  })
  servers.add(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const env = {
    GITHUB_API_URL: url,
    GITHUB_GRAPHQL_URL: `${url}/graphql`,
    GITHUB_REPOSITORY: repository,
    GITHUB_REPOSITORY_ID: String(databaseId)
  }
  const close = async (): Promise<void> => {
    servers.delete(server)
    await closeServer(server)
  }
  return { url, env, queries, tokens, close }
}

/** Sends a JSON response of GitHub's API. */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {}
): true {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(json))
  return true
}

function answer(
  query: string,
  repository: string,
  databaseId: number,
  pullRequests: Readonly<Record<number, FakeState | undefined>>
): unknown {
  const [, owner, name] = /repository\(owner: "([^"]*)", name: "([^"]*)"\)/.exec(query) ?? []
  if (![repository, 'harbour/old'].includes(`${String(owner)}/${String(name)}`)) {
    const message = `Could not resolve to a Repository with the name '${String(owner)}/${String(name)}'.`
    return { data: { repository: null }, errors: [notFound(['repository'], message)] }
  }
  const found: Record<string, unknown> = { databaseId }
  const errors: unknown[] = []
  for (const [, alias = '', number] of query.matchAll(/(\w+): pullRequest\(number: (\d+)\)/g)) {
    const state = pullRequests[Number(number)]
    const isPullRequest = state !== undefined && state !== 'issue'
    found[alias] = isPullRequest ? { state } : null
    if (isPullRequest) continue
    const message = `Could not resolve to a PullRequest with the number of ${String(number)}.`
    errors.push(notFound(['repository', alias], message))
  }
  return { data: { repository: found }, ...(errors.length === 0 ? {} : { errors }) }
}

function notFound(path: readonly string[], message: string): unknown {
  return { type: 'NOT_FOUND', path, locations: [{ line: 2, column: 3 }], message }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

afterEach(async () => {
  for (const server of servers) await closeServer(server)
  servers.clear()
})
