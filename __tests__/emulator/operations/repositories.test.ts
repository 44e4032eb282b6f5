import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRegistriesCommand,
  DescribeRepositoriesCommand,
  InitiateLayerUploadCommand,
  paginateDescribeRepositories,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import {
  IS_LIVE,
  openService,
  pushBlob,
  pushImage,
  serviceError,
  testOfEmulator
} from '../service.js'

const NOT_FOUND = 'RepositoryNotFoundException'

test('describes a repository as it was created', async () => {
  const { client, newName } = await openService()
  const repositoryName = newName()
  const { repository, catalogData } = await client.send(
    new CreateRepositoryCommand({ repositoryName })
  )
  expect(catalogData).toEqual({})
  expect(repository).toEqual({
    repositoryArn: `arn:aws:ecr-public::${repository!.registryId!}:repository/${repositoryName}`,
    registryId: expect.stringMatching(/^[0-9]{12}$/),
    repositoryName,
    repositoryUri: expect.stringMatching(new RegExp(`^[^/]+/[^/]+/${repositoryName}$`)),
    createdAt: expect.any(Date)
  })
  const { repositories } = await client.send(
    new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] })
  )
  expect(repositories).toEqual([repository])
})

test('rejects a second repository of the same name', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await expect(client.send(new CreateRepositoryCommand({ repositoryName }))).rejects.toEqual(
    serviceError(
      'RepositoryAlreadyExistsException',
      new RegExp(
        `^The repository with name '${repositoryName}' already exists in the registry with id '`
      )
    )
  )
})

test('creates a repository with texts and resource tags and returns the texts', async () => {
  const { client, newName } = await openService()
  const repositoryName = newName()
  const catalogData = { description: 'One', aboutText: '# Two', usageText: 'Three' }
  const created = await client.send(
    new CreateRepositoryCommand({
      repositoryName,
      catalogData: { ...catalogData, architectures: ['ARM 64'], operatingSystems: ['Linux'] },
      tags: [{ Key: 'owner', Value: 'team' }]
    })
  )
  expect(created.catalogData).toMatchObject({
    ...catalogData,
    architectures: ['ARM 64'],
    operatingSystems: ['Linux']
  })
})

test('fails if one of the requested repositories does not exist', async () => {
  const { client, newRepository, newName } = await openService()
  const repositoryNames = [await newRepository(), newName()]
  await expect(client.send(new DescribeRepositoriesCommand({ repositoryNames }))).rejects.toEqual(
    serviceError(
      NOT_FOUND,
      /^The repository with name '.*' does not exist in the registry with id '/
    )
  )
})

test.each([[{ maxResults: 5 }], [{ nextToken: 'abc' }]])(
  'rejects names together with paging (%j)',
  async (paging) => {
    const { client, newRepository } = await openService()
    const input = { repositoryNames: [await newRepository()], ...paging }
    await expect(client.send(new DescribeRepositoriesCommand(input))).rejects.toEqual(
      serviceError('InvalidParameterException')
    )
  }
)

test('the pages contain each repository exactly once', async () => {
  const { client, newRepository } = await openService()
  const created = [await newRepository(), await newRepository(), await newRepository()]
  const found: string[] = []
  let pages = 0
  for await (const page of paginateDescribeRepositories({ client, pageSize: 2 }, {})) {
    pages++
    expect(page.repositories!.length).toBeLessThanOrEqual(2)
    found.push(...page.repositories!.map(({ repositoryName }) => repositoryName!))
  }
  expect(found).toEqual(expect.arrayContaining(created))
  expect(new Set(found).size).toBe(found.length)
  expect(IS_LIVE ? 2 : pages).toBe(2)
})

test('rejects a token that is invalid or belongs to another list', async () => {
  const { client, newRepository } = await openService()
  await newRepository()
  await newRepository()
  await expect(
    client.send(new DescribeRepositoriesCommand({ nextToken: 'nonsense' }))
  ).rejects.toEqual(serviceError('InvalidParameterException'))
  const { nextToken } = await client.send(new DescribeRepositoriesCommand({ maxResults: 1 }))
  expect(nextToken).toEqual(expect.any(String))
  await expect(client.send(new DescribeRegistriesCommand({ nextToken }))).rejects.toEqual(
    serviceError('InvalidParameterException')
  )
})

test('deletes an empty repository and returns its description', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await pushBlob(client, repositoryName, Buffer.from('a layer'))
  const { repository } = await client.send(new DeleteRepositoryCommand({ repositoryName }))
  expect(repository).toMatchObject({ repositoryName, createdAt: expect.any(Date) })
  await expect(client.send(new DeleteRepositoryCommand({ repositoryName }))).rejects.toEqual(
    serviceError(NOT_FOUND)
  )
})

test('deletes a repository with images only with force', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await pushImage(client, repositoryName, 'one', 'v1')
  await expect(client.send(new DeleteRepositoryCommand({ repositoryName }))).rejects.toEqual(
    serviceError(
      'RepositoryNotEmptyException',
      new RegExp(
        `^The repository with name '${repositoryName}' in registry with id '.*' cannot be deleted because it still contains images$`
      )
    )
  )
  await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
})

