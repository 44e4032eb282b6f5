import type { EcrPublicApi } from '../../src/runner/deps.js'
import { findRepositories, findRepository } from '../../src/ecr-public/find-repositories.js'

/** Creates a registry that allows only requests with names, as an IAM policy for specific repositories does. */
function registryWithoutList(existing: readonly string[]): EcrPublicApi {
  const send = ({ input }: { input: { repositoryNames?: string[] } }): Promise<unknown> => {
    const { repositoryNames } = input
    if (repositoryNames === undefined) return reject('AccessDeniedException')
    const isUnknown = repositoryNames.some((name) => !existing.includes(name))
    if (isUnknown) return reject('RepositoryNotFoundException')
    const repositories = repositoryNames.map((repositoryName) => ({ repositoryName }))
    return Promise.resolve({ repositories })
  }
  return { send } as unknown as EcrPublicApi
}

function reject(name: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(name), { name }))
}

test('many names are searched one by one if the list is denied', async () => {
  const names = Array.from({ length: 120 }, (_, at) => `app-${at}`)
  const existing = names.filter((_, at) => at % 3 === 0)
  const found = await findRepositories(names, { api: registryWithoutList(existing) })
  expect([...found.keys()]).toEqual(existing)
})

test('an error of another kind is thrown', async () => {
  const api = { send: () => reject('ServerException') } as unknown as EcrPublicApi
  for (const names of [['a'], ['a', 'b']]) {
    await expect(findRepositories(names, { api })).rejects.toThrow('ServerException')
  }
})

/** Answers with these repositories, and records the inputs of the calls. */
function answer(...names: readonly string[]) {
  const inputs: unknown[] = []
  const send = ({ input }: { input: unknown }): Promise<unknown> => {
    inputs.push(input)
    return Promise.resolve({ repositories: names.map((repositoryName) => ({ repositoryName })) })
  }
  return { api: { send } as unknown as EcrPublicApi, inputs }
}

test.each([1, 2, 120])(
  'rejects a repository that was not requested, of %d names',
  async (count) => {
    const names = Array.from({ length: count }, (_, at) => `app-${at}`)
    const { api } = answer('app-0', 'other')
    await expect(findRepositories(names, { api })).rejects.toThrow(
      'DescribeRepositories returned a repository that was not requested: "other".'
    )
  }
)

test('does not return a repository that the response does not contain', async () => {
  expect(await findRepository('a', { api: answer().api })).toBeUndefined()
  expect((await findRepositories(['a', 'b'], { api: answer('b').api })).has('a')).toBe(false)
})

test('searches the requested registry only, in as few calls as possible', async () => {
  const { api, inputs } = answer('app-0')
  const names = Array.from({ length: 120 }, (_, at) => `app-${at}`)
  await findRepositories(names, { api, registryId: '123456789012' })
  await findRepository('app-0', { api, registryId: '123456789012' })
  const chunks = [names.slice(0, 100), names.slice(100), ['app-0']]
  expect(inputs).toEqual(
    chunks.map((repositoryNames) => ({ registryId: '123456789012', repositoryNames }))
  )
})

test('many names are selected from the list of the requested registry if one does not exist', async () => {
  const names = Array.from({ length: 11 }, (_, at) => `app-${at}`)
  const messages: string[] = []
  const inputs: unknown[] = []
  const send = ({ input }: { input: { repositoryNames?: string[] } }): Promise<unknown> => {
    inputs.push(input)
    if (input.repositoryNames !== undefined) return reject('RepositoryNotFoundException')
    const listed = [...names.slice(1), 'other'].map((repositoryName) => ({ repositoryName }))
    return Promise.resolve({ repositories: listed })
  }
  const found = await findRepositories(names, {
    api: { send } as unknown as EcrPublicApi,
    registryId: '123456789012',
    onNotFound: (message) => void messages.push(message)
  })
  expect([...found.keys()]).toEqual(names.slice(1))
  expect(messages).toEqual(['RepositoryNotFoundException'])
  expect(inputs).toMatchObject([
    { registryId: '123456789012', repositoryNames: names },
    { registryId: '123456789012', maxResults: 1000 }
  ])
})
