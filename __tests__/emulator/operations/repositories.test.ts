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

test('a repository is described as it was created', async () => {
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

test('a second repository of the same name is refused', async () => {
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

test('creation takes texts and resource tags, and gives the texts back', async () => {
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

test('one unknown name fails the whole description', async () => {
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
  'names and paging (%j) exclude each other',
  async (paging) => {
    const { client, newRepository } = await openService()
    const input = { repositoryNames: [await newRepository()], ...paging }
    await expect(client.send(new DescribeRepositoriesCommand(input))).rejects.toEqual(
      serviceError('InvalidParameterException')
    )
  }
)

test('all pages together are all repositories, each once', async () => {
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

test('a token that is none, or is of another list, is refused', async () => {
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

test('an empty repository is deleted and its description given back', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await pushBlob(client, repositoryName, Buffer.from('a layer is no image'))
  const { repository } = await client.send(new DeleteRepositoryCommand({ repositoryName }))
  expect(repository).toMatchObject({ repositoryName, createdAt: expect.any(Date) })
  await expect(client.send(new DeleteRepositoryCommand({ repositoryName }))).rejects.toEqual(
    serviceError(NOT_FOUND)
  )
})

test('a repository with images is deleted by force only', async () => {
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

test('uploads that are under way end with the repository', async () => {
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

test('the registry of the caller is described', async () => {
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

testOfEmulator('account, aliases, badge and host are as the options say', async () => {
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
  'before the first repository the registry is there, or by a switch not',
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

testOfEmulator('a registry holds a limited number of repositories', async () => {
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

testOfEmulator(
  'the layer operations have an error of their own for an unknown registry',
  async () => {
    const { client, newRepository } = await openService()
    const repositoryName = await newRepository()
    for (const registryId of ['a1b2c3d4', '123456789012']) {
      await client.send(new InitiateLayerUploadCommand({ repositoryName, registryId }))
    }
    await expect(
      client.send(new InitiateLayerUploadCommand({ repositoryName, registryId: 'nobody' }))
    ).rejects.toEqual(
      serviceError('RegistryNotFoundException', "The registry with id 'nobody' does not exist")
    )
  }
)

testOfEmulator.each([
  ['account', '123456789012'],
  ['alias', 'a1b2c3d4']
] as const)('messages name the registry by its %s', async (messageRegistryId, id) => {
  const { client } = await openService({ messageRegistryId })
  await expect(client.send(new DeleteRepositoryCommand({ repositoryName: 'app' }))).rejects.toEqual(
    serviceError(
      NOT_FOUND,
      `The repository with name 'app' does not exist in the registry with id '${id}'`
    )
  )
})
