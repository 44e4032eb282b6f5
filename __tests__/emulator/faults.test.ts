import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeRegistriesCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand
} from '@aws-sdk/client-ecr-public'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { callApi } from './call-api.js'
import { createClient } from './create-client.js'
import { digestOf } from './service.js'

const CREATE = { operation: 'CreateRepository' }
const APP = { repositoryName: 'app' }

async function names({ url }: RunningEmulator): Promise<string[]> {
  const { json } = await callApi({ url }, 'DescribeRepositories')
  return json.repositories.map(({ repositoryName }) => repositoryName)
}

test.each([
  ['throttle', 400, 'ThrottlingException', 'Rate exceeded'],
  ['server-error', 500, 'ServerException', /server-side/],
  [
    'expired-token',
    400,
    'ExpiredTokenException',
    'The security token included in the request is expired'
  ],
  [
    'clock-skew',
    400,
    'InvalidSignatureException',
    /^Signature expired: .* is now earlier than .* \(.* - 5 min\.\)$/
  ],
  ['invalid-signature', 400, 'InvalidSignatureException', /^The request signature we calculated/],
  [
    'access-denied',
    400,
    'AccessDeniedException',
    /^User: arn:aws:iam::123456789012:user\/emulator is not authorized to perform: ecr-public:CreateRepository on resource: .* because no identity-based policy allows the ecr-public:CreateRepository action$/
  ]
])('%s returns the error of the service and changes nothing', async (fault, status, type, text) => {
  const emulator = await startEmulator()
  await emulator.fault({ ...CREATE, fault, count: 1 })
  const answer = await callApi(emulator, 'CreateRepository', APP)
  expect(answer.status).toBe(status)
  expect(answer.json).toEqual({ __type: type, message: expect.stringMatching(text) })
  expect(await names(emulator)).toEqual([])
  expect((await callApi(emulator, 'CreateRepository', APP)).status).toBe(200)
})

test('the SDK retries throttling and service errors', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ ...CREATE, fault: 'throttle', count: 1 })
  await emulator.fault({ ...CREATE, fault: 'server-error', count: 1 })
  await createClient(emulator, { maxAttempts: 3 }).send(new CreateRepositoryCommand(APP))
  const requests = await emulator.requests()
  expect(requests.map(({ status }) => status)).toEqual([400, 500, 200])
})

test('the SDK corrects its clock by the date of the response', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: '*', fault: 'clock-skew', count: 1 })
  await createClient(emulator, { maxAttempts: 2 }).send(new DescribeRegistriesCommand({}))
  expect((await emulator.requests()).map(({ status }) => status)).toEqual([400, 200])
})

test('reset-before changes nothing, reset-after keeps the change', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ ...CREATE, fault: 'reset-before', count: 1 })
  await expect(callApi(emulator, 'CreateRepository', APP)).rejects.toThrow()
  expect(await names(emulator)).toEqual([])
  await emulator.fault({ ...CREATE, fault: 'reset-after', count: 1 })
  await expect(callApi(emulator, 'CreateRepository', APP)).rejects.toThrow()
  expect(await names(emulator)).toEqual(['app'])
  const statuses = (await emulator.requests())
    .filter(({ operation }) => operation === 'CreateRepository')
    .map(({ status }) => status)
  expect(statuses).toEqual([0, 0])
})

test('slow delays the response, and a client that does not wait changes nothing', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: 'DescribeRegistries', fault: 'slow', delayMs: 1, count: 1 })
  expect((await callApi(emulator, 'DescribeRegistries')).status).toBe(200)
  await emulator.fault({ ...CREATE, fault: 'slow', delayMs: 600_000, count: 1 })
  const call = new AbortController()
  const sent = createClient(emulator).send(new CreateRepositoryCommand(APP), {
    abortSignal: call.signal
  })
  while (!(await emulator.operations()).includes('CreateRepository')) await names(emulator)
  call.abort()
  await expect(sent).rejects.toThrow()
  expect(await names(emulator)).toEqual([])
})

test.each([['truncate'], ['malformed'], ['wrong-content-type']])(
  '%s performs the operation, but the response cannot be read',
  async (fault) => {
    const emulator = await startEmulator()
    await emulator.fault({ ...CREATE, fault, count: 1 })
    const client = createClient(emulator)
    await expect(client.send(new CreateRepositoryCommand(APP))).rejects.toThrow()
    expect(await names(emulator)).toEqual(['app'])
  }
)

