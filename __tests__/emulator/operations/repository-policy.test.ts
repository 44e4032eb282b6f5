import {
  DeleteRepositoryPolicyCommand,
  GetRepositoryPolicyCommand,
  SetRepositoryPolicyCommand
} from '@aws-sdk/client-ecr-public'
import { openService, serviceError, testOfEmulator } from '../service.js'

const STATEMENT = {
  Sid: 'push',
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: ['ecr-public:PutImage', 'ecr-public:InitiateLayerUpload']
}
const policyOf = (...statements: object[]): string =>
  JSON.stringify({ Version: '2008-10-17', Statement: statements })

testOfEmulator('returns a policy in the format of Java', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const policyText = policyOf(STATEMENT, { ...STATEMENT, Condition: {}, Action: '*' })
  const answer = await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
  expect(answer.policyText).toBe(`{
  "Version" : "2008-10-17",
  "Statement" : [ {
    "Sid" : "push",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "*"
    },
    "Action" : [ "ecr-public:PutImage", "ecr-public:InitiateLayerUpload" ]
  }, {
    "Sid" : "push",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "*"
    },
    "Action" : "*",
    "Condition" : { }
  } ]
}`)
})

test('sets, returns, replaces and deletes a policy without changing its meaning', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const policyText = policyOf(STATEMENT)
  const set = await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
  expect(JSON.parse(set.policyText!)).toEqual(JSON.parse(policyText))
  expect(set).toMatchObject({ repositoryName, registryId: expect.stringMatching(/^[0-9]{12}$/) })
  const replaced = policyOf({ ...STATEMENT, Sid: 'other' })
  await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: replaced }))
  const got = await client.send(new GetRepositoryPolicyCommand({ repositoryName }))
  expect(JSON.parse(got.policyText!)).toEqual(JSON.parse(replaced))
  const deleted = await client.send(new DeleteRepositoryPolicyCommand({ repositoryName }))
  expect(deleted).toMatchObject({ repositoryName, policyText: got.policyText })
  for (const call of [
    () => client.send(new GetRepositoryPolicyCommand({ repositoryName })),
    () => client.send(new DeleteRepositoryPolicyCommand({ repositoryName }))
  ]) {
    await expect(call()).rejects.toEqual(
      serviceError(
        'RepositoryPolicyNotFoundException',
        new RegExp(
          `^Repository policy does not exist for the repository with name '${repositoryName}' in the registry with id '`
        )
      )
    )
  }
})

test.each([
  ['no JSON', '{'],
  ['the empty text', ''],
  ['a list', '[]'],
  ['no statement', '{"Version":"2012-10-17"}'],
  ['an empty list of statements', policyOf()],
  ['another version', '{"Version":"2020-01-01","Statement":[]}'],
  ['a statement that is a string', '{"Version":"2012-10-17","Statement":"Allow"}'],
  ['no effect', policyOf({ ...STATEMENT, Effect: undefined })],
  ['no principal', policyOf({ ...STATEMENT, Principal: undefined })],
  ['no action', policyOf({ ...STATEMENT, Action: undefined })],
  ['an action without a service', policyOf({ ...STATEMENT, Action: 'PutImage' })],
  ['a resource', policyOf({ ...STATEMENT, Resource: '*' })]
])('rejects a policy that is %s', async (_title, policyText) => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await expect(
    client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
  ).rejects.toEqual(serviceError('InvalidParameterException', /Invalid repository policy provided/))
})

testOfEmulator.each([
  ['*', '*'],
  [{ AWS: '*' }, ['ecr-public:GetRepositoryPolicy', 'ecr-public:Set*']],
  ['*', 'ecr-public:SetRepositoryPolicy']
])('requires force for a policy that denies %j the action %j', async (Principal, Action) => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const input = { repositoryName, policyText: policyOf({ Effect: 'Deny', Principal, Action }) }
  await expect(client.send(new SetRepositoryPolicyCommand(input))).rejects.toEqual(
    serviceError('InvalidParameterException', /force/)
  )
  await client.send(new SetRepositoryPolicyCommand({ ...input, force: true }))
})

test('does not require force for a denial that can be undone', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const policyText = policyOf({ Effect: 'Deny', Principal: '*', Action: 'ecr-public:PutImage' })
  await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
})
