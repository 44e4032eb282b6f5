import type { ServerResponse } from 'node:http'
import { findPullRequests } from '../../../src/cleanup-tags/github/find-pull-requests.js'
import { makeDeps } from '../../helpers/make-deps.js'
import { sendJson, startGitHub, TOKEN } from '../../helpers/start-github.js'
import type { FakeGitHub } from '../../helpers/start-github.js'

const NOW = new Date('2026-06-01T12:00:00Z')

/** Creates the dependencies for a fake GitHub. The waits are recorded in `waits`, in milliseconds. */
function depsFor(github: Pick<FakeGitHub, 'env'>, env: Readonly<Record<string, string>> = {}) {
  const waits: number[] = []
  const sleep = (milliseconds: number): Promise<void> => {
    waits.push(milliseconds)
    return Promise.resolve()
  }
  const deps = makeDeps({ env: { ...github.env, ...env } }, { sleep, now: () => NOW })
  return { ...deps, waits }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)

describe('findPullRequests', () => {
  test('returns the states of pull requests, of an issue and of a number that does not exist', async () => {
    const github = await startGitHub({
      pullRequests: { 1: 'OPEN', 2: 'CLOSED', 3: 'MERGED', 4: 'issue' }
    })
    const states = await findPullRequests([3, 1, 2, 2, 4, 5], TOKEN, 5, depsFor(github))
    expect([...states]).toEqual([
      [1, 'open'],
      [2, 'closed'],
      [3, 'closed'],
      [4, 'none'],
      [5, 'none']
    ])
    expect(github.queries).toHaveLength(1)
    expect(github.tokens).toEqual([`token ${TOKEN}`])
  })

  test('makes one call per 100 numbers, and none without a number', async () => {
    const pullRequests = Object.fromEntries(range(250).map((number) => [number, 'MERGED' as const]))
    const github = await startGitHub({ pullRequests })
    expect((await findPullRequests([], TOKEN, 5, depsFor(github))).size).toBe(0)
    expect(github.queries).toEqual([])
    const states = await findPullRequests(range(250), TOKEN, 5, depsFor(github))
    expect(states.size).toBe(250)
    expect(new Set(states.values())).toEqual(new Set(['closed']))
    expect(github.queries).toHaveLength(3)
  })

  test('follows the name of a renamed repository', async () => {
    const github = await startGitHub({ pullRequests: { 7: 'MERGED' } })
    const deps = depsFor(github, { GITHUB_REPOSITORY: 'harbour/old' })
    expect([...(await findPullRequests([7], TOKEN, 5, deps))]).toEqual([[7, 'closed']])
  })

  test('rejects another repository that has the same name', async () => {
    const github = await startGitHub({ pullRequests: { 7: 'MERGED' } })
    const deps = depsFor(github, { GITHUB_REPOSITORY_ID: '99' })
    await expect(findPullRequests([7], TOKEN, 5, deps)).rejects.toThrow(
      'harbour/tide is not the repository that the workflow runs in: "4711".'
    )
  })

  test('uses the API of GITHUB_API_URL without GITHUB_GRAPHQL_URL', async () => {
    const github = await startGitHub({ pullRequests: { 7: 'OPEN' } })
    const deps = depsFor(github, { GITHUB_GRAPHQL_URL: '' })
    expect([...(await findPullRequests([7], TOKEN, 5, deps))]).toEqual([[7, 'open']])
  })

  test.each([
    [{ GITHUB_REPOSITORY: '' }, 'The environment variable GITHUB_REPOSITORY is not a repository'],
    [{ GITHUB_REPOSITORY: 'a"b/c' }, 'GITHUB_REPOSITORY is not a repository: "a"b/c".'],
    [{ GITHUB_REPOSITORY: 'a/b/c' }, 'GITHUB_REPOSITORY is not a repository: "a/b/c".'],
    [{ GITHUB_REPOSITORY: 'a/b"c' }, 'GITHUB_REPOSITORY is not a repository: "a/b"c".'],
    [{ GITHUB_GRAPHQL_URL: 'graphql' }, 'GITHUB_GRAPHQL_URL is not a valid URL: "graphql".'],
    [{ GITHUB_GRAPHQL_URL: 'http://github.example/graphql' }, 'GITHUB_GRAPHQL_URL is not a valid'],
    [{ GITHUB_GRAPHQL_URL: 'ftp://127.0.0.1' }, 'GITHUB_GRAPHQL_URL is not a valid URL']
  ])('rejects the environment %j without a call', async (env, message) => {
    const github = await startGitHub()
    await expect(findPullRequests([1], TOKEN, 5, depsFor(github, env))).rejects.toThrow(message)
    expect(github.queries).toEqual([])
  })
})

