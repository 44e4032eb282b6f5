import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './read-workflow.js'

const directoriesOf = (pattern: string): Set<string> =>
  new Set(globSync(pattern, { cwd: ROOT }).map((path) => dirname(path)))

it('has a test directory for every directory of src', () => {
  const tests = directoriesOf('__tests__/**/*.test.ts')
  const missing = [...directoriesOf('src/*/**/*.ts')]
    .map((path) => join('__tests__', path.slice('src/'.length)))
    .filter((path) => !tests.has(path))
  expect(missing).toEqual([])
})
