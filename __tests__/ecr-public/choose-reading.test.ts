import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import { resolveRepositories } from '../../src/ecr-public/resolve-repositories.js'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { makeDeps } from '../helpers/make-deps.js'
import { startEmulator } from '../helpers/start-emulator.js'

/** The actions of a role that is not allowed to call DescribeRegistries. */
const WITHOUT_REGISTRIES = ['ecr-public:DescribeRepositories']

interface Failures {
  /** Is thrown when repositories are listed. */
  readonly listError?: Error
  /** Is thrown when a repository without `team/` at the beginning of its name is read. */
  readonly outsideError?: Error
}

/** Returns the names that the lines of input `repository` select. */
async function resolve(
  lines: string,
  names: readonly string[],
  { listError, outsideError, ...options }: EmulatorOptions & Failures = {}
): Promise<string[]> {
  const repositories = names.map((name) => ({ name }))
  const emulator = await startEmulator({ seed: { repositories }, ...options })
  const { api, ...deps } = makeDeps(emulator)
  const intercepted = interceptApi(api, (command, send) => {
    if (!(command instanceof DescribeRepositoriesCommand)) return send(command)
    const requested = command.input.repositoryNames
    const isOutside = requested?.some((name) => !name.startsWith('team/')) === true
    const error = requested === undefined ? listError : isOutside ? outsideError : undefined
    return error === undefined ? send(command) : Promise.reject(error)
  })
  const text = lines.replace('HOST', emulator.host)
  const resolved = await resolveRepositories(text.split('\n'), { ...deps, api: intercepted })
  return resolved.map(({ name }) => name)
}

function errorNamed(name: string): Error {
  return Object.assign(new Error('no list'), { name })
}

describe('a name whose first segment could be an alias, without DescribeRegistries', () => {
  test('is the name of the repository that exists, although its rest is a repository too', async () => {
    const options = { allow: WITHOUT_REGISTRIES }
    expect(await resolve('team/app', ['app', 'team/app'], options)).toEqual(['team/app'])
    expect(await resolve('a1b2c3d5/app', ['app', 'a1b2c3d5/app'], options)).toEqual([
      'a1b2c3d5/app'
    ])
  })

  test('is a new name if an IAM policy allows only the repositories of a namespace', async () => {
    const denied = errorNamed('AccessDeniedException')
    const options = { allow: WITHOUT_REGISTRIES, listError: denied, outsideError: denied }
    expect(await resolve('team/new', ['team/app', 'new'], options)).toEqual(['team/new'])
    await expect(resolve('other/new', ['team/app'], options)).rejects.toBe(denied)
  })

  test('is the same name in a second run if the namespace is also the alias of the registry', async () => {
    const denied = errorNamed('AccessDeniedException')
    const options = { allow: WITHOUT_REGISTRIES, listError: denied, outsideError: denied }
    const names = ['team/app', 'app']
    expect(await resolve('team/app', names, { ...options, alias: 'team' })).toEqual(['team/app'])
    await expect(
      resolve('team/app\nteam/new', names, { ...options, alias: 'team' })
    ).rejects.toThrow('can mean the repository "team/new" or the repository "new". Use the URI')
  })

  test('is not guessed if reading the rest fails with another error', async () => {
    const options = {
      allow: WITHOUT_REGISTRIES,
      listError: errorNamed('AccessDeniedException'),
      outsideError: errorNamed('ServerException')
    }
    await expect(resolve('team/new', [], options)).rejects.toBe(options.outsideError)
  })

  test.each([
    ['tools', false],
    ['abcdefgh', false],
    ['abcdefg1', true],
    ['ab1cdefg', true],
    ['a1b2c3d5', true],
    ['1abcdefg', false],
    ['a1b2c3d', false],
    ['a1b2c3d4e', false],
    ['xa1b2c3d5', false],
    ['a1b2c3d5-x', false],
    ['a-1b2c3d5', false]
  ])('%s: is rejected if it looks like an alias that AWS assigned: %j', async (first, isAlias) => {
    const resolved = resolve(`${first}/new`, ['app'], { allow: WITHOUT_REGISTRIES })
    if (isAlias)
      await expect(resolved).rejects.toThrow(`"${first}" could belong to another registry`)
    else expect(await resolved).toEqual([`${first}/new`])
  })
})

describe('a name in a namespace that is also the alias of the registry, with an IAM policy for the namespace', () => {
  const denied = errorNamed('AccessDeniedException')
  const options = { alias: 'team', listError: denied, outsideError: denied }

  test('is the repository that exists', async () => {
    expect(await resolve('team/app', ['team/app', 'app'], options)).toEqual(['team/app'])
  })

  test('is not guessed if the repository does not exist', async () => {
    await expect(resolve('team/new', ['team/app'], options)).rejects.toBe(denied)
    await expect(resolve('team/app\nteam/new', ['team/app'], options)).rejects.toThrow(
      'is ambiguous'
    )
  })
})

describe('a name after the alias of the registry, if repositories cannot be listed', () => {
  const line = 'a1b2c3d4/new'

  test('is used if listing is not permitted', async () => {
    const listError = errorNamed('AccessDeniedException')
    expect(await resolve(line, ['app'], { listError })).toEqual(['new'])
  })

  test('is not guessed after another error', async () => {
    const listError = errorNamed('ServerException')
    await expect(resolve(line, ['app'], { listError })).rejects.toThrow('no list')
  })

  test('is ambiguous if a listed name begins with the alias', async () => {
    await expect(resolve(line, ['app', 'a1b2c3d4/app'])).rejects.toThrow(
      'can mean the repository "a1b2c3d4/new" or the repository "new". Use the URI, which begins with "127.0.0.1'
    )
  })
})

describe('a URI', () => {
  test.each([['HOST/z1zzzzzz/app'], ['HOST/z1zzzzzz/*'], ['ghcr.io/a1b2c3d4/app']])(
    'names the prefix of the registry if it is in another one: %s',
    async (line) => {
      await expect(resolve(line, ['app'])).rejects.toThrow(
        /^Input "repository" contains the host or alias of another registry: .* The URIs of the registry begin with 127\.0\.0\.1:\d+\/a1b2c3d4\/\. Check the credentials/
      )
    }
  )

  test('is confirmed by the repository itself if others must not be read', async () => {
    const options = { allow: WITHOUT_REGISTRIES, listError: errorNamed('AccessDeniedException') }
    expect(await resolve('HOST/a1b2c3d4/app', ['app'], options)).toEqual(['app'])
    await expect(resolve('HOST/a1b2c3d4/new', ['app'], options)).rejects.toThrow('does not confirm')
  })
})
