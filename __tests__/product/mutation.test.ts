import { spawnSync } from 'node:child_process'
import { ROOT } from './read-workflow.js'

test.each(['rule', 'constructor', 'src/login/login.ts'])(
  'npm run mutation rejects the unknown part %s before it runs anything',
  (part) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['.github/scripts/mutation.mjs', part],
      { cwd: ROOT, encoding: 'utf8' }
    )
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe(
      `Unknown part: "${part}". Use one of ecr-public, rules, cleanup-tags, login.\n`
    )
  }
)