test('deleting a repository ends its uploads', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }))
  await client.send(new DeleteRepositoryCommand({ repositoryName }))
  await client.send(new CreateRepositoryCommand({ repositoryName }))
  const part = { partFirstByte: 0, partLastByte: 0, layerPartBlob: Buffer.from('a') }
  await expect(
    client.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }))
  ).rejects.toEqual(serviceError('UploadNotFoundException'))
})

test('describes the registry of the caller', async () => {
  const { client, newRepository } = await openService()
  await newRepository()
  const { registries } = await client.send(new DescribeRegistriesCommand({}))
  expect(registries).toHaveLength(1)
  const { registryId, registryArn, registryUri, aliases, verified } = registries![0]!
  expect(registryArn).toBe(`arn:aws:ecr-public::${registryId!}:registry/${registryId!}`)
  expect(registryUri).toMatch(/^[^/]+\/[a-z][a-z0-9._-]+$/)
  expect(verified).toEqual(expect.any(Boolean))
  expect(aliases).toContainEqual({
    name: registryUri!.split('/')[1],
    status: 'ACTIVE',
    primaryRegistryAlias: true,
    defaultRegistryAlias: expect.any(Boolean)
  })
})

testOfEmulator('the options set account, aliases, badge and host', async () => {
  const { client, newRepository } = await openService({
    account: '000000000042',
    alias: 'team',
    otherAliases: [{ name: 'other', status: 'PENDING' }],
    verified: true,
    registryHost: 'public.ecr.aws'
  })
  await newRepository()
  const { registries } = await client.send(new DescribeRegistriesCommand({ maxResults: 1 }))
  expect(registries).toEqual([
    {
      registryId: '000000000042',
      registryArn: 'arn:aws:ecr-public::000000000042:registry/000000000042',
      registryUri: 'public.ecr.aws/team',
      verified: true,
      aliases: [
        { name: 'team', status: 'ACTIVE', primaryRegistryAlias: true, defaultRegistryAlias: true },
        {
          name: 'other',
          status: 'PENDING',
          primaryRegistryAlias: false,
          defaultRegistryAlias: false
        }
      ]
    }
  ])
  const { repositories } = await client.send(
    new DescribeRepositoriesCommand({ registryId: '000000000042' })
  )
  expect(repositories![0]!.repositoryUri).toMatch(/^public\.ecr\.aws\/team\//)
})

testOfEmulator(
  'the registry exists before its first repository, or does not with registryBeforeRepository=empty',
  async () => {
    const present = await openService()
    const empty = await openService({ registryBeforeRepository: 'empty' })
    const describe = new DescribeRegistriesCommand({})
    expect((await present.client.send(describe)).registries).toHaveLength(1)
    expect((await empty.client.send(describe)).registries).toEqual([])
    await empty.newRepository()
    expect((await empty.client.send(describe)).registries).toHaveLength(1)
  }
)

testOfEmulator('limits the number of repositories per registry', async () => {
  const { newRepository } = await openService({ limits: { repositories: 1 } })
  await newRepository()
  await expect(newRepository()).rejects.toEqual(serviceError('LimitExceededException'))
})

testOfEmulator.each([
  ['not-found', NOT_FOUND, /in the registry with id '999999999999'$/],
  ['access-denied', 'AccessDeniedException', /on resource: arn:aws:ecr-public::999999999999:/]
] as const)("another account's registry is %s", async (foreignRegistry, name, message) => {
  const { client, newRepository } = await openService({ foreignRegistry })
  const repositoryName = await newRepository()
  const registryId = '999999999999'
  for (const input of [{ registryId }, { registryId, repositoryNames: [repositoryName] }]) {
    await expect(client.send(new DescribeRepositoriesCommand(input))).rejects.toEqual(
      serviceError(name, message)
    )
  }
})

testOfEmulator('the layer operations have a separate error for an unknown registry', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  for (const registryId of ['a1b2c3d4', '123456789012']) {
    await client.send(new InitiateLayerUploadCommand({ repositoryName, registryId }))
  }
  await expect(
    client.send(new InitiateLayerUploadCommand({ repositoryName, registryId: 'unknown' }))
  ).rejects.toEqual(
    serviceError('RegistryNotFoundException', "The registry with id 'unknown' does not exist")
  )
})

testOfEmulator.each([
  ['account', '123456789012'],
  ['alias', 'a1b2c3d4']
] as const)('messages contain the %s of the registry', async (messageRegistryId, id) => {
  const { client } = await openService({ messageRegistryId })
  await expect(client.send(new DeleteRepositoryCommand({ repositoryName: 'app' }))).rejects.toEqual(
    serviceError(
      NOT_FOUND,
      `The repository with name 'app' does not exist in the registry with id '${id}'`
    )
  )
})
