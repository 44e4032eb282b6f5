import type { EcrPublicApi } from '../../src/runner/deps.js'
import { findRepositories } from '../../src/ecr-public/find-repositories.js'

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
