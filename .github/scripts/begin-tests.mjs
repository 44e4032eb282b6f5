import { chmodSync, mkdtempSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { listPlaces } from './machine-state.mjs'

/** Runs before all tests: creates a temporary directory for them, and records the state of the machine. */
export default function beginTests() {
  const machine = {
    home: homedir(),
    runtime: process.env.XDG_RUNTIME_DIR,
    run: `/run/containers/${process.getuid?.() ?? 0}`,
    temporary: tmpdir()
  }
  // The name is short, since podman rejects a path of more than 50 characters.
  const directory = mkdtempSync(join(tmpdir(), 'ecr-'))
  // Tests run programs as another user, who must be able to enter the directory.
  chmodSync(directory, 0o755)
  globalThis.testRun = { machine, directory, before: listPlaces(machine) }
  // The workers and their child processes inherit the variables.
  process.env.TMPDIR = directory
  process.env.TEST_HOSTS_FILE = join(directory, 'hosts.txt')
}
