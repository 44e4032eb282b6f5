import type { Registry, Repository } from '@aws-sdk/client-ecr-public'
import { isPartOf, nameOf, RegistryReader } from '../../src/ecr-public/registry-reader.js'
import type { EcrPublicApi } from '../../src/runner/deps.js'
import { makeDeps } from '../helpers/make-deps.js'

const ID = '123456789012'

interface Answers {
  readonly registries?: readonly Registry[]
  readonly repositories?: readonly Repository[]
  /** The name of an error for each operation that fails. */
  readonly errors?: Readonly<Record<string, string>>
  /** The message of the errors. The default is their name. */
  readonly message?: string
}

/** Creates a reader of an API that answers as given. The inputs of the calls are recorded. */
function createReader(answers: Answers, registryId?: string) {
  const { registries = [], repositories = [], errors = {}, message } = answers
  const inputs: object[] = []
  const send = (command: { readonly input: { readonly repositoryNames?: string[] } }) => {
    const { name } = command.constructor
    const { repositoryNames: names } = command.input
    inputs.push(command.input)
    const error = errors[name]
    if (error !== undefined) {
      return Promise.reject(Object.assign(new Error(message ?? error), { name: error }))
    }
    if (name === 'DescribeRegistriesCommand') return Promise.resolve({ registries })
    const found = repositories.filter(({ repositoryName = '' }) => names?.includes(repositoryName))
    return Promise.resolve({ repositories: names === undefined ? repositories : found })
  }
  const logged: string[] = []
  const { log } = makeDeps({ env: {} })
  const deps = {
    api: { send } as unknown as EcrPublicApi,
    log: { ...log, info: (text: string) => void logged.push(text) }
  }
  return { reader: new RegistryReader(deps, registryId), inputs, logged }
}

const registryOf = (registryUri: string, ...aliases: Registry['aliases'] & object): Registry => ({
  registryId: ID,
  registryArn: undefined,
  registryUri,
  verified: false,
  aliases
})
const aliasOf = (name: string, status: 'ACTIVE' | 'PENDING' | 'REJECTED') => ({
  name,
  status,
  primaryRegistryAlias: false,
  defaultRegistryAlias: false
})
const repositoryOf = (repositoryName: string, repositoryUri: string): Repository => ({
  registryId: ID,
  repositoryName,
  repositoryUri
})

describe('RegistryReader.describe', () => {
  test('returns only the active aliases, and the primary one first', async () => {
    const aliases = [
      aliasOf('a1', 'ACTIVE'),
      aliasOf('pending', 'PENDING'),
      aliasOf('rejected', 'REJECTED'),
      aliasOf('main', 'ACTIVE'),
      { ...aliasOf('x', 'ACTIVE'), name: undefined }
    ]
    const { reader } = createReader({ registries: [registryOf('public.ecr.aws/main', ...aliases)] })
    expect(await reader.describe()).toEqual({
      id: ID,
      host: 'public.ecr.aws',
      aliases: ['main', 'a1']
    })
  })

  test('returns the alias of the URI also if the list of aliases does not contain it', async () => {
    const registries = [registryOf('public.ecr.aws/main', aliasOf('a1', 'ACTIVE'))]
    const { reader } = createReader({ registries })
    expect((await reader.describe())?.aliases).toEqual(['main', 'a1'])
  })

  test('does not return an empty alias', async () => {
    const { reader } = createReader({ registries: [registryOf('', aliasOf('a1', 'ACTIVE'))] })
    expect((await reader.describe())?.aliases).toEqual(['a1'])
  })

  test.each([
    [undefined, true],
    [ID, true],
    ['main', true],
    ['210987654321', false],
    ['pending', false]
  ])('returns the registry of the caller only if it is the requested one: %s', async (id, isIt) => {
    const aliases = [aliasOf('main', 'ACTIVE'), aliasOf('pending', 'PENDING')]
    const registries = [registryOf('public.ecr.aws/main', ...aliases)]
    const { reader } = createReader({ registries }, id)
    expect((await reader.describe())?.id).toBe(isIt ? ID : undefined)
    expect(reader.isDescriptionDenied).toBe(false)
  })

  test('returns undefined if the call is denied, and throws other errors', async () => {
    const denied = createReader({ errors: { DescribeRegistriesCommand: 'AccessDeniedException' } })
    expect(await denied.reader.describe()).toBeUndefined()
    expect(denied.reader.isDescriptionDenied).toBe(true)
    const failed = createReader({ errors: { DescribeRegistriesCommand: 'ServerException' } })
    await expect(failed.reader.describe()).rejects.toThrow('ServerException')
  })
})

