import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findLinkBase } from '../../src/sync-catalog/find-link-base.js'
import { findGitCheckout } from '../../src/sync-catalog/git-checkout.js'
import type { Source } from '../../src/sync-catalog/read-source.js'
import { resolveLink } from '../../src/sync-catalog/markdown/resolve-link.js'
import { makeWorkspace } from '../helpers/make-workspace.js'

const SOURCE: Source = {
  serverUrl: 'https://github.com',
  repository: 'acme/app',
  ref: 'main',
  sha: '0123456789abcdef0123456789abcdef01234567',
  branch: 'main',
  isPrivate: false
}

const workspaceWith = async (files: Readonly<Record<string, string>>): Promise<string> =>
  realpathSync(await makeWorkspace(files))

/** Runs git without the configuration of the machine, and returns its output. */
function git(directory: string, ...args: readonly string[]): string {
  const options = [
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@example.com',
    '-c',
    'protocol.file.allow=always'
  ]
  const env = {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null'
  }
  const output = execFileSync('git', ['-C', directory, ...options, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'ignore']
  })
  return output.toString().trim()
}

/** Makes a directory a checkout of this remote, and returns its commit. */
function checkOut(directory: string, remote?: string): string {
  mkdirSync(directory, { recursive: true })
  git(directory, 'init', '-b', 'main')
  git(directory, 'add', '-A')
  git(directory, 'commit', '--allow-empty', '-m', 'a')
  if (remote !== undefined) git(directory, 'remote', 'add', 'origin', remote)
  return git(directory, 'rev-parse', 'HEAD')
}

/** Returns the URL of a relative link of a file in the workspace, or the reason why there is none. */
function resolve(workspace: string, file: string, link: string, source = SOURCE): unknown {
  const result = findLinkBase(join(workspace, file), workspace, source)
  return 'base' in result ? resolveLink(link, 'page', result.base) : result.reason
}

const url = (repository: string, ref: string, path: string): unknown => ({
  url: `https://github.com/${repository}/blob/${ref}/${path}`
})

test('a README of the workspace leads to the repository of the workflow', async () => {
  const workspace = await workspaceWith({ 'README.md': '', 'docs/x.md': '' })
  expect(resolve(workspace, 'README.md', 'docs/x.md')).toEqual(url('acme/app', 'main', 'docs/x.md'))
  checkOut(workspace, 'https://github.com/Acme/App.git')
  expect(resolve(workspace, 'README.md', 'docs/x.md')).toEqual(url('acme/app', 'main', 'docs/x.md'))
  expect(resolve(workspace, 'docs/x.md', 'y.md')).toEqual({
    url: 'https://github.com/acme/app/blob/main/docs/y.md',
    fault: 'missing'
  })
})

test('a workspace with a remote that is not on GitHub belongs to the repository of the workflow', async () => {
  const workspace = await workspaceWith({ 'README.md': '' })
  checkOut(workspace, '/srv/mirror/app.git')
  expect(resolve(workspace, 'README.md', 'README.md')).toEqual(url('acme/app', 'main', 'README.md'))
})

test('a workspace with another repository of GitHub leads to it', async () => {
  const workspace = await workspaceWith({ 'README.md': '' })
  const head = checkOut(workspace, 'git@github.com:other/lib.git')
  expect(resolve(workspace, 'README.md', 'README.md')).toEqual(url('other/lib', head, 'README.md'))
})

test.each([
  'https://github.com/other/lib',
  'https://github.com/other/lib.git',
  'https://x-access-token:secret@github.com/other/lib.git/',
  'http://www.github.com/other/lib.git',
  'git@github.com:other/lib.git',
  'ssh://git@github.com/other/lib.git',
  'ssh://git@ssh.github.com:443/other/lib.git',
  'git://github.com/other/lib.git'
])('a second checkout with the remote %s leads to that repository at its HEAD', async (remote) => {
  const workspace = await workspaceWith({ 'other/docs/README.md': '', 'other/x.md': '' })
  checkOut(workspace, 'https://github.com/acme/app')
  const head = checkOut(join(workspace, 'other'), remote)
  expect(resolve(workspace, 'other/docs/README.md', '../x.md')).toEqual(
    url('other/lib', head, 'x.md')
  )
  git(join(workspace, 'other'), 'pack-refs', '--all')
  expect(resolve(workspace, 'other/docs/README.md', '/x.md')).toEqual(
    url('other/lib', head, 'x.md')
  )
  git(join(workspace, 'other'), 'checkout', '--detach')
  // A link from a file around the checkout leads to it, too.
  expect(resolve(workspace, 'README.md', 'other/x.md')).toEqual(url('other/lib', head, 'x.md'))
})

test.each([
  undefined,
  'https://gitlab.com/other/lib.git',
  '/srv/lib.git',
  'C:/lib/x',
  'https://github.com/other/lib.wiki.git'
])('links of a second checkout with the remote %s are not changed', async (remote) => {
  const workspace = await workspaceWith({ 'other/README.md': '' })
  checkOut(join(workspace, 'other'), remote)
  expect(resolve(workspace, 'other/README.md', 'x.md')).toBe('unknown-checkout')
  expect(resolve(workspace, 'README.md', 'other/README.md')).toEqual({
    url: undefined,
    fault: 'unknown-checkout'
  })
})

