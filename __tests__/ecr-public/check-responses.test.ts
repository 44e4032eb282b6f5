import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeDeps } from '../helpers/make-deps.js'

let server: Server
let body: unknown
let url: string

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const ask = (answer: unknown): Promise<unknown> => {
  body = answer
  const { api } = makeDeps({
    env: { AWS_ENDPOINT_URL_ECR_PUBLIC: url, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  })
  return api.send(new DescribeRepositoriesCommand({}))
}

test.each([
  [{ repositories: 'team/app' }, 'DescribeRepositories.repositories', 'a list'],
  [{ repositories: [7] }, 'DescribeRepositories.repositories[0]', 'an object'],
  [
    { repositories: [{}, { repositoryName: ['a'] }] },
    'DescribeRepositories.repositories[1].repositoryName',
    'a string'
  ]
])('rejects the response %j and names the member', async (answer, path, expected) => {
  await expect(ask(answer)).rejects.toThrow(
    `The response of the endpoint does not match the ECR Public API: "${path}". The member has to be ${expected}. `
  )
})

test('accepts a response with unknown members and without optional ones', async () => {
  const answer = { repositories: [{ repositoryName: 'team/app', novelty: 1 }], other: null }
  await expect(ask(answer)).resolves.toMatchObject({
    repositories: [{ repositoryName: 'team/app' }]
  })
})
