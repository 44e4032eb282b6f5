// Runs jest. Without arguments, it runs all tests and measures the coverage of `src`: the run fails if fewer lines are
// covered than `coverageThreshold` in package.json requires.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js')
const given = process.argv.slice(2)
const args = given.length === 0 ? ['--coverage'] : given
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', jest, ...args],
  { cwd: root, stdio: 'inherit' }
)
process.exitCode = status ?? 1
