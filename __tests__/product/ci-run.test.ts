import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeWorkspace } from './make-workspace.js'

/** An npm whose tests call git in the checkout. */
const NPM = `#!/usr/bin/env bash
set -e
echo "npm $* REQUIRE_CLIENTS=$REQUIRE_CLIENTS" >> "$CALLS"
git ls-files -co --exclude-standard | grep -Fx package.json >> "$CALLS"
git config test.given >> "$CALLS" || true
`

const RECORDER = '#!/usr/bin/env bash\necho "$(basename "$0") $1 $2" >> "$CALLS"\n'
const SUDO = '#!/usr/bin/env bash\necho sudo >> "$CALLS"\nexec "$@"\n'

let workspace: string
let programs: string
beforeAll(() => {
  workspace = makeWorkspace()
})
beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), 'ci-run-'))
  // The script finds only these programs, since the machine can have sudo.
  for (const name of ['basename', 'bash', 'dirname', 'env', 'git', 'grep']) {
    const { stdout } = spawnSync('bash', ['-c', `command -v ${name}`], { encoding: 'utf8' })
    symlinkSync(stdout.trim(), join(programs, name))
  }
  addProgram('npm', NPM)
  addProgram('apt-get', RECORDER)
})
afterEach(() => rmSync(programs, { recursive: true, force: true }))

function addProgram(name: string, script: string): void {
  writeFileSync(join(programs, name), script)
  chmodSync(join(programs, name), 0o755)
}

const INSTALLED = ['apt-get update -qq', 'apt-get install -y']
const TESTED = ['npm cit REQUIRE_CLIENTS=1', 'package.json']

/** Runs the script as a user, in a checkout of another user, and returns the calls of programs. */
function run(
  uid: number,
  env: Readonly<Record<string, string>> = {}
): { readonly status: number | null; readonly calls: readonly string[]; readonly log: string } {
  addProgram('id', `#!/usr/bin/env bash\necho ${String(uid)}\n`)
  const calls = join(programs, 'calls')
  writeFileSync(calls, '')
  const { status, stdout, stderr } = spawnSync(join(workspace, '.ci/run'), {
    env: {
      PATH: programs,
      HOME: programs,
      GIT_CONFIG_NOSYSTEM: '1',
      // git then assumes that every repository belongs to another user.
      GIT_TEST_ASSUME_DIFFERENT_OWNER: '1',
      CALLS: calls,
      ...env
    },
    encoding: 'utf8'
  })
  const lines = readFileSync(calls, 'utf8').split('\n').filter(Boolean)
  return { status, calls: lines, log: stdout + stderr }
}

describe('.ci/run in a checkout of another user', () => {
  it('works in a checkout that git rejects', () => {
    const env = { ...process.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1', HOME: programs }
    const { stderr } = spawnSync('git', ['ls-files'], { cwd: workspace, env, encoding: 'utf8' })
    expect(stderr).toContain('dubious ownership')
    expect(run(0)).toEqual({ status: 0, calls: [...INSTALLED, ...TESTED], log: '' })
  })

  it('installs the programs with sudo as a normal user', () => {
    addProgram('sudo', SUDO)
    const calls = [...INSTALLED.flatMap((call) => ['sudo', call]), ...TESTED]
    expect(run(1000)).toEqual({ status: 0, calls, log: '' })
  })

  it('uses the installed programs as a normal user without sudo', () => {
    const { status, calls, log } = run(1000)
    expect({ status, calls }).toEqual({ status: 0, calls: TESTED })
    expect(log).toContain('requires root or sudo')
  })

  it('keeps the other settings of git in the environment', () => {
    const given = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'test.given',
      GIT_CONFIG_VALUE_0: 'value'
    }
    expect(run(0, given).calls).toEqual([...INSTALLED, ...TESTED, 'value'])
  })

  it('fails if the tests fail', () => {
    addProgram('npm', '#!/usr/bin/env bash\nexit 3\n')
    expect(run(0).status).toBe(3)
  })
})