describe('findPullRequests with errors of GitHub', () => {
  const rejected = async (
    intercept: (count: number, response: ServerResponse) => boolean,
    maxAttempts = 3
  ): Promise<{ message: string; attempts: number; waits: number[] }> => {
    const github = await startGitHub({ pullRequests: { 1: 'MERGED' }, intercept })
    const deps = depsFor(github)
    const error = await findPullRequests([1], TOKEN, maxAttempts, deps).then(
      () => new Error('resolved'),
      (thrown: unknown) => thrown as Error
    )
    expect(error.message).not.toContain(TOKEN)
    return { message: error.message, attempts: github.queries.length, waits: deps.waits }
  }

  test.each([[500], [502], [503]])('retries status %d', async (status) => {
    const github = await startGitHub({
      pullRequests: { 1: 'OPEN' },
      intercept: (count, response) => count < 3 && sendJson(response, status, { message: 'Oops' })
    })
    expect([...(await findPullRequests([1], TOKEN, 3, depsFor(github)))]).toEqual([[1, 'open']])
    expect(github.queries).toHaveLength(3)
  })

  test('tries as often as max-attempts allows', async () => {
    const { message, attempts } = await rejected((_, response) =>
      sendJson(response, 502, { message: 'Bad gateway' })
    )
    expect(attempts).toBe(3)
    expect(message).toMatch(
      /^Cannot read the pull requests from 127\.0\.0\.1:\d+: "status 502"\. .*Nothing was deleted\. Run the job again\.$/
    )
  })

  test.each([
    'Something went wrong while executing your query. Please include `0401:6C25` when reporting this issue.',
    "We couldn't respond to your request in time. Sorry about that."
  ])('retries a temporary failure with status 200: %s', async (text) => {
    const json = { data: { repository: { p1: null } }, errors: [{ message: text }] }
    const github = await startGitHub({
      pullRequests: { 1: 'OPEN' },
      intercept: (count, response) => count < 3 && sendJson(response, 200, json)
    })
    expect([...(await findPullRequests([1], TOKEN, 3, depsFor(github)))]).toEqual([[1, 'open']])
    const { message, attempts } = await rejected((_, response) => sendJson(response, 200, json))
    expect(attempts).toBe(3)
    expect(message).toMatch(
      /^Cannot read the pull requests of harbour\/tide\. .+ Run the job again\.$/
    )
  })

  test('retries a connection that is closed', async () => {
    const github = await startGitHub({
      pullRequests: { 1: 'OPEN' },
      intercept: (count, response) => {
        if (count === 1) response.destroy()
        return count === 1
      }
    })
    expect([...(await findPullRequests([1], TOKEN, 2, depsFor(github)))]).toEqual([[1, 'open']])
  })

  test('explains a token that GitHub does not accept', async () => {
    const { message, attempts } = await rejected((_, response) =>
      sendJson(response, 401, { message: 'Bad credentials' })
    )
    expect(attempts).toBe(1)
    expect(message).toContain('Check input "github-token": GitHub does not accept the token.')
  })

  test.each([
    [
      'a response with an error for each pull request',
      200,
      {
        data: { repository: { p1: null } },
        errors: [
          {
            type: 'FORBIDDEN',
            path: ['repository', 'p1'],
            message: 'Resource not accessible by integration'
          }
        ]
      }
    ],
    ['status 403', 403, { message: 'Resource not accessible by integration' }],
    ['status 404', 404, { message: 'Not Found' }],
    [
      'a repository that cannot be read',
      200,
      {
        data: { repository: null },
        errors: [{ type: 'NOT_FOUND', path: ['repository'], message: 'Could not resolve' }]
      }
    ]
  ])('explains a missing permission: %s', async (_, status, json) => {
    const { message, attempts } = await rejected((__, response) => sendJson(response, status, json))
    expect(attempts).toBe(1)
    expect(message).toContain('Nothing was deleted. Add the permission "pull-requests: read"')
  })

  test('waits for a secondary rate limit', async () => {
    const github = await startGitHub({
      pullRequests: { 1: 'OPEN' },
      intercept: (count, response) =>
        count === 1 &&
        sendJson(
          response,
          403,
          { message: 'You have exceeded a secondary rate limit.' },
          { 'retry-after': '7' }
        )
    })
    const deps = depsFor(github)
    expect([...(await findPullRequests([1], TOKEN, 2, deps))]).toEqual([[1, 'open']])
    expect(deps.waits).toEqual([7000])
  })

  const reset = String(NOW.getTime() / 1000 + 1800)
  test.each([
    ['status 403', 403, { message: 'API rate limit exceeded' }],
    [
      'an error of GraphQL',
      200,
      { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] }
    ],
    [
      'an error of GraphQL with a type that is not documented',
      200,
      {
        errors: [
          {
            type: 'RATE_LIMIT',
            code: 'graphql_rate_limit',
            message: 'API rate limit already exceeded for user ID 1.'
          }
        ]
      }
    ],
    [
      'an error of GraphQL without a type',
      200,
      { errors: [{ message: 'You have exceeded a secondary rate limit.' }] }
    ]
  ])('reports when a rate limit of more than a minute ends: %s', async (_, status, json) => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }
    const { message, attempts, waits } = await rejected((__, response) =>
      sendJson(response, status, json, headers)
    )
    expect({ attempts, waits }).toEqual({ attempts: 1, waits: [] })
    expect(message).toContain(
      'Run the job again after 2026-06-01T12:30:00.000Z, because the rate limit of the token is exceeded.'
    )
  })

  test.each<[string, unknown]>([
    ['without the repository', { data: {} }],
    ['without data', {}],
    ['without a pull request', { data: { repository: { databaseId: 4711 } } }],
    ['with an unknown state', { data: { repository: { p1: { state: 'DRAFT' } } } }],
    [
      'with a member of every object as state',
      { data: { repository: { p1: { state: 'constructor' } } } }
    ],
    ['with a state that is not a text', { data: { repository: { p1: { state: 1 } } } }],
    ['with a pull request that is not an object', { data: { repository: { p1: true } } }],
    ['that is a list', []]
  ])('rejects a response %s', async (_, json) => {
    const { message } = await rejected((__, response) => sendJson(response, 200, json))
    expect(message).toMatch(/^The response of GitHub is incomplete/)
  })

  test('rejects a response that is not JSON', async () => {
    const { message } = await rejected((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<h1>Login</h1>')
      return true
    })
    expect(message).toContain("did not come from GitHub's API")
    expect(message).toContain('Nothing was deleted.')
  })

  const accepted = { type: 'NOT_FOUND', path: ['repository', 'p1'], message: 'Not a number' }

  test.each<[string, object, string]>([
    ['without a type', { path: ['repository', 'p1'] }, ''],
    ['of another type', { type: 'INTERNAL', path: ['repository', 'p1'] }, ': "INTERNAL"'],
    ['of another number', { type: 'NOT_FOUND', path: ['repository', 'p2'] }, ': "NOT_FOUND"'],
    ['of another object', { type: 'NOT_FOUND', path: ['viewer', 'p1'] }, ': "NOT_FOUND"'],
    ['without a path', { type: 'NOT_FOUND' }, ': "NOT_FOUND"']
  ])('rejects an error %s, also beside an accepted one', async (_name, error, value) => {
    for (const others of [[], [accepted]]) {
      const { message } = await rejected((_, response) =>
        sendJson(response, 200, {
          data: { repository: { p1: null } },
          errors: [...others, { ...error, message: 'Something went wrong.' }]
        })
      )
      expect(message).toContain(
        `Cannot read the pull requests of harbour/tide${value}. Something went wrong. Nothing was deleted. `
      )
    }
  })
})
