import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './read-workflow.js'
import { listFiles } from './make-workspace.js'

const SCRIPT = readFileSync(join(ROOT, '.github/scripts/soak.mjs'), 'utf8')
const SUITES = [...SCRIPT.matchAll(/\['(__tests__\/[^']+)', \d+\]/g)].map(([, suite = '']) => suite)
const TESTS = listFiles().filter((path) => /^__tests__\/.*\.test\.ts$/.test(path))

describe('npm run soak', () => {
  it('runs every test with a soak size exactly once', () => {
    const large = TESTS.filter((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      return /\b(?:isSoak\b|process\.env\.SOAK\b|tryHostile\()/.test(text)
    }).filter((path) => path !== '__tests__/product/soak.test.ts')
    expect(large.length).toBeGreaterThan(10)
    const runs = large.map((path) => [path, SUITES.filter((suite) => path.includes(suite)).length])
    expect(runs.filter(([, times]) => times !== 1)).toEqual([])
  })

  it.each(SUITES)('finds the tests of %s', (suite) => {
    expect(TESTS.filter((path) => path.includes(suite))).toHaveLength(1)
  })

  it('prints the command that repeats the run', () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      ['.github/scripts/soak.mjs', '42', 'no suite of this name'],
      { cwd: ROOT, encoding: 'utf8' }
    )
    expect(status).toBe(0)
    expect(stdout).toContain('npm run soak -- 42 no suite of this name')
  })
})
