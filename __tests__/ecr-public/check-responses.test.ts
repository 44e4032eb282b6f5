import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  TagResourceCommand
} from '@aws-sdk/client-ecr-public'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeDeps } from '../helpers/make-deps.js'

let server: Server
let body: unknown
let requestId: string | undefined
let url: string

beforeAll(async () => {
  server = createServer((_request, response) => {
    const id = requestId === undefined ? {} : { 'x-amzn-requestid': requestId }
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', ...id })
    response.end(body === undefined ? '' : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const makeApi = (answer: unknown, id?: string) => {
  body = answer
  requestId = id
  return makeDeps({
    env: { AWS_ENDPOINT_URL_ECR_PUBLIC: url, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  }).api
}
const ask = (answer: unknown, id?: string): Promise<unknown> =>
  makeApi(answer, id).send(new DescribeRepositoriesCommand({}))
const create = (answer: unknown, id?: string): Promise<unknown> =>
  makeApi(answer, id).send(new CreateRepositoryCommand({ repositoryName: 'app' }))
const tag = (answer: unknown, id?: string): Promise<unknown> =>
  makeApi(answer, id).send(new TagResourceCommand({ resourceArn: 'arn', tags: [] }))

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

test.each([[undefined], [{}], [{ ok: true }]])(
  'rejects the response %j without an AWS request ID',
  async (answer) => {
    for (const call of [ask, create, tag]) {
      await expect(call(answer)).rejects.toMatchObject({
        message: 'The response is empty',
        $metadata: { httpStatusCode: 200 }
      })
    }
  }
)

test('rejects a response with an AWS request ID but without a required member', async () => {
  for (const answer of [undefined, {}, { ok: true }]) {
    await expect(create(answer, 'id')).rejects.toThrow('"CreateRepository.repository"')
    await expect(ask(answer, 'id')).rejects.toThrow('"DescribeRepositories.repositories"')
  }
})

test('accepts an empty response of an operation without members if it has a request ID', async () => {
  await expect(tag(undefined, 'id')).resolves.toBeDefined()
  await expect(tag({}, 'id')).resolves.toBeDefined()
})

test('accepts a response with the required member and without a request ID', async () => {
  await expect(create({ repository: {} })).resolves.toMatchObject({ repository: {} })
})