test('truncate sends the complete content length', async () => {
  const emulator = await startEmulator()
  await emulator.fault({ operation: 'DescribeRegistries', fault: 'truncate', count: 1 })
  await expect(callApi(emulator, 'DescribeRegistries')).rejects.toThrow()
  await emulator.fault({ operation: 'DescribeRegistries', fault: 'malformed', count: 1 })
  const { status, text, json } = await callApi(emulator, 'DescribeRegistries')
  expect({ status, json }).toEqual({ status: 200, json: undefined })
  expect(text).toMatch(/^\{"registries/)
})

test('partial fails every second item of a batch', async () => {
  const seed = {
    repositories: [{ name: 'app', images: ['a', 'b', 'c'].map((tag) => ({ tags: [tag] })) }]
  }
  const emulator = await startEmulator({ seed })
  const client = createClient(emulator)
  await emulator.fault({ operation: '*', fault: 'partial', count: 2 })
  const imageIds = ['a', 'b', 'c'].map((imageTag) => ({ imageTag }))
  const deleted = await client.send(new BatchDeleteImageCommand({ ...APP, imageIds }))
  expect(deleted.imageIds!.map(({ imageTag }) => imageTag)).toEqual(['a', 'c'])
  expect(deleted.failures).toEqual([
    { imageId: { imageTag: 'b' }, failureCode: 'KmsError', failureReason: expect.any(String) }
  ])
  const layerDigests = ['a', 'b'].map(digestOf)
  const checked = await client.send(
    new BatchCheckLayerAvailabilityCommand({ ...APP, layerDigests })
  )
  expect(checked.layers).toHaveLength(1)
  expect(checked.failures).toHaveLength(1)
})

test('access-denied can report a permission of another service', async () => {
  const emulator = await startEmulator()
  const operation = 'GetAuthorizationToken'
  await emulator.fault({ operation, fault: 'access-denied', action: 'sts:GetServiceBearerToken' })
  const client = createClient(emulator)
  await expect(client.send(new GetAuthorizationTokenCommand({}))).rejects.toThrow(
    'is not authorized to perform: sts:GetServiceBearerToken on resource: * because'
  )
})

describe('rules', () => {
  test('a rule without count applies until it is deleted', async () => {
    const emulator = await startEmulator()
    await emulator.fault({ operation: '*', fault: 'throttle' })
    const statuses = async (): Promise<number[]> => [
      (await callApi(emulator, 'DescribeRegistries')).status,
      (await callApi(emulator, 'DescribeRepositories')).status
    ]
    expect(await statuses()).toEqual([400, 400])
    await emulator.clearFaults()
    expect(await statuses()).toEqual([200, 200])
  })

  test('a rule with probability applies reproducibly for a seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const emulator = await startEmulator({
        faults: [{ operation: '*', fault: 'throttle', probability: 0.5, seed }]
      })
      const statuses: number[] = []
      for (let at = 0; at < 40; at++) {
        statuses.push((await callApi(emulator, 'DescribeRegistries')).status)
      }
      return statuses
    }
    const first = await run(7)
    expect(await run(7)).toEqual(first)
    expect(await run(8)).not.toEqual(first)
    expect(first.filter((status) => status === 400).length).toBeGreaterThan(5)
    expect(first.filter((status) => status === 200).length).toBeGreaterThan(5)
  })

  test('a probability of 0 never applies, a probability of 1 always does', async () => {
    for (const [probability, status] of [
      [0, 200],
      [1, 400]
    ] as const) {
      const emulator = await startEmulator({
        faults: [{ operation: '*', fault: 'throttle', probability }]
      })
      for (let at = 0; at < 5; at++) {
        expect((await callApi(emulator, 'DescribeRegistries')).status).toBe(status)
      }
    }
  })

  test('the list of rules shows the remaining count', async () => {
    const emulator = await startEmulator()
    await emulator.fault({ operation: 'DescribeRegistries', fault: 'throttle', count: 2 })
    await callApi(emulator, 'DescribeRegistries')
    const rules = await (await fetch(`${emulator.url}/_emulator/faults`)).json()
    expect(rules).toEqual([
      { operation: 'DescribeRegistries', fault: 'throttle', count: 1, delayMs: 2000 }
    ])
  })

  test.each([
    [[], 'A fault is not valid. Use a JSON object'],
    ['throttle', 'A fault is not valid. Use a JSON object'],
    [
      { fault: 'throttle' },
      'Fault: "operation" is missing. Use * or one of BatchCheckLayerAvailability'
    ],
    [{ operation: 'Nothing', fault: 'throttle' }, 'Fault: "operation" is not valid: "Nothing"'],
    [{ operation: '*' }, 'Fault: "fault" is missing. Use one of throttle, server-error'],
    [{ operation: '*', fault: 'explode' }, 'Fault: "fault" is not valid: "explode"'],
    [
      { operation: '*', fault: 'slow', times: 1 },
      'Fault: The member "times" is unknown. Use count, probability'
    ],
    [{ operation: '*', fault: 'slow', count: -1 }, 'Fault: "count" is not valid: -1'],
    [{ operation: '*', fault: 'slow', count: 1.5 }, 'Fault: "count" is not valid: 1.5'],
    [{ operation: '*', fault: 'slow', probability: 2 }, 'Fault: "probability" is not valid: 2'],
    [{ operation: '*', fault: 'slow', probability: '1' }, 'Fault: "probability" is not valid: "1"'],
    [{ operation: '*', fault: 'slow', delayMs: 1e9 }, 'Fault: "delayMs" is not valid: 1000000000'],
    [
      { operation: '*', fault: 'slow', count: 1, probability: 1 },
      'has both "count" and "probability"'
    ],
    [{ operation: '*', fault: 'access-denied', action: 1 }, 'Fault: "action" is not valid: 1'],
    [{ operation: 'PutImage', fault: 'partial' }, 'does not apply to the operation "PutImage"']
  ])('rejects an invalid rule (%j)', async (rule, message) => {
    const emulator = await startEmulator()
    const response = await fetch(`${emulator.url}/_emulator/faults`, {
      method: 'POST',
      body: JSON.stringify(Array.isArray(rule) ? [rule] : rule)
    })
    expect(response.status).toBe(400)
    expect(((await response.json()) as { error: string }).error).toContain(message)
    await expect(startEmulator({ faults: [rule] })).rejects.toThrow(message)
  })

  test('adds all rules of a request, or none of them', async () => {
    const { url } = await startEmulator()
    const rule = { operation: 'PutImage', fault: 'throttle', count: 1, delayMs: 2000 }
    const post = (...rules: unknown[]): Promise<Response> =>
      fetch(`${url}/_emulator/faults`, { method: 'POST', body: JSON.stringify(rules) })
    const current = async (): Promise<unknown> => (await fetch(`${url}/_emulator/faults`)).json()
    expect((await post(rule, { ...rule, operation: 'Nothing' })).status).toBe(400)
    expect(await current()).toEqual([])
    expect(await (await post(rule, { ...rule, count: 2 })).json()).toEqual([
      rule,
      { ...rule, count: 2 }
    ])
    expect((await post({ ...rule, count: 3 }, null)).status).toBe(400)
    expect(await current()).toEqual([rule, { ...rule, count: 2 }])
  })
})