describe('RegistryReader.observe', () => {
  test('returns the host and alias of the first repository of the requested registry', async () => {
    const repositories = [repositoryOf('team/app', 'public.ecr.aws/main/team/app')]
    const { reader, inputs } = createReader({ repositories }, ID)
    const facts = { id: ID, host: 'public.ecr.aws', aliases: ['main'] }
    expect(await reader.observe()).toEqual(facts)
    expect(await reader.observe()).toEqual(facts)
    expect(inputs).toEqual([{ registryId: ID, maxResults: 1 }])
  })

  test.each([
    '',
    'public.ecr.aws',
    '/main/app',
    'public.ecr.aws//app',
    'public.ecr.aws/main/other'
  ])('does not use the URI %j of repository app', async (uri) => {
    const { reader } = createReader({ repositories: [repositoryOf('app', uri)] })
    expect(await reader.observe()).toBeUndefined()
  })

  test.each([
    ['AccessDeniedException', false],
    ['RepositoryNotFoundException', false],
    ['ServerException', true]
  ])('throws %s: %p', async (name, isThrown) => {
    const { reader } = createReader({ errors: { DescribeRepositoriesCommand: name } })
    if (isThrown) await expect(reader.observe()).rejects.toThrow(name)
    else expect(await reader.observe()).toBeUndefined()
  })
})

test('RegistryReader lists and reads repositories of the requested registry, each once', async () => {
  const repositories = ['b', 'a'].map((name) => repositoryOf(name, `public.ecr.aws/main/${name}`))
  const { reader, inputs } = createReader({ repositories }, ID)
  expect((await reader.find('b'))?.repositoryName).toBe('b')
  await reader.load(['b', 'b'])
  expect((await reader.list()).map(nameOf)).toEqual(['a', 'b'])
  expect(await reader.list()).toHaveLength(2)
  expect(await reader.find('c')).toBeUndefined()
  expect(inputs).toMatchObject([{ registryId: ID, repositoryNames: ['b'] }, { registryId: ID }])
  expect(inputs).toHaveLength(2)
})

describe('RegistryReader.logIdentity', () => {
  const registries = [{ ...registryOf('public.ecr.aws/main'), registryId: '111111111111' }]

  test('logs the account and the URI that a repository has, with no further call', async () => {
    const repositories = [
      { ...repositoryOf('a', ''), registryId: undefined },
      repositoryOf('b', 'public.ecr.aws/main/b')
    ]
    const { reader, inputs, logged } = createReader({ registries, repositories })
    await reader.load(['a', 'b', 'c'])
    await reader.logIdentity()
    expect(logged).toEqual([`Registry: ${ID} (public.ecr.aws/main)`])
    expect(inputs).toEqual([{ repositoryNames: ['a', 'b', 'c'] }])
  })

  test('logs the account in the message about a repository that does not exist', async () => {
    const errors = { DescribeRepositoriesCommand: 'RepositoryNotFoundException' }
    const { reader, logged } = createReader({ registries, errors })
    const message = `does not exist in the registry with id '${ID}'`
    for (const [text, expected] of [
      [message, `Registry: ${ID}`],
      ['does not exist', 'Registry: 111111111111 (public.ecr.aws/main)']
    ] as const) {
      const own = createReader({ registries, errors, message: text })
      await own.reader.find('a')
      await own.reader.logIdentity()
      expect(own.logged).toEqual([expected])
    }
    await reader.logIdentity()
    expect(logged).toEqual(['Registry: 111111111111 (public.ecr.aws/main)'])
  })

  test('reports that the registry is not known', async () => {
    const { reader, logged } = createReader({})
    await reader.logIdentity()
    expect(logged).toEqual(['Registry: not known, since the API did not return it'])
  })
})

test('nameOf rejects a repository without a name', () => {
  expect(nameOf({ repositoryName: 'app' })).toBe('app')
  for (const repositoryName of [undefined, '']) {
    expect(() => nameOf({ repositoryName })).toThrow('returned a repository without a name')
  }
})

test('isPartOf requires the host and an alias of the registry', () => {
  const facts = { id: ID, host: 'public.ecr.aws', aliases: ['main'] }
  expect(isPartOf(facts, 'public.ecr.aws', 'main')).toBe(true)
  expect(isPartOf(facts, 'ecr-public.aws.com', 'main')).toBe(true)
  expect(isPartOf(facts, 'other.io', 'main')).toBe(false)
  expect(isPartOf(facts, 'public.ecr.aws', 'other')).toBe(false)
  expect(isPartOf(undefined, 'public.ecr.aws', 'main')).toBe(false)
})
