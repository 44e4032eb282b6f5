import { execFileSync } from 'node:child_process'
import { mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { findLocalFile, getLocalFile } from '../../src/runner/read-local-file.js'
import type { LocalFile } from '../../src/runner/read-local-file.js'
import { makeWorkspace } from '../helpers/make-workspace.js'

const SECRET = 'secret of the machine'

interface Machine {
  readonly root: string
  readonly workspace: string
  readonly read: (path: string) => Promise<LocalFile | undefined>
  readonly git: (...args: string[]) => void
}

/** Creates a machine with a workspace, a temporary directory, and a credential file outside of both. */
async function machine(files: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const root = await makeWorkspace({ 'home/.docker/config.json': SECRET, 'temp/about.md': 'about' })
  const workspace = join(root, 'work')
  await mkdir(workspace)
  for (const [path, text] of Object.entries(files)) await writeFile(join(workspace, path), text)
  const env = { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: join(root, 'temp') }
  return {
    root,
    workspace,
    read: (path) => findLocalFile(path, { input: 'readme', maxBytes: 1000, env }),
    git: (...args) => {
      const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
      execFileSync('git', ['-C', workspace, ...identity, ...args], { stdio: 'ignore' })
    }
  }
}

test('reads a file of the workspace by a relative and an absolute path, and through links inside', async () => {
  const { workspace, read } = await machine({ 'README.md': 'hello' })
  await mkdir(join(workspace, 'docs'))
  await symlink('../README.md', join(workspace, 'docs/link.md'))
  await symlink('docs', join(workspace, 'linked'))
  const names = ['README.md', join(workspace, 'README.md'), 'docs/link.md', 'linked/link.md']
  for (const path of names) {
    const file = await read(path)
    expect(file?.bytes.toString()).toBe('hello')
    expect(file?.path).toBe(await realpath(join(workspace, 'README.md')))
  }
})

test('reads a file of RUNNER_TEMP that is named without links', async () => {
  const { root, read } = await machine()
  expect((await read(join(root, 'temp/about.md')))?.bytes.toString()).toBe('about')
  expect((await read('../temp/about.md'))?.bytes.toString()).toBe('about')
})

test('returns undefined for a file that does not exist, and for a link to one', async () => {
  const { workspace, read } = await machine({ file: '' })
  await symlink('/nonexistent/file', join(workspace, 'dangling'))
  for (const path of ['missing', 'missing/README.md', 'file/README.md', 'dangling']) {
    expect(await read(path)).toBeUndefined()
  }
})

test.each<readonly [string, (at: Machine) => Promise<string>]>([
  ['a path outside', async ({ root }) => Promise.resolve(join(root, 'home/.docker/config.json'))],
  ['a path with ..', async () => Promise.resolve('../home/.docker/config.json')],
  [
    'a link to a file outside',
    async ({ root, workspace }) => {
      await symlink(join(root, 'home/.docker/config.json'), join(workspace, 'README.md'))
      return 'README.md'
    }
  ],
  [
    'a link to a link outside',
    async ({ root, workspace }) => {
      await symlink(join(root, 'home/.docker/config.json'), join(workspace, 'one'))
      await symlink('one', join(workspace, 'README.md'))
      return 'README.md'
    }
  ],
  [
    'a directory that is a link',
    async ({ root, workspace }) => {
      await symlink(join(root, 'home/.docker'), join(workspace, 'docs'))
      return 'docs/config.json'
    }
  ],
  [
    'a path that leaves the workspace through a link and ..',
    async ({ root, workspace }) => {
      await mkdir(join(root, 'home/deep'))
      await symlink(join(root, 'home/deep'), join(workspace, 'docs'))
      await symlink('docs/../.docker/config.json', join(workspace, 'README.md'))
      return 'README.md'
    }
  ],
  [
    'a link in RUNNER_TEMP',
    async ({ root }) => {
      await symlink(join(root, 'home/.docker/config.json'), join(root, 'temp/link.md'))
      return join(root, 'temp/link.md')
    }
  ],
  [
    'a link within RUNNER_TEMP',
    async ({ root }) => {
      await symlink('about.md', join(root, 'temp/link.md'))
      return join(root, 'temp/link.md')
    }
  ],
  [
    'a link from the workspace to RUNNER_TEMP',
    async ({ root, workspace }) => {
      await symlink(join(root, 'temp/about.md'), join(workspace, 'README.md'))
      return 'README.md'
    }
  ],
  [
    'the config of the checkout',
    async ({ git }) => {
      git('init')
      return Promise.resolve('.git/config')
    }
  ],
  [
    'a link to the config of the checkout',
    async ({ git, workspace }) => {
      git('init')
      await symlink('.git/config', join(workspace, 'README.md'))
      return 'README.md'
    }
  ],
  [
    'a link to the git directory of the checkout',
    async ({ git, workspace }) => {
      git('init')
      await symlink('.git', join(workspace, 'docs'))
      return 'docs/config'
    }
  ],
  [
    'the config of a git directory with another name',
    async ({ git }) => {
      git('init', '--bare', 'mirror')
      return Promise.resolve('mirror/config')
    }
  ],
  [
    'a file in the git directory of a worktree',
    async ({ git }) => {
      git('init', '--separate-git-dir', 'data')
      git('commit', '--allow-empty', '-m', 'a')
      git('worktree', 'add', 'tree')
      return Promise.resolve('data/worktrees/tree/gitdir')
    }
  ],
  ['the environment of the process', async () => Promise.resolve('/proc/self/environ')],
  [
    'a link to the environment of the process',
    async ({ workspace }) => {
      await symlink('/proc/self/environ', join(workspace, 'README.md'))
      return 'README.md'
    }
  ]
])('does not read %s', async (_name, prepare) => {
  const at = await machine()
  const path = await prepare(at)
  await expect(at.read(path)).rejects.toThrow(/^Input "readme" names a file that must not be read/)
})

test('does not read a directory, a FIFO, a socket or a device', async () => {
  const { workspace, read } = await machine()
  await mkdir(join(workspace, 'directory'))
  execFileSync('mkfifo', [join(workspace, 'fifo')])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(workspace, 'socket'), resolve))
  for (const [path, kind] of [
    ['directory', 'a directory'],
    ['fifo', 'a FIFO'],
    ['socket', 'a socket']
  ] as const) {
    await expect(read(path)).rejects.toThrow(`It is ${kind}.`)
  }
  await expect(read('/dev/null')).rejects.toThrow(/must not be read/)
  await new Promise((resolve) => server.close(resolve))
})