describe('permissions', () => {
  test('an operation that is not allowed is denied with the ARN of its repository', async () => {
    const emulator = await startEmulator({ allow: ['ecr-public:Describe*'] })
    const client = createClient(emulator)
    await client.send(new DescribeRepositoriesCommand({}))
    await expect(client.send(new CreateRepositoryCommand(APP))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::123456789012:user/emulator is not authorized to perform: ecr-public:CreateRepository on resource: arn:aws:ecr-public::123456789012:repository/app because no identity-based policy allows the ecr-public:CreateRepository action'
    })
    const resourceArn = 'arn:aws:ecr-public::123456789012:repository/a/b'
    const { json } = await callApi(emulator, 'ListTagsForResource', { resourceArn })
    expect(json.message).toContain(`on resource: ${resourceArn} because`)
  })

  test.each([
    [['ecr-public:*'], 'sts:GetServiceBearerToken'],
    [['sts:*'], 'ecr-public:GetAuthorizationToken'],
    [['*'], undefined],
    [['ecr-public:getauthorizationtoken', 'sts:GetServiceBearerToken'], undefined]
  ])('GetAuthorizationToken requires two permissions (allowed: %j)', async (allow, missing) => {
    const emulator = await startEmulator({ allow })
    const { status, json } = await callApi(emulator, 'GetAuthorizationToken')
    expect(status).toBe(missing === undefined ? 200 : 400)
    const denial = `is not authorized to perform: ${String(missing)} on resource: *`
    expect(missing === undefined || json.message.includes(denial)).toBe(true)
  })
})
