import { dirname, join } from 'node:path'
import { listFiles } from './make-workspace.js'

const directoriesOf = (pattern: RegExp): Set<string> =>
  new Set(
    listFiles()
      .filter((path) => pattern.test(path))
      .map((path) => dirname(path))
  )

it('has a test directory for every directory of src', () => {
  const tests = directoriesOf(/^__tests__\/.*\.test\.ts$/)
  const missing = [...directoriesOf(/^src\/.*\/.*\.ts$/)]
    .map((path) => join('__tests__', path.slice('src/'.length)))
    .filter((path) => !tests.has(path))
  expect(missing).toEqual([])
})
