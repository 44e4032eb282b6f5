import { join } from 'node:path'
import { readSource } from '../../src/sync-catalog/read-source.js'
import { makeWorkspace } from '../helpers/make-workspace.js'

const SHA = '0123456789abcdef0123456789abcdef01234567'

/** Returns the ref that links name in a run with this event and environment. */
async function refOf(
  linkRef: string,
  env: Readonly<Record<string, string>> = {},
  event?: unknown
): Promise<string | undefined> {
  const directory = await makeWorkspace({ 'event.json': JSON.stringify(event ?? {}) })
  const own = { GITHUB_REPOSITORY: 'acme/app', GITHUB_SHA: SHA }
  const path = { GITHUB_EVENT_PATH: join(directory, 'event.json') }
  return (await readSource({ ...own, ...path, ...env }, linkRef))?.ref
}

const pullRequest = (repository: string | undefined): unknown => ({
  pull_request: {
    head: { ref: 'feature/a', repo: repository === undefined ? null : { full_name: repository } },
    base: { ref: 'main', repo: { full_name: 'acme/app' } }
  }
})

test.each<readonly [string, Readonly<Record<string, string>>, unknown, string]>([
  ['a push to a branch', { GITHUB_REF: 'refs/heads/feature/a' }, {}, 'feature/a'],
  ['a tag', { GITHUB_REF: 'refs/tags/v1.2.3' }, {}, 'v1.2.3'],
  ['a pull request', { GITHUB_REF: 'refs/pull/5/merge' }, pullRequest('Acme/app'), 'feature/a'],
  ['a pull request from a fork', { GITHUB_REF: 'refs/pull/5/merge' }, pullRequest('x/app'), 'main'],
  ['a pull request from a deleted fork', {}, pullRequest(undefined), 'main'],
  [
    'a pull_request_target event',
    { GITHUB_REF: 'refs/heads/main' },
    pullRequest('acme/app'),
    'feature/a'
  ],
  [
    'a pull request without a payload',
    { GITHUB_REF: 'refs/pull/5/merge', GITHUB_BASE_REF: 'main', GITHUB_HEAD_REF: 'a' },
    [],
    'main'
  ],
  [
    'a merge queue',
    { GITHUB_REF: 'refs/heads/gh-readonly-queue/main/pr-1-abc' },
    { merge_group: { base_ref: 'refs/heads/main' } },
    'main'
  ],
  ['only a name', { GITHUB_REF_NAME: 'main' }, {}, 'main'],
  ['no ref', {}, {}, SHA]
])('with "branch", links name the branch of %s', async (_name, env, event, expected) => {
  expect(await refOf('branch', env, event)).toBe(expected)
  expect(await refOf('commit', env, event)).toBe(SHA)
})

test.each(['main', 'v1', 'feature/a.b', 'refs/heads/main', 'HEAD', SHA, '日本', '@'])(
  'links name the ref %s',
  async (ref) => {
    expect(await refOf(ref)).toBe(ref)
  }
)

test.each([
  'a b',
  'a..b',
  'a~1',
  'a^',
  'a:b',
  'a?',
  'a*',
  'a[',
  'a\\b',
  '/a',
  'a/',
  'a//b',
  '.a',
  'a/.b',
  'a.',
  'a.lock',
  'a@{1}',
  '-a',
  'a\u007f'
])('rejects the ref %j', async (ref) => {
  await expect(refOf(ref)).rejects.toThrow(/^Input "link-ref" is not a valid ref: /)
})

test('returns the repository and server, and nothing outside of GitHub Actions', async () => {
  const env = { GITHUB_REPOSITORY: 'acme/app', GITHUB_SHA: SHA, GITHUB_EVENT_PATH: '/nonexistent' }
  expect(await readSource(env, 'commit')).toEqual({
    serverUrl: 'https://github.com',
    repository: 'acme/app',
    ref: SHA,
    sha: SHA,
    branch: undefined,
    isPrivate: false
  })
  const enterprise = { ...env, GITHUB_SERVER_URL: 'https://git.example.com' }
  expect((await readSource(enterprise, 'commit'))?.serverUrl).toBe('https://git.example.com')
  expect(await readSource({}, 'commit')).toBeUndefined()
})
