import { request } from 'node:http'
import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import { OPERATION_NAMES } from '../../../src/emulator/model/operations.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { authorization, callApi } from '../call-api.js'
import { createClient } from '../create-client.js'

// Based on the protocol tests for AWS JSON 1.1 (smithy-lang/smithy, smithy-aws-protocol-tests), as
// far as they apply to a server, and on the checks of the front end that AWS services share.

const NAME = { repositoryName: 'app' }

test('a response has the content type, a request ID and no null values', async () => {
  const emulator = await startEmulator()
  const { status, headers, json, text } = await callApi(emulator, 'CreateRepository', NAME)
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/x-amz-json-1.1')
  expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(Number(headers.get('content-length'))).toBe(text.length)
  expect(json.catalogData).toEqual({})
  expect(text).not.toContain('null')
})

test('a timestamp is a number of seconds with a fraction', async () => {
  const emulator = await startEmulator({ now: () => new Date('2024-07-02T05:10:00.131Z') })
  const { json } = await callApi(emulator, 'CreateRepository', NAME)
  expect(json.repository.createdAt).toBe(1719897000.131)
})

test.each([['application/x-amz-json-1.1; charset=utf-8'], ['APPLICATION/X-AMZ-JSON-1.1']])(
  'accepts the content type %s',
  async (type) => {
    const emulator = await startEmulator()
    const answer = await callApi(emulator, 'DescribeRegistries', {}, { 'content-type': type })
    expect(answer.status).toBe(200)
  }
)

test.each([['application/json'], ['application/x-amz-json-1.0'], ['text/plain'], [null]])(
  'rejects the content type %s',
  async (type) => {
    const emulator = await startEmulator()
    const input = new TextEncoder().encode('{}')
    const answer = await callApi(emulator, 'DescribeRegistries', input, { 'content-type': type })
    expect(answer).toMatchObject({ status: 404, text: '<UnknownOperationException/>\n' })
  }
)

test.each([['PUT'], ['DELETE'], ['PATCH']])('rejects %s', async (method) => {
  const emulator = await startEmulator()
  const { status } = await fetch(emulator.url, { method })
  expect(status).toBe(404)
})

test('rejects a POST to another path', async () => {
  const emulator = await startEmulator()
  const answer = await callApi({ url: `${emulator.url}/other` }, 'DescribeRegistries')
  expect(answer.status).toBe(404)
})

test.each([
  ['SpencerFrontendService.BatchGetImage'],
  ['SpencerFrontendService.toString'],
  ['SpencerFrontendService.'],
  ['DescribeRegistries'],
  ['AmazonEC2ContainerRegistry_V20150921.DescribeRegistries'],
  [null]
])('rejects the target %s as an unknown operation', async (target) => {
  const emulator = await startEmulator()
  const answer = await callApi(emulator, '', {}, { 'x-amz-target': target })
  expect(answer).toMatchObject({ status: 400, json: { __type: 'UnknownOperationException' } })
})

test('accepts an empty body as an input without members', async () => {
  const emulator = await startEmulator()
  const { status, json } = await callApi(emulator, 'DescribeRepositories', '')
  expect({ status, json }).toEqual({ status: 200, json: { repositories: [] } })
})

test('operations without an output return an empty object', async () => {
  const emulator = await startEmulator()
  await callApi(emulator, 'CreateRepository', NAME)
  const resourceArn = 'arn:aws:ecr-public::123456789012:repository/app'
  const tagged = await callApi(emulator, 'TagResource', { resourceArn, tags: [{ Key: 'a' }] })
  const untagged = await callApi(emulator, 'UntagResource', { resourceArn, tagKeys: ['a'] })
  expect([tagged.text, untagged.text]).toEqual(['{}', '{}'])
})

test('ignores members that are null or unknown', async () => {
  const emulator = await startEmulator()
  const input = { ...NAME, catalogData: { description: null }, tags: null, colour: { red: 1 } }
  expect((await callApi(emulator, 'CreateRepository', input)).status).toBe(200)
})

test.each([['{'], ['nothing'], ['{"repositoryName": "app",}'], ['\u0000']])(
  'rejects a body that is not JSON (%j)',
  async (body) => {
    const emulator = await startEmulator()
    const answer = await callApi(emulator, 'CreateRepository', body)
    expect(answer).toMatchObject({ status: 400, json: { __type: 'SerializationException' } })
  }
)

test.each([
  ['[]', 'Unrecognized collection type class com.amazonaws.ecrpublic.CreateRepositoryRequest'],
  ['"app"', 'Unexpected field type'],
  ['null', 'Unexpected field type']
])('rejects a body that is not an object (%s)', async (body, message) => {
  const emulator = await startEmulator()
  const { json } = await callApi(emulator, 'CreateRepository', body)
  expect(json).toEqual({ __type: 'SerializationException', message })
})

test('serializationError=coral returns the error name of the front end', async () => {
  const emulator = await startEmulator({ serializationError: 'coral' })
  const { json } = await callApi(emulator, 'CreateRepository', '[')
  expect(json).toEqual({
    __type: 'com.amazon.coral.service#SerializationException',
    Message: expect.any(String)
  })
})

