import { jest } from '@jest/globals'
import { createQuerySender } from '../../../src/cleanup-tags/github/send-query.js'
import type { RequestSender } from '../../../src/http/request-sender.js'
import { makeDeps } from '../../helpers/make-deps.js'

const ENV = {
  GITHUB_API_URL: 'https://github.example/api/v3',
  GITHUB_GRAPHQL_URL: 'https://github.example/api/graphql'
}

function setUp(signal: AbortSignal = new AbortController().signal) {
  const respond = jest.fn<RequestSender>(() => {
    const body = Buffer.from('{"data":{"viewer":1}}')
    const headers = { 'content-type': 'application/json' }
    return Promise.resolve({ status: 200, reason: 'OK', headers, body })
  })
  const deps = makeDeps({ env: ENV }, { signal, sleep: () => Promise.resolve() })
  return { respond, sender: createQuerySender('secret', 3, deps, respond) }
}

describe('createQuerySender', () => {
  test('sends the token only to the URL of the GraphQL API, with the given sender', async () => {
    const { respond, sender } = setUp()
    const send = await sender
    expect(await send('query { viewer }')).toEqual({ data: { viewer: 1 }, errors: [] })
    expect(respond).toHaveBeenCalledTimes(1)
    const [{ url, method, headers, body }] = respond.mock.calls[0]!
    expect(`${method} ${url.href}`).toBe('POST https://github.example/api/graphql')
    expect(headers).toMatchObject({ authorization: 'token secret' })
    expect(headers['user-agent']).toContain('ecr-public-action')
    expect(body).toBe('{"query":"query { viewer }"}')
  })

  test('does not send a query after the run was cancelled', async () => {
    const { respond, sender } = setUp(AbortSignal.abort(new Error('cancelled')))
    const send = await sender
    await expect(send('query { viewer }')).rejects.toThrow('cancelled')
    expect(respond).not.toHaveBeenCalled()
  })

  test('does not retry a query after the run was cancelled', async () => {
    const controller = new AbortController()
    const { respond, sender } = setUp(controller.signal)
    const send = await sender
    respond.mockImplementation(() => {
      controller.abort(new Error('cancelled'))
      return Promise.reject(new Error('aborted'))
    })
    await expect(send('query { viewer }')).rejects.toThrow('cancelled')
    expect(respond).toHaveBeenCalledTimes(1)
  })
})
