import { posix, win32 } from 'node:path'
import { displayLocalPath } from '../../src/sync-catalog/display-local-path.js'

it.each([
  ['/home/me/app/docs/README.md', '/home/me/app', posix, 'docs/README.md'],
  ['/home/me/app/a\\b.md', '/home/me/app', posix, 'a\\b.md'],
  ['/other/README.md', '/home/me/app', posix, '/other/README.md'],
  ['D:\\a\\app\\docs\\README.md', 'D:\\a\\app', win32, 'docs/README.md'],
  ['d:\\A\\app\\README.md', 'D:\\a\\app', win32, 'README.md'],
  ['C:\\temp\\README.md', 'D:\\a\\app', win32, 'C:\\temp\\README.md']
])(
  'the path %s in the workspace %s is displayed as it is written',
  (path, root, platform, shown) => {
    expect(displayLocalPath(path, root, platform)).toBe(shown)
  }
)