test('rejects a file above the limit, and getLocalFile a file that does not exist', async () => {
  const { workspace, read } = await machine({
    'README.md': 'x'.repeat(1001),
    fits: 'x'.repeat(1000)
  })
  await expect(read('README.md')).rejects.toThrow(/too large: .* It has 1001 bytes\./)
  expect((await read('fits'))?.bytes).toHaveLength(1000)
  const env = { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: '/nonexistent' }
  const options = { input: 'readme', maxBytes: 1000, env }
  await expect(getLocalFile('missing', options)).rejects.toThrow(/does not exist/)
  expect((await getLocalFile('fits', options)).bytes).toHaveLength(1000)
})

test('never returns a file outside, also if links replace the path while it is read', async () => {
  const { root, workspace, read } = await machine()
  const real = join(workspace, 'real')
  const link = join(workspace, 'link')
  const docs = join(workspace, 'docs')
  await mkdir(real)
  await writeFile(join(real, 'config.json'), 'public')
  await symlink(join(root, 'home/.docker'), link)
  const end = new AbortController()
  const swaps = (async () => {
    while (!end.signal.aborted) {
      await rename(real, docs)
      await rename(docs, real)
      await rename(link, docs)
      await rename(docs, link)
    }
  })()
  const results: string[] = []
  // On a busy machine, the links may not be replaced during the first runs.
  const isTooFew = (): boolean => new Set(results).size === 1 && results.length < 20_000
  for (let run = 0; run < 500 || isTooFew(); run++) {
    results.push(
      await read('docs/config.json').then(
        (file) => file?.bytes.toString() ?? 'missing',
        (error: unknown) => (error as Error).message.replace(/:.*/, '')
      )
    )
  }
  end.abort()
  await swaps
  await rm(link)
  expect(results).not.toContain(SECRET)
  expect(new Set(results).size).toBeGreaterThan(1)
})
