import type { EcrPublicApi } from '../../src/runner/deps.js'
import { findRepositories } from '../../src/ensure-repo/find-repositories.js'

/** A registry that answers only for names, as IAM has it where a policy names repositories. */
function registryWithoutList(existing: readonly string[]): EcrPublicApi {
  const send = ({ input }: { input: { repositoryNames?: string[] } }): Promise<unknown> => {
    const { repositoryNames } = input
    if (repositoryNames === undefined) return refuse('AccessDeniedException')
    const isUnknown = repositoryNames.some((name) => !existing.includes(name))
    if (isUnknown) return refuse('RepositoryNotFoundException')
    const repositories = repositoryNames.map((repositoryName) => ({ repositoryName }))
    return Promise.resolve({ repositories })
  }
  return { send } as unknown as EcrPublicApi
}

function refuse(name: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(name), { name }))
}

test('many names are asked for one by one where the whole list is denied', async () => {
  const names = Array.from({ length: 120 }, (_, at) => `app-${at}`)
  const existing = names.filter((_, at) => at % 3 === 0)
  const found = await findRepositories(names, registryWithoutList(existing), undefined)
  expect([...found.keys()]).toEqual(existing)
})

test('an error that says nothing about existence is handed on', async () => {
  const api = { send: () => refuse('ServerException') } as unknown as EcrPublicApi
  for (const names of [['a'], ['a', 'b']]) {
    await expect(findRepositories(names, api, undefined)).rejects.toThrow('ServerException')
  }
})
