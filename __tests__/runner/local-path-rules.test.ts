import { posix, win32 } from 'node:path'
import { findPathFault } from '../../src/runner/local-path-rules.js'
import type { LocalPath } from '../../src/runner/local-path-rules.js'

const POSIX = {
  workspace: '/home/runner/work/app/app',
  temporary: { named: '/home/runner/work/_temp', real: '/mnt/work/_temp' }
}
const WINDOWS = {
  workspace: 'D:\\a\\app\\app',
  temporary: { named: 'D:\\a\\_temp', real: 'D:\\a\\_temp' }
}

const fault = (
  path: typeof posix,
  roots: Pick<LocalPath, 'workspace' | 'temporary'>,
  real: string,
  named = real
): string | undefined => findPathFault({ ...roots, named, real }, path)

test.each([
  ['/home/runner/work/app/app/README.md'],
  ['/home/runner/work/app/app/docs/..foo/README.md'],
  ['/home/runner/work/app/app/.github/README.md'],
  ['/home/runner/work/app/app/.gitignore'],
  ['/mnt/work/_temp/about.md', '/home/runner/work/_temp/about.md'],
  ['/mnt/work/_temp/about.md', '/mnt/work/_temp/about.md']
])('%s can be read', (...[real, named]: string[]) => {
  expect(fault(posix, POSIX, real!, named)).toBeUndefined()
})

test.each([
  ['/home/runner/.docker/config.json', undefined, /outside of the workspace/],
  ['/home/runner/work/app/app2/README.md', undefined, /outside of the workspace/],
  ['/home/runner/work/app/app/.git/config', undefined, /"\.git" directory/],
  ['/home/runner/work/app/app/lib/.GIT/config', undefined, /"\.git" directory/],
  ['/home/runner/work/app/app/.git', undefined, /"\.git" directory/],
  ['/mnt/work/_temp/other.md', '/home/runner/work/_temp/about.md', /contains a link/],
  ['/mnt/work/_temp/a/b.md', '/home/runner/work/app/app/b.md', /outside of the workspace/],
  ['/mnt/work/_temp/.git/config', '/home/runner/work/_temp/.git/config', /"\.git" directory/],
  ['/proc/self/environ', undefined, /operating system/],
  ['/dev/null', undefined, /operating system/]
])('%s must not be read', (real, named, reason) => {
  expect(fault(posix, POSIX, real, named)).toMatch(reason)
})

test('files of the kernel must not be read if the workspace is the root directory', () => {
  const roots = { workspace: '/', temporary: undefined }
  expect(fault(posix, roots, '/proc/self/environ')).toMatch(/operating system/)
  expect(fault(posix, roots, '/sys/kernel/notes')).toMatch(/operating system/)
  expect(fault(posix, roots, '/process/README.md')).toBeUndefined()
})

test.each([
  ['D:\\a\\app\\app\\README.md', undefined],
  ['D:\\A\\App\\app\\docs\\README.md', undefined],
  ['D:\\a\\_temp\\about.md', 'd:\\a\\_TEMP\\about.md']
])('%s can be read on Windows', (real, named) => {
  expect(fault(win32, WINDOWS, real, named)).toBeUndefined()
})

test.each([
  ['C:\\Users\\runneradmin\\.docker\\config.json', undefined, /outside of the workspace/],
  ['\\\\server\\share\\README.md', undefined, /outside of the workspace/],
  ['\\\\.\\NUL', undefined, /outside of the workspace/],
  ['D:\\a\\app\\app\\.Git\\config', undefined, /"\.git" directory/],
  ['D:\\a\\app\\app\\.git::$INDEX_ALLOCATION\\config', undefined, /"\.git" directory/],
  ['D:\\a\\app\\app\\.git.\\config', undefined, /"\.git" directory/],
  ['D:\\a\\app\\app\\README.md:secret', undefined, /alternate data stream/],
  ['D:\\a\\_temp\\other.md', 'D:\\a\\_temp\\about.md', /contains a link/]
])('%s must not be read on Windows', (real, named, reason) => {
  expect(fault(win32, WINDOWS, real, named)).toMatch(reason)
})