test('rejects a body above the maximum size and keeps the connection open', async () => {
  const emulator = await startEmulator()
  const body = Buffer.alloc(33 * 1024 * 1024, 0x20)
  const answer = await callApi(emulator, 'DescribeRegistries', body)
  expect(answer.json.__type).toBe('RequestEntityTooLargeException')
  expect((await callApi(emulator, 'DescribeRegistries')).status).toBe(200)
})

const SIGNED = authorization()

test.each([
  [{ authorization: null }, 'MissingAuthenticationTokenException', 'missing Authentication Token'],
  [{ authorization: 'Bearer abc' }, 'IncompleteSignatureException', "'Bearer'"],
  [
    { authorization: 'AWS4-HMAC-SHA256 Signature=00' },
    'IncompleteSignatureException',
    "requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter."
  ],
  [
    { authorization: SIGNED, 'x-amz-date': null },
    'IncompleteSignatureException',
    "existence of either a 'X-Amz-Date' or a 'Date' header"
  ],
  [
    { authorization: SIGNED.replace('/aws4_request', '') },
    'IncompleteSignatureException',
    'Credential must have exactly 5 slash-delimited elements'
  ],
  [
    { authorization: SIGNED.replace('/us-east-1', '/') },
    'IncompleteSignatureException',
    'Credential must have exactly 5 slash-delimited elements'
  ],
  [
    { authorization: authorization('us-east-1', 'ecr') },
    'InvalidSignatureException',
    "Credential should be scoped to correct service: 'ecr-public'."
  ]
])('rejects a request that is not signed for this service: %j', async (headers, type, message) => {
  const emulator = await startEmulator()
  const answer = await callApi(emulator, 'DescribeRegistries', {}, headers)
  expect(answer.status).toBe(400)
  expect(answer.json).toEqual({ __type: type, message: expect.stringContaining(message) })
})

test('error messages do not contain the signature', async () => {
  const emulator = await startEmulator()
  const header = 'AWS4-HMAC-SHA256 Signature=0123456789abcdef'
  const { text } = await callApi(emulator, 'DescribeRegistries', {}, { authorization: header })
  expect(text).not.toContain('0123456789abcdef')
})

test('accepts a presigned request', async () => {
  const emulator = await startEmulator()
  const query = 'X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fecr-public%2Faws4_request'
  const address = { url: `${emulator.url}/?${query}&X-Amz-Signature=00` }
  const answer = await callApi(address, 'DescribeRegistries', {}, { authorization: null })
  expect(answer.status).toBe(200)
})

test.each(OPERATION_NAMES)('%s is available in us-east-1 only', async (operation) => {
  const emulator = await startEmulator()
  const headers = { authorization: authorization('us-west-2') }
  const answer = await callApi(emulator, operation, {}, headers)
  expect(answer.json).toEqual({
    __type: 'UnsupportedCommandException',
    message: `${operation} command is only supported in us-east-1.`
  })
})

test('otherRegions=serve accepts other regions', async () => {
  const emulator = await startEmulator({ otherRegions: 'serve' })
  const client = createClient(emulator, { region: 'eu-west-1' })
  expect((await client.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
})

test('checks the target, signature, JSON, types and constraints in the order of the service', async () => {
  const emulator = await startEmulator()
  const typeOf = async (
    operation: string,
    body: string,
    headers: Record<string, string | null> = {}
  ): Promise<unknown> => (await callApi(emulator, operation, body, headers)).json.__type
  const unsigned = { authorization: null }
  expect(await typeOf('Nothing', '{', unsigned)).toBe('UnknownOperationException')
  expect(await typeOf('CreateRepository', '{', unsigned)).toBe(
    'MissingAuthenticationTokenException'
  )
  expect(await typeOf('CreateRepository', '{')).toBe('SerializationException')
  const wrongType = '{"repositoryName":"A","tags":1}'
  expect(await typeOf('CreateRepository', wrongType)).toBe('SerializationException')
  expect(await typeOf('CreateRepository', '{"repositoryName":"A"}')).toBe(
    'InvalidParameterException'
  )
})

test('a client that disconnects within a body does not change anything', async () => {
  const emulator = await startEmulator()
  await new Promise<void>((resolve) => {
    const call = request(emulator.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'SpencerFrontendService.CreateRepository',
        'x-amz-date': '20260101T000000Z',
        authorization: SIGNED,
        'content-length': 100
      }
    })
    call.on('error', () => resolve())
    call.write('{"repositoryName": "app"', () => call.destroy())
    call.on('close', () => resolve())
  })
  const { json } = await callApi(emulator, 'DescribeRepositories')
  expect(json.repositories).toEqual([])
  expect((await emulator.requests())[0]).toMatchObject({ operation: 'CreateRepository', status: 0 })
})

test('closing the server closes its store, and two servers run side by side', async () => {
  const [one, other] = [await startEmulator(), await startEmulator()]
  await callApi(one, 'CreateRepository', NAME)
  expect((await callApi(other, 'DescribeRepositories')).json.repositories).toEqual([])
  await one.close()
  await expect(callApi(one, 'DescribeRepositories')).rejects.toThrow()
})
