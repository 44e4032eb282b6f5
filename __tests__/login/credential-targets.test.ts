import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listCredentialTargets } from '../../src/login/credential-targets.js'
import type { Machine } from '../../src/login/credential-targets.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Creates a machine with an empty home directory, these variables and, by default, no PATH. */
async function machine(
  env: Record<string, string> = {},
  more: Partial<Machine> = {}
): Promise<Machine & { readonly home: string }> {
  const home = await temporaryDirectory()
  const expand = (value: string): string => value.replace('~', home)
  const expanded = Object.entries(env).map(([name, value]) => [name, expand(value)])
  const variables = { HOME: home, USERPROFILE: home, ...Object.fromEntries(expanded) }
  return { env: variables, platform: 'linux', uid: 4242, ...more, home }
}

async function put(path: string, text = '{}'): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
}

async function paths(of: Machine & { readonly home: string }): Promise<string[]> {
  const targets = await listCredentialTargets(of, { warning: () => undefined })
  return targets.map(({ path, readers }) => `${path.replace(of.home, '~')} ${readers.join('+')}`)
}

describe("Docker's config.json", () => {
  test.each([
    [{}, '~/.docker/config.json docker'],
    [{ DOCKER_CONFIG: '~/elsewhere' }, '~/elsewhere/config.json docker'],
    [{ DOCKER_CONFIG: '' }, '~/.docker/config.json docker']
  ])('with %j is %s', async (env, expected) => {
    expect(await paths(await machine(env))).toEqual([expected])
  })
})

describe('the auth.json of podman, buildah and skopeo', () => {
  test('is REGISTRY_AUTH_FILE if it is set', async () => {
    expect(await paths(await machine({ REGISTRY_AUTH_FILE: '~/auth.json' }))).toContain(
      '~/auth.json containers'
    )
  })

  test.each(['podman', 'buildah', 'skopeo'])('is written if %s is installed', async (tool) => {
    const given = await machine({ PATH: '/nowhere:~/bin', XDG_RUNTIME_DIR: '~/run' })
    await mkdir(join(given.home, 'run'))
    await put(join(given.home, 'bin', tool), '')
    expect(await paths(given)).toHaveLength(1)
    await chmod(join(given.home, 'bin', tool), 0o755)
    expect(await paths(given)).toContain('~/run/containers/auth.json containers')
  })

  test.each(['run/containers/auth.json', '.config/containers/auth.json'])(
    'is the default file if ~/%s exists',
    async (used) => {
      const given = await machine({ XDG_RUNTIME_DIR: '~/run' })
      await mkdir(join(given.home, 'run'))
      await put(join(given.home, used))
      expect(await paths(given)).toContain('~/run/containers/auth.json containers')
    }
  )

  test.each([
    ['a runtime directory that does not exist', { XDG_RUNTIME_DIR: '~/none' }, {}],
    ['macOS', {}, { platform: 'darwin' as const }],
    ['Windows', {}, { platform: 'win32' as const }]
  ])('is in the home directory with %s', async (_name, env, more) => {
    const given = await machine(env, more)
    await put(join(given.home, '.config', 'containers', 'auth.json'))
    expect(await paths(given)).toContain('~/.config/containers/auth.json containers')
  })

  test('is in /run/containers without XDG_RUNTIME_DIR, if that directory can be created', async () => {
    const given = await machine({ XDG_CONFIG_HOME: '~/xdg' })
    await put(join(given.home, 'xdg', 'containers', 'auth.json'))
    const expected =
      process.getuid?.() === 0
        ? '/run/containers/4242/auth.json containers'
        : '~/xdg/containers/auth.json containers'
    expect(await paths(given)).toContain(expected)
  })

  test("is listed once if it is a symbolic link to Docker's file", async () => {
    const given = await machine({ REGISTRY_AUTH_FILE: '~/auth.json' })
    await mkdir(join(given.home, '.docker'))
    await symlink('.docker/config.json', join(given.home, 'auth.json'))
    expect(await paths(given)).toEqual(['~/.docker/config.json docker+containers'])
  })

  test("is listed once if its directory is a symbolic link to Docker's directory", async () => {
    const given = await machine({ REGISTRY_AUTH_FILE: '~/link/config.json' })
    await mkdir(join(given.home, '.docker'))
    await symlink('.docker', join(given.home, 'link'))
    expect(await paths(given)).toEqual(['~/.docker/config.json docker+containers'])
  })
})

describe('the config.json of helm', () => {
  test.each<[string, Record<string, string>, Partial<Machine>]>([
    ['.config/helm/registry/config.json', {}, {}],
    ['xdg/helm/registry/config.json', { XDG_CONFIG_HOME: '~/xdg' }, {}],
    ['helm/registry/config.json', { HELM_CONFIG_HOME: '~/helm', XDG_CONFIG_HOME: '~/xdg' }, {}],
    ['helm.json', { HELM_REGISTRY_CONFIG: '~/helm.json', HELM_CONFIG_HOME: '~/helm' }, {}],
    ['Library/Preferences/helm/registry/config.json', {}, { platform: 'darwin' }],
    ['roaming/helm/registry/config.json', { APPDATA: '~/roaming' }, { platform: 'win32' }],
    ['AppData/Roaming/helm/registry/config.json', {}, { platform: 'win32' }]
  ])('is written if ~/%s exists', async (path, env, more) => {
    const given = await machine(env, more)
    expect(await paths(given)).toEqual(['~/.docker/config.json docker'])
    await put(join(given.home, path))
    expect(await paths(given)).toEqual(['~/.docker/config.json docker', `~/${path} helm`])
  })
})

test('rejects a malformed file with its path and the position of the error, and keeps it', async () => {
  const given = await machine()
  const path = join(given.home, '.docker', 'config.json')
  await put(path, '{"auths": ')
  await expect(listCredentialTargets(given, { warning: () => undefined })).rejects.toThrow(
    /^The credential file is malformed: ".*config\.json"\. The text is not valid JSON\. The JSON parser reports [a-z ]+ in line 1, column \d+\. .*not changed\.$/
  )
  expect(await readFile(path, 'utf8')).toBe('{"auths": ')
})
