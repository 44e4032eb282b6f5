// Runs the unit tests, which do not require other programs, with the Node.js version that runs this script.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const UNIT_TESTS = [
  '__tests__/oci',
  '__tests__/http',
  '__tests__/runner',
  '__tests__/cleanup-tags/rules',
  '__tests__/sync-catalog/markdown'
]

const root = join(import.meta.dirname, '..', '..')
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js')
const args = ['--experimental-vm-modules', '--no-warnings', jest, ...UNIT_TESTS]
console.log(`Node.js ${process.version}`)
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1
