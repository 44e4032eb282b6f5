import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand
} from '@aws-sdk/client-ecr-public'
import type { Tag } from '@aws-sdk/client-ecr-public'
import { openService, serviceError } from '../service.js'
import type { Service } from '../service.js'

async function newArn({ client, newRepository }: Service): Promise<string> {
  const { repositories } = await client.send(
    new DescribeRepositoriesCommand({ repositoryNames: [await newRepository()] })
  )
  return repositories![0]!.repositoryArn!
}

async function listTags({ client }: Service, resourceArn: string): Promise<Record<string, string>> {
  const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }))
  return Object.fromEntries(tags!.map(({ Key, Value }) => [Key!, Value!]))
}

function tagsOf(count: number): Tag[] {
  return Array.from({ length: count }, (_item, at) => ({ Key: `key-${String(at)}`, Value: 'v' }))
}

test('adds, replaces and removes tags by key', async () => {
  const service = await openService()
  const resourceArn = await newArn(service)
  expect(await listTags(service, resourceArn)).toEqual({})
  const tag = (tags: Tag[]): Promise<unknown> =>
    service.client.send(new TagResourceCommand({ resourceArn, tags }))
  await tag([
    { Key: 'owner', Value: 'team' },
    { Key: 'Owner', Value: '' }
  ])
  await tag([{ Key: 'owner', Value: 'other team' }])
  expect(await listTags(service, resourceArn)).toEqual({ owner: 'other team', Owner: '' })
  const tagKeys = ['Owner', 'never there']
  await service.client.send(new UntagResourceCommand({ resourceArn, tagKeys }))
  expect(await listTags(service, resourceArn)).toEqual({ owner: 'other team' })
})

test('creates a repository with tags', async () => {
  const service = await openService()
  const { repository } = await service.client.send(
    new CreateRepositoryCommand({ repositoryName: service.newName(), tags: tagsOf(3) })
  )
  expect(Object.keys(await listTags(service, repository!.repositoryArn!))).toHaveLength(3)
})

test('rejects a call that exceeds 50 tags per repository and changes nothing', async () => {
  const service = await openService()
  const resourceArn = await newArn(service)
  await service.client.send(new TagResourceCommand({ resourceArn, tags: tagsOf(50) }))
  const more = [
    { Key: 'key-0', Value: 'changed' },
    { Key: 'one more', Value: '' }
  ]
  await expect(
    service.client.send(new TagResourceCommand({ resourceArn, tags: more }))
  ).rejects.toEqual(serviceError('TooManyTagsException'))
  expect(await listTags(service, resourceArn)).toMatchObject({ 'key-0': 'v' })
})

test('rejects creating a repository with too many or invalid tags', async () => {
  const { client, newName } = await openService()
  const repositoryName = newName()
  const create = (tags: Tag[]): Promise<unknown> =>
    client.send(new CreateRepositoryCommand({ repositoryName, tags }))
  await expect(create(tagsOf(51))).rejects.toEqual(serviceError('TooManyTagsException'))
  await expect(create([{ Key: 'aws:owner', Value: '' }])).rejects.toEqual(
    serviceError('InvalidTagParameterException')
  )
  await expect(
    client.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))
  ).rejects.toEqual(serviceError('RepositoryNotFoundException'))
})

test.each([
  ['reserved', [{ Key: 'aws:owner', Value: 'a' }]],
  ['without a key', [{ Key: undefined, Value: 'a' }]],
  [
    'given twice',
    [
      { Key: 'a', Value: '1' },
      { Key: 'a', Value: '2' }
    ]
  ],
  ['with invalid characters', [{ Key: 'a<b>', Value: '' }]],
  ['with a value with invalid characters', [{ Key: 'a', Value: '<b>' }]]
])('rejects a tag key that is %s', async (_title, tags) => {
  const service = await openService()
  const resourceArn = await newArn(service)
  await expect(service.client.send(new TagResourceCommand({ resourceArn, tags }))).rejects.toEqual(
    serviceError('InvalidTagParameterException')
  )
})

test.each([
  [['aws:owner'], 'InvalidTagParameterException'],
  [tagsOf(51).map(({ Key }) => Key!), 'TooManyTagsException']
])('rejects removing a tag key that is not valid', async (tagKeys, name) => {
  const service = await openService()
  const resourceArn = await newArn(service)
  await expect(
    service.client.send(new UntagResourceCommand({ resourceArn, tagKeys }))
  ).rejects.toEqual(serviceError(name))
})

test.each([
  ['arn:aws:ecr-public::123456789012:registry/123456789012', 'InvalidParameterException'],
  ['arn:aws:ecr:us-east-1:123456789012:repository/app', 'InvalidParameterException'],
  ['app', 'InvalidParameterException'],
  ['arn:aws:ecr-public::123456789012:repository/not/there', 'RepositoryNotFoundException']
])('rejects the ARN %s with %s', async (resourceArn, name) => {
  const { client } = await openService()
  const calls = [
    () => client.send(new ListTagsForResourceCommand({ resourceArn })),
    () => client.send(new TagResourceCommand({ resourceArn, tags: [] })),
    () => client.send(new UntagResourceCommand({ resourceArn, tagKeys: [] }))
  ]
  for (const call of calls) await expect(call()).rejects.toEqual(serviceError(name))
})