test('a checkout of the commit of the run belongs to the repository of the workflow', async () => {
  const workspace = await workspaceWith({ 'src/README.md': '', 'src/x.md': '' })
  const sha = checkOut(join(workspace, 'src'))
  expect(resolve(workspace, 'src/README.md', 'x.md', { ...SOURCE, sha })).toEqual(
    url('acme/app', 'main', 'x.md')
  )
})

test('a directory .git without a repository marks the root of the repository of the workflow', async () => {
  const workspace = await workspaceWith({ 'src/.git/empty': '', 'src/pkg/README.md': '' })
  expect(resolve(workspace, 'src/pkg/README.md', 'README.md')).toEqual(
    url('acme/app', 'main', 'pkg/README.md')
  )
})

test('a submodule leads to its repository at its commit, or at HEAD if it is not checked out', async () => {
  const library = await workspaceWith({ 'README.md': '', 'x.md': '' })
  checkOut(library)
  const workspace = await workspaceWith({ 'README.md': '' })
  checkOut(workspace, 'https://github.com/acme/app')
  git(workspace, 'submodule', 'add', library, 'vendor/lib')
  const lib = join(workspace, 'vendor/lib')
  git(lib, 'remote', 'set-url', 'origin', 'https://github.com/other/lib')
  const head = git(lib, 'rev-parse', 'HEAD')
  expect(resolve(workspace, 'vendor/lib/README.md', 'x.md')).toEqual(url('other/lib', head, 'x.md'))
  expect(resolve(workspace, 'README.md', 'vendor/lib/x.md')).toEqual(url('other/lib', head, 'x.md'))

  rmSync(lib, { recursive: true })
  for (const [remote, repository] of [
    ['https://github.com/other/lib.git', 'other/lib'],
    ['../lib.git', 'acme/lib'],
    ['../../other/lib', 'other/lib']
  ] as const) {
    writeFileSync(
      join(workspace, '.gitmodules'),
      `[submodule "a"]\n\tpath = vendor/lib\n\turl = ${remote}\n[submodule "b"]\n\tpath = b\n\turl = /srv/b\n`
    )
    expect(resolve(workspace, 'README.md', 'vendor/lib/x.md#y')).toEqual(
      url(repository, 'HEAD', 'x.md#y')
    )
  }
  expect(resolve(workspace, 'README.md', 'b/x.md')).toMatchObject({ fault: 'unknown-checkout' })
})

test('a worktree leads to the repository of its main checkout', async () => {
  const workspace = await workspaceWith({ 'main/README.md': '' })
  checkOut(join(workspace, 'main'), 'https://github.com/other/lib')
  git(join(workspace, 'main'), 'worktree', 'add', '-b', 'next', '../next')
  git(join(workspace, 'next'), 'commit', '--allow-empty', '-m', 'b')
  const head = git(join(workspace, 'next'), 'rev-parse', 'HEAD')
  expect(resolve(workspace, 'next/README.md', 'README.md')).toEqual(
    url('other/lib', head, 'README.md')
  )
})

test('a repository of the GitHub Enterprise server of the workflow leads to that server', async () => {
  const workspace = await workspaceWith({ 'a/README.md': '', 'b/README.md': '' })
  const source = { ...SOURCE, serverUrl: 'https://git.example.com' }
  const own = checkOut(join(workspace, 'a'), 'https://git.example.com/o/a.git')
  const other = checkOut(join(workspace, 'b'), 'https://github.com/o/b.git')
  expect(resolve(workspace, 'a/README.md', 'README.md', source)).toEqual({
    url: `https://git.example.com/o/a/blob/${own}/README.md`
  })
  expect(resolve(workspace, 'b/README.md', 'README.md', source)).toEqual(
    url('o/b', other, 'README.md')
  )
})

test('files that a sparse checkout leaves out are not missing', async () => {
  const workspace = await workspaceWith({ 'README.md': '', 'docs/x.md': '' })
  checkOut(workspace, 'https://github.com/acme/app')
  git(workspace, 'sparse-checkout', 'set', '--no-cone', '/README.md')
  expect(resolve(workspace, 'README.md', 'docs/x.md')).toEqual(url('acme/app', 'main', 'docs/x.md'))
})

test.each(['ref: refs/heads/../../config', 'ref: refs/heads/.invalid', 'secret', '', 'ref: HEAD'])(
  'a HEAD with the content %j does not name a commit',
  async (head) => {
    const path = join(await workspaceWith({ '.git/HEAD': head }), '.git', 'config')
    writeFileSync(path, '[remote "origin"]\n\turl = https://github.com/o/r\n')
    expect(findGitCheckout(dirname(dirname(path)), 'https://github.com')).toMatchObject({
      revision: undefined,
      head: undefined
    })
  }
)

test('a file outside of the workspace does not have a location', async () => {
  const workspace = await workspaceWith({})
  expect(findLinkBase('/elsewhere/README.md', workspace, SOURCE)).toEqual({ reason: 'outside' })
})
